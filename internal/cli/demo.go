package cli

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"time"

	"github.com/semantest/semantest/examples"
	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
)

// demoPlan is the example that passes.
const demoPlan = "shop.plan.yaml"

type demoCmd struct {
	reportFlags
	Browser  string `name:"browser" env:"SEMANTEST_BROWSER" placeholder:"PATH" help:"Chromium program for browser cases."`
	LogLevel string `name:"log-level" env:"SEMANTEST_LOG_LEVEL" enum:"debug,info,warn,error" default:"warn" help:"Least severe level of what is logged."`
}

// Run shows everything at once and leaves nothing but the reports: the server
// keeps its data in a temporary folder, and the shop runs in this process.
func (c *demoCmd) Run(ctx context.Context, sys Sys) error {
	if err := c.check(); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open the shop: %w", err)
	}
	open, closeShop := context.WithCancel(context.Background())
	shut := make(chan error, 1)
	go func() { shut <- shop.Serve(open, ln) }()
	defer func() {
		closeShop()
		<-shut
	}()
	address := "http://" + ln.Addr().String()
	_, _ = fmt.Fprintf(sys.Stdout, "The sample shop is open at %s\n", address)

	start, err := demoStart(address)
	if err != nil {
		return err
	}
	local := config.Server{Browser: c.Browser, LogLevel: c.LogLevel, DrainTimeout: 10 * time.Second}
	cfg := app.Config{Server: local, Ephemeral: true, Egress: egress.Dev, Version: Version, Logger: logger(sys.Stderr, local)}
	return withLocal(ctx, cfg, func(cl *client.Client) error { return follow(ctx, sys, cl, start, c.reportFlags) })
}

func demoStart(shopAddress string) (client.Start, error) {
	source, err := fs.ReadFile(examples.Files, demoPlan)
	if err != nil {
		return client.Start{}, fmt.Errorf("read the example plan: %w", err)
	}
	plan, err := spec.Parse(source)
	if err != nil {
		return client.Start{}, fmt.Errorf("parse the example plan: %w", err)
	}
	start := client.Start{
		Source: string(source), Files: map[string][]byte{}, Key: ident.New(ident.Request),
		Variables: map[string]string{"BASE_URL": shopAddress},
	}
	for _, name := range plan.Files() {
		if start.Files[name], err = fs.ReadFile(examples.Files, name); err != nil {
			return start, fmt.Errorf("read a file of the example plan: %w", err)
		}
	}
	return start, nil
}
