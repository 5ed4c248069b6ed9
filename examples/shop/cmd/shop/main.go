// Command shop serves the example shop, for people who want to test against it
// without the rest of Semantest.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/semantest/semantest/examples/shop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stopped above
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("shop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8090", "address to serve on")
	name := flags.String("fault", string(shop.FaultNone), "defect to show: none, slow, 500, wrong-total, broken-layout, shifted-banner, pale-price, no-label, gullible, or one of those of the API")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fault, err := shop.ParseFault(*name)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *listen, err)
	}
	_, _ = fmt.Fprintf(stderr, "The shop is open at http://%s\n", ln.Addr())
	return shop.Serve(ctx, ln, shop.WithFault(fault))
}
