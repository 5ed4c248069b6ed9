package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type reportCmd struct {
	RunID string `arg:"" name:"run" optional:"" help:"Id of the run."`
	reportFlags
	Project bool   `name:"project" help:"Print the quality report of the project instead of reports of a run."`
	Days    int    `name:"days" placeholder:"N" default:"7" help:"Days before now that the project's report is about, 1 to 90."`
	Form    string `name:"form" enum:"markdown,html,json" placeholder:"FORM" default:"markdown" help:"Form of the project's report: markdown, html or json."`

	Natural bool `name:"natural" help:"Let the configured language model tell the summary of the project's report in its own words; what does not stand in the report is left out."`

	config.Client
	Local config.Server `embed:""`
	config.LLM
}

func (c *reportCmd) Run(ctx context.Context, sys Sys) error {
	if c.Project != (c.RunID == "") {
		return usage("name a run, or ask for the report of the project with --project")
	}
	if err := c.check(); err != nil && !c.Project {
		return err
	}
	if c.URL != "" {
		cl, err := client.New(c.URL, c.Token)
		if err != nil {
			return err
		}
		return c.write(ctx, sys, cl)
	}
	cfg := app.Config{Server: c.Local, LLM: c.LLM, Egress: egress.Public, Version: Version, Logger: quietLogger(sys.Stderr, c.Local)}
	return withLocal(ctx, cfg, func(cl *client.Client) error { return c.write(ctx, sys, cl) })
}

func (c *reportCmd) write(ctx context.Context, sys Sys, cl *client.Client) error {
	if c.Project {
		text, err := cl.ProjectReport(ctx, c.Days, strings.ToUpper(c.Form), c.Natural)
		if err == nil {
			_, err = io.WriteString(sys.Stdout, text)
		}
		return err
	}
	run, err := cl.FetchRun(ctx, c.RunID)
	if err != nil {
		return err
	}
	written, err := writeReports(ctx, cl, run, c.reportFlags)
	for _, path := range written {
		_, _ = fmt.Fprintln(sys.Stdout, path)
	}
	return err
}
