//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bench is what the benchmarks share: the program, a folder that goes away, and
// how much to do.
type bench struct {
	options
	program string // the program under measurement
	folder  string // temporary
	out     io.Writer
}

func prepare(ctx context.Context, o options, out io.Writer) (*bench, error) {
	folder, err := os.MkdirTemp("", "semantest-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	b := &bench{options: o, program: o.Binary, folder: folder, out: out}
	// As root, the embedded Postgres runs as another user, who must pass through.
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // what lies in it is closed
		b.clean()
		return nil, fmt.Errorf("open the temporary folder: %w", err)
	}
	if b.program == "" {
		b.program = filepath.Join(folder, "semantest")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.program, ".") //nolint:gosec // our own program
		if text, err := build.CombinedOutput(); err != nil {
			b.clean()
			return nil, fmt.Errorf("build the program: %w: %s", err, strings.TrimSpace(string(text)))
		}
	}
	if b.program, err = filepath.Abs(b.program); err != nil {
		b.clean()
		return nil, fmt.Errorf("find the program: %w", err)
	}
	return b, nil
}

func (b *bench) clean() {
	if err := os.RemoveAll(b.folder); err != nil {
		b.say("the temporary folder stays: %v", err)
	}
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

// times returns how often to repeat: what was asked for, else the benchmark's
// own number, else the quick one.
func (b *bench) times(normal, quick int) int {
	switch {
	case b.Runs > 0:
		return b.Runs
	case b.Quick:
		return quick
	}
	return normal
}

// newFolder makes a folder that the embedded Postgres can reach.
func (b *bench) newFolder(name string) (string, error) {
	dir, err := os.MkdirTemp(b.folder, name+"-")
	if err == nil {
		err = os.Chmod(dir, 0o711) //nolint:gosec // see prepare
	}
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	return dir, nil
}

// freeAddress returns an address on which nothing listens now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// pause waits unless the benchmark is given up.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// together collects what went wrong, also while ending.
func together(errs *error, f func() error) {
	*errs = errors.Join(*errs, f())
}
