//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/embedded"
)

// opened is what serveStores has prepared.
type opened struct {
	stores
	Token string `json:"token"`
	RunID string `json:"runId"`
}

// serveStores brings a Postgres and a redis-server, and starts a run that nobody
// performs. They end with its input.
func serveStores(ctx context.Context, s stores, in io.Reader, out io.Writer) (err error) {
	pg, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{DataDir: s.Folder, Logger: quietLog()})
	if err != nil {
		return err
	}
	defer together(&err, func() error {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		return pg.Stop(closing)
	})
	const database = "semantest"
	if err := pg.CreateDatabase(ctx, database, ""); err != nil {
		return err
	}
	redis, url, err := startRedis(ctx, s.Folder)
	if err != nil {
		return err
	}
	defer together(&err, redis.stop)
	o := opened{stores: stores{Database: pg.URL(database), Redis: url, Folder: s.Folder}}
	if err := withApp(ctx, o.stores, func(a *app.App, address string) (err error) {
		if o.Token, err = a.NewLocalToken(ctx, "bench", 24*time.Hour); err != nil {
			return err
		}
		c, err := client.New("http://"+address, o.Token)
		if err != nil {
			return err
		}
		o.RunID, err = c.StartRun(ctx, client.Start{Source: onePlan})
		return err
	}); err != nil {
		return err
	}
	if err := printLine(out, o); err != nil {
		return err
	}
	return obeyLines(ctx, in, out, nil)
}

// startRedis starts a redis-server that keeps nothing.
func startRedis(ctx context.Context, folder string) (*process, string, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, "", errors.New("redis-server is not installed; type: apt-get install redis-server")
	}
	address, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("read an address: %w", err)
	}
	p, err := start(folder, nil, program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("redis-server does not answer within 10 s"))
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return p, "redis://" + address + "/0", conn.Close()
		}
		select {
		case <-ctx.Done():
			return nil, "", errors.Join(context.Cause(ctx), p.stop())
		case <-p.done:
			return nil, "", fmt.Errorf("redis-server ended: %w: %s", p.err, p.said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
