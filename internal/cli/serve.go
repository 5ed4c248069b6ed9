package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type serveCmd struct {
	config.Server
	config.API
	config.Graph
	config.Edge
	config.Identity
	config.LLM
	config.Metrics
}

// Validate names the first setting that makes no sense.
func (c *serveCmd) Validate() error {
	if err := c.Server.Validate(); err != nil {
		return err
	}
	if err := c.Edge.Validate(); err != nil {
		return err
	}
	if err := c.Identity.Validate(); err != nil {
		return err
	}
	if err := c.LLM.Validate(); err != nil {
		return err
	}
	if err := c.Metrics.Validate(); err != nil {
		return err
	}
	return c.Graph.Validate()
}

func (c *serveCmd) Run(ctx context.Context, sys Sys) error {
	log := logger(sys.Stderr, c.Server)
	a, err := app.New(ctx, app.Config{
		Server: c.Server, Graph: c.Graph, Edge: c.Edge, LLM: c.LLM, Metrics: c.Metrics, Identity: &c.Identity, Listen: c.Listen, Workers: !c.NoWorkers, Schedules: true,
		Egress: c.EgressMode(egress.Public), Version: Version, Logger: log,
	})
	if err != nil {
		return err
	}
	// The file comes first: who sees that the server is ready may read it.
	token, where, err := localToken(ctx, a)
	if err != nil {
		return closing(a, c.DrainTimeout, err)
	}
	if err := a.Start(ctx); err != nil {
		announce(sys, a) // nobody else knows the password
		return closing(a, c.DrainTimeout, err)
	}
	_, _ = fmt.Fprintf(sys.Stdout, "Semantest is ready at %s\n  Dashboard  %s/#token=%s\n  API token  %s\n",
		a.URL(), a.URL(), token, where)
	announce(sys, a)
	return wait(ctx, a, c.DrainTimeout)
}

// announce shows the password of the first administrator, this once.
func announce(sys Sys, a *app.App) {
	if email, pass := a.NewAdministrator(); pass != "" {
		_, _ = fmt.Fprintf(sys.Stdout, "\n*** The first administrator is %s with the password %s\n*** It is shown this once: sign in and change it.\n\n", email, pass)
	}
}

// tokenFile keeps a token for clients on the same machine, readable by the
// owner of the data folder only.
const tokenFile = "token"

// localToken returns the token in the data folder, and makes it on first use.
func localToken(ctx context.Context, a *app.App) (token, path string, err error) {
	path = filepath.Join(a.Folder(), tokenFile)
	if text, err := os.ReadFile(path); err == nil {
		token = strings.TrimSpace(string(text))
		if a.TokenValid(ctx, token) {
			return token, path, nil
		}
	}
	if token, err = a.NewLocalToken(ctx, "local", 0); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", "", fmt.Errorf("keep the local token: %w", err)
	}
	return token, path, nil
}

// wait runs until the person or a failure ends it.
func wait(ctx context.Context, a *app.App, drain time.Duration) error {
	select {
	case <-ctx.Done():
		return closing(a, drain, nil)
	case err := <-a.Failed():
		return closing(a, drain, exit(ExitErrored, err))
	}
}

// closing takes the process down and keeps the error that was the reason.
func closing(a *app.App, drain time.Duration, reason error) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain+15*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil && reason == nil {
		return err
	}
	return reason
}
