//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// loadProfile names, in the environment of the generator, the file for a CPU
// profile of itself.
const loadProfile = "BENCH_LOAD_PROFILE"

// profiled performs f under a CPU profile where the environment asks for one.
func profiled(f func() error) (err error) {
	file := os.Getenv(loadProfile)
	if file == "" {
		return f()
	}
	out, err := os.Create(file) //nolint:gosec // the benchmark names its own file
	if err != nil {
		return fmt.Errorf("keep the profile: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("start the profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return f()
}

// whereLoadGoes says on what ours spends a request's CPU time, in a round of its
// own: a profile is not free.
func (g *generators) whereLoadGoes(ctx context.Context, core int, lasting time.Duration) (table, error) {
	t, err := g.b.startLoadTarget(ctx, core, 0)
	if err != nil {
		return table{}, err
	}
	defer func() { _ = t.stop() }() // a target that was asked enough
	file := filepath.Join(g.b.folder, "load.pprof")
	one := g.all[0]
	one.env = append(slices.Clone(one.env), loadProfile+"="+file)
	if _, _, err := g.measure(ctx, one, t.url, loadConnections, lasting); err != nil {
		return table{}, err
	}
	shares, err := leaves(file)
	if err != nil {
		return table{}, err
	}
	out := table{title: "On what ours spends it, by a CPU profile of one more round:", header: []string{"Where", "Share"}}
	for _, name := range loadParts() {
		out.rows = append(out.rows, []string{name, fmt.Sprintf("%.0f %%", 100*shares[name])})
	}
	return out, nil
}

const (
	inWrite   = "the system call that sends a request"
	inRead    = "the system call that reads an answer"
	inWaiting = "waiting for connections (epoll, the scheduler)"
	inCodec   = "fasthttp's codec"
	inEngine  = "the engine: users, checks, histograms"
	inRest    = "the rest of Go's runtime and library"
)

func loadParts() []string { return []string{inWrite, inRead, inWaiting, inCodec, inEngine, inRest} }

// leaves returns each part's share of a CPU profile, of 1 in all.
func leaves(path string) (map[string]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the profile: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	sums := map[string]float64{}
	var total float64
	for _, s := range p.Sample {
		value := float64(s.Value[len(s.Value)-1])
		sums[loadPart(functions(s))] += value
		total += value
	}
	if total == 0 {
		return nil, fmt.Errorf("the profile %s is empty", path)
	}
	for k := range sums {
		sums[k] /= total
	}
	return sums, nil
}

// loadPart says where a stack, the leaf first, spends its time: in the first
// function that tells.
func loadPart(stack []string) string {
	for _, name := range stack {
		switch {
		case strings.HasPrefix(name, "internal/poll.(*FD).Write"), strings.HasPrefix(name, "syscall.Write"):
			return inWrite
		case strings.HasPrefix(name, "internal/poll.(*FD).Read"), strings.HasPrefix(name, "syscall.Read"):
			return inRead
		case strings.HasPrefix(name, "runtime.netpoll"), strings.HasPrefix(name, "runtime.schedule"), strings.HasPrefix(name, "runtime.findRunnable"),
			strings.HasPrefix(name, "runtime.mcall"), strings.HasPrefix(name, "runtime.futex"):
			return inWaiting
		case strings.HasPrefix(name, "github.com/valyala/fasthttp"):
			return inCodec
		case strings.HasPrefix(name, module):
			return inEngine
		}
	}
	return inRest
}
