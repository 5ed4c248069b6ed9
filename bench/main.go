//go:build linux

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// benchmark is one entry of the registry.
type benchmark struct {
	name  string
	title string
	doc   string // where its tables stand
	run   func(ctx context.Context, b *bench) (*section, error)
}

// The documents that hold the tables.
const (
	performanceDoc = "docs/performance.md"
	scalingDoc     = "docs/scaling.md"
)

// registry lists the benchmarks in the order of the documents.
func registry() []benchmark {
	return []benchmark{
		{"demo", "The demonstration", performanceDoc, runDemo},
		{"ready", "Ready to serve", performanceDoc, runReady},
		{"start", "Starting runs", performanceDoc, runStart},
		{"events", "The first live event", performanceDoc, runEvents},
		{"cases", "Cases per second", performanceDoc, runCases},
		{"queue", "Waiting in the queue", performanceDoc, runQueue},
		{"live", "Live delivery, beside others", performanceDoc, runLive},
		{"crowd", "Live delivery to many, and to few", performanceDoc, runCrowd},
		{"soak", "Viewers who do not read", performanceDoc, runSoak},
		{"assess", "Assessing a run", performanceDoc, runAssess},
		{"requests", "What a request costs", scalingDoc, runRequests},
		{"identity", "Who a request is", performanceDoc, runIdentity},
		{"hostile", "Hostile requests", performanceDoc, runHostile},
		{"api", "A step of an API case", performanceDoc, runAPI},
		{"contract", "A contract", performanceDoc, runContract},
		{"browser", "A browser case, beside Playwright", performanceDoc, runBrowser},
		{"ui", "Hostile interfaces", performanceDoc, runUI},
		{"load", "Load, beside others", performanceDoc, runLoad},
		{"visual", "Comparing pictures, beside others", performanceDoc, runVisual},
		{"dashboard", "The dashboard", performanceDoc, runDashboard},
		{"fleet", "What a process costs, and a case among several", scalingDoc, runFleet},
	}
}

type options struct {
	Only    []string      `name:"only" placeholder:"NAME" help:"Only these benchmarks: demo, ready, start, events, cases, queue, live, crowd, soak, assess, requests, identity, api, contract, browser, ui, load, visual, dashboard, fleet."`
	Runs    int           `name:"runs" placeholder:"N" help:"Repetitions (seconds, for start); each benchmark has its own default."`
	Quick   bool          `name:"quick" help:"Few and short repetitions. The figures are rough."`
	Write   bool          `name:"write" help:"Renew the tables of the documents."`
	Doc     string        `name:"doc" placeholder:"FILE" help:"The document; by default that of each benchmark."`
	Binary  string        `name:"binary" placeholder:"FILE" help:"Measure this program instead of building it."`
	Profile string        `name:"profile" placeholder:"FILE" help:"Keep a CPU profile of the server: in cases, or in the last round of live."`
	Soak    time.Duration `name:"soak" default:"10m" help:"How long soak lasts."`
	Limit   time.Duration `name:"limit" default:"1h" help:"Give up after this time."`
}

// The names under which the program starts itself as another process.
const (
	asTarget = "target" // a small HTTP server, the application under test
	asServer = "server" // Semantest with a CPU profile on demand

	asStores = "stores" // a Postgres and a Redis for the servers below
	asOurs   = "ours"   // the API
	asStock  = "stock"  // the same schema behind gqlgen's own transport
	asFloor  = "floor"  // bare writes
	asCrowd  = "crowd"  // viewers and the source of what they see
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case asTarget:
			return serveTarget(ctx, os.Stdin, os.Stdout)
		case asServer:
			return serveProfiled(ctx, args[1:], os.Stdin, os.Stdout)
		case asStores:
			return withTask(args, func(s stores) error { return serveStores(ctx, s, os.Stdin, os.Stdout) })
		case asOurs:
			return withTask(args, func(s stores) error { return serveOurs(ctx, s, os.Stdin, os.Stdout) })
		case asStock:
			return withTask(args, func(s stores) error { return serveStock(ctx, s, os.Stdin, os.Stdout) })
		case asLoad:
			return withTask(args, func(t loadTask) error {
				return profiled(func() error { return performLoad(ctx, t, os.Stdout) })
			})
		case asBrowser:
			return withTask(args, func(t browserTask) error { return serveBrowser(ctx, t, os.Stdin, os.Stdout) })
		case asLoadTarget:
			return serveLoadTarget(args[1:], os.Stdin, os.Stdout)
		case asFloor:
			return serveFloor(ctx, os.Stdin, os.Stdout)
		case asCrowd:
			return withTask(args, func(t crowdTask) error { return serveCrowd(ctx, t, os.Stdin, os.Stdout) })
		}
	}
	var o options
	parser, err := kong.New(&o, kong.Name("bench"), kong.Description("Measure Semantest on this machine."))
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(o.Only)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Limit, fmt.Errorf("not done within %s", o.Limit))
	defer cancel()
	return measure(ctx, o, chosen, strings.Join(append([]string{"go run ./bench"}, args...), " "), os.Stdout)
}

// withTask reads the task of a process from its arguments.
func withTask[T any](args []string, f func(T) error) error {
	var task T
	if len(args) != 2 {
		return fmt.Errorf("usage: bench %s TASK", args[0])
	}
	if err := json.Unmarshal([]byte(args[1]), &task); err != nil {
		return fmt.Errorf("read the task: %w", err)
	}
	return f(task)
}

func choose(names []string) ([]benchmark, error) {
	all := registry()
	if len(names) == 0 {
		return all, nil
	}
	var out []benchmark
	for _, name := range names {
		found := false
		for _, b := range all {
			if b.name == name {
				out, found = append(out, b), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no benchmark %q; --help names them", name)
		}
	}
	return out, nil
}

// measure runs the chosen benchmarks one after the other. One that fails does
// not keep the others from running.
func measure(ctx context.Context, o options, chosen []benchmark, command string, out io.Writer) error {
	b, err := prepare(ctx, o, out)
	if err != nil {
		return err
	}
	defer b.clean()
	about := describeMachine(ctx)
	_, _ = fmt.Fprintln(out, about.markdown())
	var failed []error
	for _, entry := range chosen {
		b.say("%s …", entry.name)
		s, err := entry.run(ctx, b)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", entry.name, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		s.name, s.title, s.command, s.at, s.load = entry.name, entry.title, command, time.Now(), loadAverage()
		_, _ = fmt.Fprintln(out, s.markdown())
		if o.Write {
			if err := renew(cmp.Or(o.Doc, entry.doc), about, s); err != nil {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}
