package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type secretsCmd struct {
	Set    secretsSetCmd    `cmd:"" help:"Give a secret of the project a value, which is read from standard input or asked for."`
	List   secretsListCmd   `cmd:"" help:"List the project's secrets; their values are shown to nobody."`
	Delete secretsDeleteCmd `cmd:"" help:"Remove a secret of the project."`
	Rotate secretsRotateCmd `cmd:"" help:"Renew the key that encrypts secrets in the database, while servers run."`
}

// secretsFlags say whose secrets are meant.
type secretsFlags struct {
	config.Client
	Local config.Server `embed:""`
}

type secretsSetCmd struct {
	Name        string `arg:"" help:"Its name, as plans list it under secrets."`
	Environment string `name:"environment" short:"e" placeholder:"NAME" help:"The only environment that sees it. Default: every one that has no value of its own."`
	secretsFlags
}

func (c *secretsSetCmd) Run(ctx context.Context, sys Sys) error {
	value, err := secretValue(sys, c.Name)
	if err != nil {
		return err
	}
	return c.with(ctx, sys, func(cl *client.Client) error { return cl.SetSecret(ctx, c.Name, c.Environment, value) })
}

type secretsListCmd struct {
	Environment *string `name:"environment" short:"e" placeholder:"NAME" help:"Only those of this environment; empty are those for all environments."`
	secretsFlags
}

func (c *secretsListCmd) Run(ctx context.Context, sys Sys) error {
	return c.with(ctx, sys, func(cl *client.Client) error {
		list, err := cl.Secrets(ctx, c.Environment)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(sys.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "NAME\tENVIRONMENT\tUPDATED\tBY")
		for _, s := range list {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, s.Environment, s.UpdatedAt.UTC().Format(time.RFC3339), s.UpdatedBy)
		}
		return w.Flush()
	})
}

type secretsDeleteCmd struct {
	Name        string `arg:"" help:"Its name."`
	Environment string `name:"environment" short:"e" placeholder:"NAME" help:"Its environment. Default: the secret for all environments."`
	secretsFlags
}

func (c *secretsDeleteCmd) Run(ctx context.Context, sys Sys) error {
	return c.with(ctx, sys, func(cl *client.Client) error { return cl.DeleteSecret(ctx, c.Name, c.Environment) })
}

// with hands over a client of the server that is meant: the one that was named,
// or one for this command on the data folder.
func (c *secretsFlags) with(ctx context.Context, sys Sys, do func(*client.Client) error) error {
	if c.URL != "" {
		cl, err := client.New(c.URL, c.Token)
		if err != nil {
			return err
		}
		return do(cl)
	}
	cfg := app.Config{
		Server: c.Local, Listen: "127.0.0.1:0", Egress: egress.Public, Version: Version, Logger: quietLogger(sys.Stderr, c.Local),
	}
	return withServer(ctx, cfg, do, "admin")
}

// maxSecret is more than a server takes, in bytes.
const maxSecret = 128 << 10

// secretValue asks a person for a value without showing it, or reads all of
// standard input but the line's end that editors and echo add.
func secretValue(sys Sys, name string) (string, error) {
	if sys.Ask != nil {
		value, err := sys.Ask("Value of " + name + ": ")
		if err != nil {
			return "", fmt.Errorf("read the value: %w", err)
		}
		return value, nil
	}
	if sys.Stdin == nil {
		return "", usage("give the value of %s on standard input", name)
	}
	data, err := io.ReadAll(io.LimitReader(sys.Stdin, maxSecret))
	if err != nil {
		return "", fmt.Errorf("read the value from standard input: %w", err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", usage("standard input holds no value for %s", name)
	}
	return value, nil
}
