//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// serveTarget is the application under test: it answers every request with the
// same small document, until its input ends.
func serveTarget(ctx context.Context, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":"42","state":"PENDING","total":1999}`)
		}),
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in)
	}()
	stopped := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stopped()
	if _, err := fmt.Fprintln(out, "http://"+l.Addr().String()); err != nil {
		return err
	}
	if err := s.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// target is the application under test in its own process.
type target struct {
	*process
	url string
}

func (b *bench) startTarget(ctx context.Context) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	lines := newLineReader()
	p, err := start(b.folder, lines, self, asTarget)
	if err != nil {
		return nil, err
	}
	url, err := p.awaitLine(ctx, lines, 10*time.Second)
	if err != nil {
		return nil, fmt.Errorf("wait for the target: %w", err)
	}
	return &target{process: p, url: strings.TrimSpace(url)}, nil
}
