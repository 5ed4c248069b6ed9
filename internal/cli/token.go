package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print it, this once, on standard output."`
}

type tokenCreateCmd struct {
	config.Server
	Project    string        `name:"project" default:"default" help:"The project that the token is for, by its slug or id."`
	Name       string        `name:"name" default:"command line" help:"What the token is for."`
	Permission []string      `name:"permission" placeholder:"NAME" help:"What it may do: tests:read, tests:write, tests:execute, admin, which is all of a project, or instance, which is users, projects and what projects share. Default: all of tests."`
	TTL        time.Duration `name:"ttl" help:"How long it is valid, such as 720h. Default: until it is revoked."`
}

func (c *tokenCreateCmd) Run(ctx context.Context, sys Sys) error {
	a, err := app.New(ctx, app.Config{
		Server: c.Server, Egress: egress.Public, Version: Version, Logger: logger(sys.Stderr, c.Server),
	})
	if err != nil {
		return err
	}
	secret, err := a.NewToken(ctx, c.Project, c.Name, c.TTL, c.Permission...)
	if err == nil {
		_, err = fmt.Fprintln(sys.Stdout, secret)
	}
	return closing(a, c.DrainTimeout, err)
}
