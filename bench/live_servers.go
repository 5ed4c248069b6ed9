//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/graph"
	"github.com/semantest/semantest/graph/generated"
	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// stores are where the servers under measurement keep and hear things.
type stores struct {
	Database string `json:"database"`
	Redis    string `json:"redis"`
	Folder   string `json:"folder"` // for the server's own files
}

func quietLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// serveOurs is the API as `semantest serve --no-workers` brings it.
func serveOurs(ctx context.Context, s stores, in io.Reader, out io.Writer) error {
	return withApp(ctx, s, func(a *app.App, address string) error {
		if err := printLine(out, whereabouts{Address: address, Path: "/graphql"}); err != nil {
			return err
		}
		return obeyLines(ctx, in, out, a.Failed())
	})
}

// withApp runs f beside the API.
func withApp(ctx context.Context, s stores, f func(a *app.App, address string) error) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, app.Config{
		Server: config.Server{DatabaseURL: s.Database, RedisURL: s.Redis, DataDir: s.Folder, DrainTimeout: 10 * time.Second},
		Listen: address, Egress: egress.Dev, Version: "bench", Logger: quietLog(),
	})
	if err != nil {
		return err
	}
	err = a.Start(ctx)
	if err == nil {
		err = f(a, address)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, a.Close(closing))
}

// serveStock is the same schema and the same resolvers behind gqlgen's own
// WebSocket transport, as its documentation says to use it.
func serveStock(ctx context.Context, s stores, in io.Reader, out io.Writer) error {
	resolver, end, err := assemble(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	server := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolver}))
	server.AddTransport(transport.Websocket{
		InitFunc: func(ctx context.Context, init transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			secret, _ := graph.Bearer(init.Authorization())
			p, err := resolver.Services.Auth.Authenticate(ctx, secret)
			if err != nil {
				return nil, nil, err
			}
			return auth.With(ctx, p), nil, nil
		},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	defer func() { _ = h.Close() }()
	if err := printLine(out, whereabouts{Address: l.Addr().String(), Path: "/graphql"}); err != nil {
		return err
	}
	return obeyLines(ctx, in, out, failed)
}

// assemble brings the services that the subscription's resolver needs.
func assemble(ctx context.Context, s stores) (_ *graph.Resolver, end func(), err error) {
	db, err := store.Open(ctx, s.Database, store.Options{})
	if err != nil {
		return nil, nil, err
	}
	options, err := redis.ParseURL(s.Redis)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read the address of Redis: %w", err), db.Close())
	}
	client, logger := redis.NewClient(options), quietLog()
	bus := events.NewBus(client, logger)
	log := events.NewLog(db, bus)
	hub := events.NewHub(log, client, logger, events.HubOptions{})
	p := plans.New(db)
	resolver := &graph.Resolver{Services: graph.Services{
		Auth: auth.New(db), Plans: p, Runs: runs.New(runs.Deps{Store: db, Plans: p, Log: log, Hub: hub, Bus: bus}),
	}}
	return resolver, func() {
		hub.Close()
		bus.Close()
		_ = client.Close()
		_ = db.Close()
	}, nil
}
