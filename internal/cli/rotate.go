package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

type secretsRotateCmd struct {
	config.Server
	Settle time.Duration `name:"settle" default:"10s" help:"How long servers may take to notice that the key file has changed; more where it lies on a network file system."`
}

func (c *secretsRotateCmd) Run(ctx context.Context, sys Sys) error {
	cfg := app.Config{Server: c.Server, Egress: egress.Public, Version: Version, Logger: quietLogger(sys.Stderr, c.Server)}
	return app.RotateSecretKey(ctx, cfg, app.KeyRotation{
		Settle: c.Settle,
		Tell:   func(format string, args ...any) { _, _ = fmt.Fprintf(sys.Stderr, format+"\n", args...) },
		Announce: func(text, instruction string) error {
			_, _ = fmt.Fprintln(sys.Stderr, instruction)
			_, err := fmt.Fprintln(sys.Stdout, text)
			return err
		},
	})
}
