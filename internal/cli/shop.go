package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/semantest/semantest/examples/shop"
)

type shopCmd struct {
	Listen string `name:"listen" default:"127.0.0.1:8090" help:"Address of the shop."`
}

func (c *shopCmd) Run(ctx context.Context, sys Sys) error {
	ln, err := net.Listen("tcp", c.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return usage("the address %s is in use; choose another one with --listen", c.Listen)
	}
	if err != nil {
		return usage("cannot listen on %s: %w", c.Listen, err)
	}
	_, _ = fmt.Fprintf(sys.Stdout, "The shop is open at http://%s\n", ln.Addr())
	return shop.Serve(ctx, ln)
}
