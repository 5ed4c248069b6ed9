package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type generateCmd struct {
	OpenAPI string `name:"openapi" xor:"source" placeholder:"FILE|URL" help:"Make cases of an OpenAPI document of version 3."`
	Crawl   string `name:"crawl" xor:"source" placeholder:"URL" help:"Make cases of the pages of an application, from this one on."`

	Requirements string `name:"requirements" xor:"source" placeholder:"FILE" help:"Let the configured model make cases of requirements, one a line, each with its id in front."`

	Depth int `default:"2" help:"With --crawl: how many links deep, 0 to 5."`
	Pages int `default:"10" help:"With --crawl: how many pages at most, 1 to 50."`

	Target      string        `placeholder:"URL" help:"Where the application is; the source's own address when absent."`
	Environment string        `placeholder:"NAME" help:"Environment that the plan names."`
	Max         int           `default:"10" help:"How many cases to propose at most."`
	Coverage    float64       `default:"0.8" help:"Stop when so much of what the source describes is covered, 0 to 1."`
	Timeout     time.Duration `default:"30s" help:"How long it may take; what was not tried out by then is said to be so."`
	NoRun       bool          `help:"Perform nothing: propose cases that were only read."`
	Out         string        `short:"o" placeholder:"PLAN" help:"Write the plan into this new file, and what it refers to beside it."`
	Suspected   bool          `help:"Also write the cases by which the target seems to have a defect."`

	URL    string `name:"remote" env:"SEMANTEST_URL" placeholder:"URL" help:"Have this server make and keep them, such as https://semantest.example; without one this command makes them alone."`
	Token  string `name:"token" env:"SEMANTEST_TOKEN" placeholder:"TOKEN" help:"API token for the server; semantest token create makes one."`
	PlanID string `name:"plan-id" placeholder:"ID" help:"With --remote: the server's plan that they are for, of which nothing is proposed again."`

	Local config.Server `embed:""`
	LLM   config.LLM    `embed:""`
}

func (c *generateCmd) Help() string {
	return "Cases are made of the source, tried out against the target, and shown with what was found about each of them. " +
		"Nothing of it is kept but the plan that you have written with --out. A server keeps them, for somebody to accept."
}

func (c *generateCmd) Run(ctx context.Context, sys Sys) error {
	r := app.GenerationRequest{Target: c.Target, Environment: c.Environment, MaxCases: c.Max, Coverage: c.Coverage, NoRun: c.NoRun}
	if err := c.source(&r); err != nil {
		return err
	}
	if c.URL != "" {
		return c.remote(ctx, sys, r)
	}
	if c.PlanID != "" {
		return usage("--plan-id is for a server: give --remote URL too")
	}
	cfg := app.Config{Server: c.Local, LLM: c.LLM, Egress: c.Local.EgressMode(egress.Dev), Logger: logger(sys.Stderr, c.Local)}
	within, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	made, err := app.Generate(within, cfg, r, func(p app.GenerationProgress) {
		if p.Verdict == nil {
			_, _ = fmt.Fprintf(sys.Stderr, "%s\n", p.Stage)
			return
		}
		judged(sys, p.Tried, p.Of, p.Verdict.ID, string(p.Verdict.State))
	})
	if ctx.Err() != nil {
		return exit(ExitInterrupted, nil)
	}
	if err != nil {
		return err
	}
	return c.tell(sys, made)
}

func (c *generateCmd) source(r *app.GenerationRequest) error {
	switch {
	case c.Crawl != "":
		r.Source.Crawl = &app.GenerationCrawl{URL: c.Crawl, Depth: c.Depth, Pages: c.Pages}
		return nil
	case c.Requirements != "":
		return sourceFile(c.Requirements, &r.Source.Requirements)
	case c.OpenAPI == "":
		return usage("say what to make cases of: --openapi FILE or URL, --crawl URL, or --requirements FILE")
	case strings.HasPrefix(c.OpenAPI, "http://"), strings.HasPrefix(c.OpenAPI, "https://"):
		r.Source.OpenAPIURL = c.OpenAPI
		return nil
	}
	return sourceFile(c.OpenAPI, &r.Source.OpenAPI)
}

func sourceFile(path string, into *string) error {
	data, err := readLimited(os.Open, path, app.MaxGenerationSource)
	if errors.Is(err, fs.ErrNotExist) {
		return usage("there is no file %s", path)
	}
	if err != nil {
		return usage("read %s: %w", path, err)
	}
	*into = string(data)
	return nil
}

// tell prints what came of it and writes the plan.
func (c *generateCmd) tell(sys Sys, made *app.Generated) error {
	told := generated{notes: made.Notes, generator: made.Generator, coverage: made.Coverage}
	if made.FromCache {
		told.age = max(made.CacheAge, 1)
	}
	for _, v := range made.Verdicts {
		row := generatedRow{id: v.ID, kind: v.Kind, state: string(v.State), confidence: v.Confidence}
		for _, k := range v.Checks {
			row.hear(string(k.Name), string(k.Outcome), k.Reason)
		}
		told.rows = append(told.rows, row)
	}
	if err := told.print(sys); err != nil || c.Out == "" {
		return err
	}
	states := []string{"proposed"}
	if c.Suspected {
		states = append(states, "suspected_defect")
	}
	plan, err := app.GeneratedPlan(made, states...)
	if err != nil {
		return exit(ExitNoCase, err) // and the table says why
	}
	return c.write(sys, plan, made.Frame.Files)
}

// write writes the plan, and what it refers to beside it.
func (c *generateCmd) write(sys Sys, plan []byte, files map[string][]byte) error {
	if err := writeNew(c.Out, plan); err != nil {
		return err
	}
	for name, data := range files {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("the plan refers to %q, which is not below its folder", name)
		}
		if err := writeNew(filepath.Join(filepath.Dir(c.Out), name), data); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(sys.Stdout, "The plan is in %s; run it with: semantest run %s\n", c.Out, c.Out)
	return nil
}
