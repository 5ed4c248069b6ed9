//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"time"

	"github.com/semantest/semantest/graph"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/auth/password"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
)

// Promises of the identity benchmark.
const (
	loginAllowance = 50 * time.Millisecond // beside the hash
	viewerRate     = 200                   // requests a second
	viewerWithin   = 5 * time.Millisecond
	authorisation  = 5 // percent of a query's CPU time
)

const (
	benchEmail    = "bench@example.com"
	benchPassword = "a password for measuring"
	viewerQuery   = `{ viewer { project { slug name } permissions } }`
)

// runIdentity measures what it costs to sign in, and what it costs that each
// request is somebody's.
func runIdentity(ctx context.Context, b *bench) (_ *section, err error) {
	f, err := b.openFleet(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, f.close)
	folder, err := b.newFolder("api")
	if err != nil {
		return nil, err
	}
	s, err := b.serve(ctx, folder, append(f.flags(1), "--no-workers", "--login-attempts", "0",
		"--rate-minute", "0", "--rate-hour", "0", "--admin-email", benchEmail, "--admin-password", benchPassword)...)
	if err != nil {
		return nil, err
	}
	defer together(&err, s.stop)
	out := &section{}
	if err := s.measureLogins(ctx, b, out); err != nil {
		return nil, err
	}
	if s.token, err = s.signIn(ctx); err != nil {
		return nil, err
	}
	if err := s.measureViewer(ctx, b, out); err != nil {
		return nil, err
	}
	return out, measureAuthorisation(ctx, b, stores{Database: f.opened.Database, Redis: f.opened.Redis}, f.key, s.token, out)
}

// signIn returns a fresh access token.
func (s *server) signIn(ctx context.Context) (string, error) {
	var out struct{ Login struct{ AccessToken string } }
	err := s.client.Do(ctx, `mutation($e: String!, $p: String!) { login(input: {email: $e, password: $p}) { accessToken } }`,
		map[string]any{"e": benchEmail, "p": benchPassword}, &out)
	if err != nil {
		return "", fmt.Errorf("log in: %w", err)
	}
	return out.Login.AccessToken, nil
}

// measureLogins takes logins and bare hashes in turn, so that both see the same
// machine.
func (s *server) measureLogins(ctx context.Context, b *bench, out *section) error {
	hasher := password.New(password.Options{})
	stored, err := hasher.Hash(ctx, benchPassword)
	if err != nil {
		return err
	}
	var logins, hashes sample
	for range b.times(200, 20) {
		began := time.Now()
		if _, err := hasher.Verify(ctx, benchPassword, stored); err != nil {
			return err
		}
		hashes = append(hashes, time.Since(began))
		began = time.Now()
		if _, err := s.signIn(ctx); err != nil {
			return err
		}
		logins = append(logins, time.Since(began))
	}
	limit := hashes.quantile(0.95) + loginAllowance
	got := logins.quantile(0.95)
	out.rows = append(out.rows, row{
		what: fmt.Sprintf("`login`, p95 of %d, one after the other", len(logins)), value: show(got),
		target: fmt.Sprintf("50 ms beside the hash's own p95 of %s", show(hashes.quantile(0.95))), met: got <= limit,
	})
	return nil
}

// measureViewer sends authorised requests at a fixed rate. Their latency counts
// from when each was due, so that one that is late makes the others late too.
func (s *server) measureViewer(ctx context.Context, b *bench, out *section) error {
	body, err := json.Marshal(map[string]any{"query": viewerQuery})
	if err != nil {
		return fmt.Errorf("encode a request: %w", err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: requestConnections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	h := &http.Client{Transport: transport, Timeout: time.Minute}
	seconds := b.times(20, 3)
	var mu sync.Mutex
	var latencies sample
	var failed error
	var all sync.WaitGroup
	began := time.Now().Add(200 * time.Millisecond)
	for i := range (seconds + 1) * viewerRate {
		due := began.Add(time.Duration(i) * time.Second / viewerRate)
		if err := pause(ctx, time.Until(due)); err != nil {
			return err
		}
		all.Go(func() {
			_, err := s.send(ctx, h, body)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			if i >= viewerRate { // the first second is for statements and caches
				latencies = append(latencies, took)
			}
		})
	}
	all.Wait()
	if failed != nil {
		return failed
	}
	got := latencies.quantile(0.95)
	out.rows = append(out.rows, row{
		what: fmt.Sprintf("`viewer` of a signed-in user at %d requests/s, p95 of %d", viewerRate, len(latencies)), value: show(got),
		target: "≤ " + show(viewerWithin), met: got <= viewerWithin,
	})
	return nil
}

// measureAuthorisation performs the same query in this process, once with the
// access token looked up and once with the principal given, in short turns.
func measureAuthorisation(ctx context.Context, b *bench, s stores, key, token string, out *section) (err error) {
	resolver, end, err := assemble(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	db, err := store.Open(ctx, s.Database, store.Options{})
	if err != nil {
		return err
	}
	defer together(&err, db.Close)
	sealer, err := seal.Parse(key)
	if err != nil {
		return err
	}
	service := auth.New(db, auth.WithSessions(keys.New(db, sealer, keys.Options{})), auth.WithMemory())
	principal, err := service.Authenticate(ctx, token)
	if err != nil {
		return err
	}
	server := graph.Handler(resolver, quietLog())
	defer server.Shutdown(ctx)
	given := func(context.Context) (*auth.Principal, error) { return principal, nil }
	lookedUp := func(ctx context.Context) (*auth.Principal, error) { return service.Authenticate(ctx, token) }
	turns, each := b.times(40, 6), 500
	var with, without sample
	for turn := range turns + 1 {
		a, err := perform(ctx, server, each, given)
		if err != nil {
			return err
		}
		z, err := perform(ctx, server, each, lookedUp)
		if err != nil {
			return err
		}
		if turn > 0 { // the first turn is for statements and caches
			without, with = append(without, a), append(with, z)
		}
	}
	more := 100 * (float64(with.median())/float64(without.median()) - 1)
	out.rows = append(out.rows, row{
		what: "CPU time that authorisation adds to `viewer`", value: fmt.Sprintf("%.1f %%", more),
		target: fmt.Sprintf("≤ %d %%", authorisation), met: more <= authorisation,
	})
	out.notes = append(out.notes, fmt.Sprintf("Authorisation is measured in one process without HTTP connections: %s of CPU time a query with the "+
		"access token looked up, %s with the principal given; medians of %d turns of %d queries each. Who a token is, is remembered for 2 s.",
		show(with.median()), show(without.median()), turns, each))
	return nil
}

// perform answers a query several times and returns the CPU time of one.
func perform(ctx context.Context, h http.Handler, times int, who func(context.Context) (*auth.Principal, error)) (time.Duration, error) {
	body, err := json.Marshal(map[string]any{"query": viewerQuery})
	if err != nil {
		return 0, fmt.Errorf("encode a request: %w", err)
	}
	before, err := ownCPU()
	if err != nil {
		return 0, err
	}
	for range times {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", io.NopCloser(bytes.NewReader(body)))
		r.Header.Set("Content-Type", "application/json")
		p, err := who(ctx)
		if err != nil {
			return 0, err
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(auth.With(r.Context(), p)))
		if w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(`"errors"`)) {
			return 0, fmt.Errorf("the graph answered %d: %.200s", w.Code, w.Body)
		}
	}
	after, err := ownCPU()
	return (after - before) / time.Duration(times), err
}

// ownCPU returns the user and system time of this process.
func ownCPU() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read the CPU time of this process: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
