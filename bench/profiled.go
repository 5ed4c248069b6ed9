//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
)

// serveProfiled is `semantest serve` with a CPU profile on demand. It obeys
// lines on its input: "profile FILE" and "stop"; it ends with its input.
func serveProfiled(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: bench server DATA-FOLDER ADDRESS")
	}
	folder, address := args[0], args[1]
	a, err := app.New(ctx, app.Config{
		Server: config.Server{DataDir: folder, APISlots: casesParallel, DrainTimeout: 10 * time.Second},
		Listen: address, Workers: true, Egress: egress.Dev, Version: "bench",
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	err = a.Start(ctx)
	if err == nil {
		err = obey(ctx, a, in, out)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(err, a.Close(closing))
}

func obey(ctx context.Context, a *app.App, in io.Reader, out io.Writer) error {
	token, err := a.NewLocalToken(ctx, "bench", time.Hour)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(a.Folder(), "token"), []byte(token+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- s.Text()
		}
	}()
	defer pprof.StopCPUProfile()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-a.Failed():
			return err
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			if err := control(line); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(out, "done"); err != nil {
				return err
			}
		}
	}
}

func control(line string) error {
	path, begin := strings.CutPrefix(line, "profile ")
	if !begin {
		pprof.StopCPUProfile() // writes what is left
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make the profile: %w", err)
	}
	return pprof.StartCPUProfile(f) // the file is closed with the process
}

// serveProfiled starts this program as a server.
func (b *bench) serveProfiled(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	folder, err := b.newFolder("data")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	lines := newLineReader()
	p, err := start(b.folder, lines, self, asServer, folder, address)
	if err != nil {
		return nil, err
	}
	s := &server{process: p, url: "http://" + address, folder: folder, lines: lines}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return s, nil
}

// command tells a profiled server what to do and waits until it is done.
func (s *server) command(ctx context.Context, line string) error {
	if _, err := io.WriteString(s.input, line+"\n"); err != nil {
		return fmt.Errorf("tell the server to %s: %w", line, err)
	}
	_, err := s.awaitLine(ctx, s.lines, 30*time.Second)
	return err
}
