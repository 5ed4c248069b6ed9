package apptest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/store/storetest"
	"github.com/semantest/semantest/internal/webhooks"
)

// Options of Start; the zero value is a server with the real executors.
type Options struct {
	Executors   []executors.Executor
	NoWorkers   bool
	NoAPI       bool
	DatabaseURL string // shared with another server of the test; a fresh one when empty
	OwnerURL    string // the same database as its owner; then the server serves as the user of DatabaseURL
	RedisURL    string // shared likewise; an in-process one when empty
	SecretKey   string // shared likewise
	Webhooks    webhooks.Options
	PublicURL   string
	Breaker     Breaker
	Gather      time.Duration    // how long the workers of one load may take to come together; a minute when zero
	Graph       config.Graph     // limits of the API; zero has no limits of how often
	Identity    *config.Identity // how people sign in; nobody does when nil
	Baselines   string           // folder of the accepted baselines; empty compares with those that the database names
	LLM         config.LLM       // language models; none when zero
	Permissions []string         // of the token; all but admin when empty
	Log         io.Writer        // gets the whole log, instead of the test's output with its warnings
}

// Breaker sets the circuit breakers of targets.
type Breaker struct {
	Failures int // in a row that open one; none opens when zero
	Open     time.Duration
}

// Server is a running server.
type Server struct {
	App         *app.App
	Client      *client.Client
	Token       string
	DatabaseURL string
}

// Start boots a server, which ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.DatabaseURL == "" {
		o.DatabaseURL = storetest.URL(t)
	}
	listen := "127.0.0.1:0"
	if o.NoAPI {
		listen = ""
	}
	log, level := t.Output(), slog.LevelWarn
	if o.Log != nil {
		log, level = o.Log, slog.LevelDebug
	}
	a, err := app.New(t.Context(), app.Config{
		Server: config.Server{
			DatabaseURL: o.DatabaseURL, OwnerURL: o.OwnerURL, RedisURL: o.RedisURL, SecretKey: o.SecretKey, PublicURL: o.PublicURL, DataDir: t.TempDir(),
			DrainTimeout: 5 * time.Second, BreakerFailures: o.Breaker.Failures, BreakerOpen: o.Breaker.Open,
			LoadTeamWithin: o.Gather,
		},
		Graph: o.Graph, LLM: o.LLM, Identity: o.Identity, Listen: listen, Workers: !o.NoWorkers, Executors: o.Executors, Egress: egress.Dev,
		Webhooks: o.Webhooks, Baselines: o.Baselines, Version: "test", Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		t.Fatalf("compose the server: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := a.Close(ctx); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	if err := a.Start(t.Context()); err != nil {
		t.Fatalf("start the server: %v", err)
	}
	s := &Server{App: a, DatabaseURL: o.DatabaseURL}
	if o.NoAPI {
		return s
	}
	if s.Token, err = a.NewLocalToken(t.Context(), "test", 0, o.Permissions...); err != nil {
		t.Fatalf("make a token: %v", err)
	}
	if s.Client, err = client.New(a.URL(), s.Token); err != nil {
		t.Fatalf("make a client: %v", err)
	}
	return s
}

// Run starts a run of a plan and returns its id.
func (s *Server) Run(t testing.TB, plan string) string {
	t.Helper()
	id, err := s.Client.StartRun(t.Context(), client.Start{Source: plan})
	if err != nil {
		t.Fatalf("start a run: %v", err)
	}
	return id
}

// Follow returns all events of a run, once it has ended.
func (s *Server) Follow(t testing.TB, runID string) []client.Event {
	t.Helper()
	var out []client.Event
	err := s.Client.Follow(t.Context(), runID, 30*time.Second, func(e client.Event) { out = append(out, e) })
	if err != nil {
		t.Fatalf("follow run %s: %v", runID, err)
	}
	return out
}

// Query performs a GraphQL operation, fails the test on an error and returns
// the data.
func (s *Server) Query(t testing.TB, query string, variables map[string]any) map[string]any {
	t.Helper()
	var raw json.RawMessage
	if err := s.Client.Do(t.Context(), query, variables, &raw); err != nil {
		t.Fatalf("query: %v", err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("query: %v", err)
	}
	return out
}
