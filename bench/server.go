//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// server is a Semantest process under measurement, with its embedded parts.
type server struct {
	*process
	url    string
	folder string
	client *client.Client
	token  string
	lines  *lineReader
}

// readyWithin is how long a server may take to come up at all.
const readyWithin = time.Minute

// serve starts `semantest serve` on a data folder and returns when it is ready.
func (b *bench) serve(ctx context.Context, folder string, flags ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args := append([]string{"serve", "--data-dir", folder, "--listen", address, "--egress", "dev", "--log-level", "warn",
		"--rate-starts", "0", "--rate-minute", "0", "--rate-hour", "0"}, flags...)
	lines := newLineReader()
	p, err := start(b.folder, lines, b.program, args...)
	if err != nil {
		return nil, err
	}
	s := &server{process: p, url: "http://" + address, folder: folder, lines: lines}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return s, nil
}

// connect waits for the line that says that the server is ready, and reads the
// token that it left in its data folder.
func (s *server) connect(ctx context.Context) error {
	if _, err := s.awaitLine(ctx, s.lines, readyWithin); err != nil {
		return fmt.Errorf("wait for the server: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(s.folder, "token"))
	if err != nil {
		return fmt.Errorf("read the local token: %w", err)
	}
	s.token = strings.TrimSpace(string(text))
	s.client, err = client.New(s.url, s.token)
	return err
}

// awaitReady polls /readyz until it answers 200.
func awaitReady(ctx context.Context, p *process, url string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not ready within %s", readyWithin))
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("prepare the request: %w", err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.done:
			return fmt.Errorf("the server ended: %w: %s", p.err, p.said)
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), p.said)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// status of a run.
type status struct {
	Status        string
	OutcomeCounts client.Counts
}

func (s *server) status(ctx context.Context, runID string) (status, error) {
	var out struct{ Run *status }
	err := s.client.Do(ctx, `query($id: ID!) { run(id: $id) { status outcomeCounts { total finished passed failed } } }`,
		map[string]any{"id": runID}, &out)
	if err != nil {
		return status{}, err
	}
	if out.Run == nil {
		return status{}, fmt.Errorf("there is no run %s", runID)
	}
	return *out.Run, nil
}

// awaitPassed waits for the end of a run, which must pass.
func (s *server) awaitPassed(ctx context.Context, runID string) error {
	for {
		st, err := s.status(ctx, runID)
		if err != nil {
			return err
		}
		switch st.Status {
		case "QUEUED", "RUNNING":
		case "PASSED":
			return nil
		default:
			return fmt.Errorf("run %s ended as %s: %+v", runID, st.Status, st.OutcomeCounts)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
