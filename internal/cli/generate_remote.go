package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
)

// generationPatience is how long a server may be away while its generation is
// followed.
const generationPatience = 30 * time.Second

// remote has a server make the cases.
func (c *generateCmd) remote(ctx context.Context, sys Sys, r app.GenerationRequest) error {
	if c.NoRun || c.Suspected {
		return usage("--no-run and --suspected are for this command alone; leave them out, or --remote (SEMANTEST_URL)")
	}
	cl, err := client.New(c.URL, c.Token)
	if err != nil {
		return err
	}
	ask := client.Generate{
		OpenAPI: r.Source.OpenAPI, OpenAPIURL: r.Source.OpenAPIURL, Requirements: r.Source.Requirements, PlanID: c.PlanID,
		Target: r.Target, Environment: r.Environment, MaxCases: r.MaxCases, Coverage: r.Coverage, Timeout: c.Timeout,
	}
	if crawl := r.Source.Crawl; crawl != nil {
		ask.CrawlURL, ask.Depth, ask.Pages = crawl.URL, crawl.Depth, crawl.Pages
	}
	id, err := cl.Generate(ctx, ask)
	if err != nil {
		return err
	}
	err = cl.FollowGeneration(ctx, id, generationPatience, func(p client.GenerationProgress) {
		if p.CaseID == "" && p.State == "" {
			_, _ = fmt.Fprintln(sys.Stderr, strings.ToLower(p.Stage))
			return
		}
		judged(sys, p.Tried, p.Candidates, p.CaseID, strings.ToLower(p.State))
	})
	if ctx.Err() != nil {
		return exit(ExitInterrupted, cancelled(ctx, cl, id))
	}
	if err != nil {
		return err
	}
	g, err := cl.FetchGeneration(ctx, id)
	if err != nil {
		return err
	}
	return c.tellRemote(sys, id, g)
}

// cancelled tells the server that nobody waits any more.
func cancelled(ctx context.Context, cl *client.Client, id string) error {
	stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer stop()
	if err := cl.CancelGeneration(stopping, id); err != nil {
		return fmt.Errorf("cancel generation %s: %w", id, err)
	}
	return nil
}

func (c *generateCmd) tellRemote(sys Sys, id string, g *client.Generation) error {
	switch g.Status {
	case "FAILED":
		return exit(ExitErrored, errors.New(g.Reason))
	case "CANCELLED":
		return exit(ExitErrored, fmt.Errorf("somebody has cancelled the generation %s", id))
	}
	told := generated{notes: g.Notes, generator: g.Generator, coverage: g.Coverage}
	if g.FromCache {
		told.age = max(time.Duration(g.CacheAgeMs)*time.Millisecond, 1)
	}
	for _, v := range g.Cases {
		row := generatedRow{id: v.CaseID, kind: v.Kind, state: strings.ToLower(v.State), confidence: v.Confidence}
		for _, k := range v.Checks {
			row.hear(k.Name, strings.ToLower(k.Outcome), k.Reason)
		}
		told.rows = append(told.rows, row)
	}
	if err := told.print(sys); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(sys.Stdout, "The server keeps them as %s, for somebody to accept.\n", id)
	if c.Out == "" {
		return nil
	}
	if g.ProposedPlan == "" {
		return exit(ExitNoCase, errors.New("no case was proposed")) // and the table says why
	}
	files := map[string][]byte{}
	for _, f := range g.ProposedFiles {
		files[f.Path] = f.Content
	}
	return c.write(sys, []byte(g.ProposedPlan), files)
}
