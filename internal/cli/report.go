package cli

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type reportCmd struct {
	RunID string `arg:"" name:"run" help:"Id of the run."`
	reportFlags
	config.Client
	Local config.Server `embed:""`
}

func (c *reportCmd) Run(ctx context.Context, sys Sys) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.URL != "" {
		cl, err := client.New(c.URL, c.Token)
		if err != nil {
			return err
		}
		return c.write(ctx, sys, cl)
	}
	cfg := app.Config{Server: c.Local, Egress: egress.Public, Version: Version, Logger: quietLogger(sys.Stderr, c.Local)}
	return withLocal(ctx, cfg, func(cl *client.Client) error { return c.write(ctx, sys, cl) })
}

func (c *reportCmd) write(ctx context.Context, sys Sys, cl *client.Client) error {
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
