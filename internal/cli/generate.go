package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
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

	Local config.Server `embed:""`
	LLM   config.LLM    `embed:""`
}

func (c *generateCmd) Help() string {
	return "Cases are made of the source, tried out against the target, and shown with what was found about each of them. " +
		"Nothing of it is kept but the plan that you have written with --out."
}

func (c *generateCmd) Run(ctx context.Context, sys Sys) error {
	r := app.GenerationRequest{Target: c.Target, Environment: c.Environment, MaxCases: c.Max, Coverage: c.Coverage, NoRun: c.NoRun}
	if err := c.source(&r); err != nil {
		return err
	}
	cfg := app.Config{Server: c.Local, LLM: c.LLM, Egress: c.Local.EgressMode(egress.Dev), Logger: logger(sys.Stderr, c.Local)}
	within, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	made, err := app.Generate(within, cfg, r, func(p app.GenerationProgress) {
		if p.Verdict == nil {
			_, _ = fmt.Fprintf(sys.Stderr, "%s\n", p.Stage)
			return
		}
		_, _ = fmt.Fprintf(sys.Stderr, "%s %d of %d: %s is %s\n", p.Stage, p.Tried, p.Of, printable(p.Verdict.ID), stateWord(string(p.Verdict.State)))
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
	w := tabwriter.NewWriter(sys.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CASE\tKIND\tSTATE\tCONFIDENCE\tWHY")
	states := []string{"proposed"}
	if c.Suspected {
		states = append(states, "suspected_defect")
	}
	count := 0
	for _, v := range made.Verdicts {
		if string(v.State) == "proposed" {
			count++
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%s\n", printable(v.ID), v.Kind, stateWord(string(v.State)), v.Confidence, printable(why(v)))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the cases: %w", err)
	}
	for _, note := range made.Notes {
		_, _ = fmt.Fprintln(sys.Stderr, "note: "+printable(note))
	}
	_, _ = fmt.Fprintf(sys.Stdout, "%s proposed by %s, covering %.0f %% of what the source describes.\n", plural(count, "case"), printable(made.Generator), 100*made.Coverage)
	if c.Out == "" {
		return nil
	}
	plan, err := app.GeneratedPlan(made, states...)
	if err != nil {
		return exit(ExitNoCase, err) // and the table says why
	}
	if err := writeNew(c.Out, plan); err != nil {
		return err
	}
	for name, data := range made.Frame.Files {
		if err := writeNew(filepath.Join(filepath.Dir(c.Out), name), data); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(sys.Stdout, "The plan is in %s; run it with: semantest run %s\n", c.Out, c.Out)
	return nil
}

func stateWord(state string) string { return strings.ReplaceAll(state, "_", " ") }

// why is the first reason against a case, or what is worth knowing of it.
func why(v app.GenerationVerdict) string {
	if reasons := v.Reasons(); len(reasons) > 0 {
		return reasons[0]
	}
	for _, c := range v.Checks {
		if c.Reason != "" && c.Name != "approved" && c.Name != "export_compiles" {
			return c.Reason
		}
	}
	return ""
}
