package cli

import (
	"context"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type workCmd struct {
	config.Server
	config.LLM
	config.Metrics
}

// Validate names the first setting that makes no sense.
func (c *workCmd) Validate() error {
	if err := c.Server.Validate(); err != nil {
		return err
	}
	if err := c.LLM.Validate(); err != nil {
		return err
	}
	return c.Metrics.Validate()
}

func (c *workCmd) Run(ctx context.Context, sys Sys) error {
	if c.DatabaseURL == "" || c.RedisURL == "" {
		return usage("work shares its queue with other processes: give --database-url and --redis-url")
	}
	a, err := app.New(ctx, app.Config{
		Server: c.Server, LLM: c.LLM, Metrics: c.Metrics, Workers: true, Schedules: true, Egress: c.EgressMode(egress.Public), Version: Version,
		Logger: logger(sys.Stderr, c.Server),
	})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return closing(a, c.DrainTimeout, err)
	}
	return wait(ctx, a, c.DrainTimeout)
}
