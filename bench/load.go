//go:build linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	loadConnections = 100
	loadMany        = 1000 // virtual users, for the memory
	loadRate        = 2000 // requests a second of the open model
	frozenFor       = time.Second
)

// runLoad compares what a request costs a generator, alone on one core, with
// what it costs others; and looks whether an open model keeps its rate, and what
// it tells of a target that was frozen for a second.
func runLoad(ctx context.Context, b *bench) (*section, error) {
	server, others, err := cores()
	if err != nil {
		return nil, err
	}
	g := &generators{b: b, core: server}
	if err := g.find(ctx); err != nil {
		return nil, err
	}
	lasting := 10 * time.Second
	if b.Quick {
		lasting = 3 * time.Second
	}
	s := &section{}
	costs, err := g.compare(ctx, others, lasting, b.times(3, 1))
	if err != nil {
		return nil, err
	}
	s.tables = append(s.tables, g.table(costs))
	s.rows = append(s.rows, promises(costs)...)
	spent, err := g.whereLoadGoes(ctx, others, lasting)
	if err != nil {
		return nil, err
	}
	s.tables = append(s.tables, spent)
	lasting *= 2
	for _, frozen := range []bool{false, true} {
		o, err := g.open(ctx, others, lasting, frozen)
		if err != nil {
			return nil, err
		}
		s.rows = append(s.rows, o...)
	}
	s.notes = append(s.notes, "The generator has one core, the target (fasthttp, a small JSON document) another one where there are two. CPU time is user and "+
		"system time of the generator's process by getrusage, its start included; memory is what it has of its own, without the pages of its program. Ours checks status and body and records every latency twice; "+
		"k6 checks the status, the others check nothing.")
	s.notes = append(s.notes, lowest(costs)...)
	s.notes = append(s.notes, g.missing...)
	return s, nil
}

// cost is what came of one generator.
type cost struct {
	name     string
	requests int64
	cpu      time.Duration
	memory   int64 // bytes at most
}

func (c cost) each() float64 {
	return float64(c.cpu.Nanoseconds()) / 1000 / float64(max(c.requests, 1))
}

type generators struct {
	b       *bench
	core    int
	all     []generator
	missing []string
}

// find lists the generators that are here. Ours always is; peers that are not
// installed are built in bench/loadpeers, by the versions that stand there.
func (g *generators) find(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	g.all = append(g.all, ownGenerator(self))
	for _, peer := range []struct {
		name, module string
		make         func(program string) generator
	}{
		{"wrk", "", wrk}, {"hey", "github.com/rakyll/hey", hey}, {"vegeta", "github.com/tsenart/vegeta/v12", vegeta}, {"k6", "go.k6.io/k6", g.k6},
	} {
		program, err := exec.LookPath(peer.name)
		if err != nil && peer.module != "" {
			program, err = g.build(ctx, peer.name, peer.module)
		}
		if err != nil {
			g.missing = append(g.missing, fmt.Sprintf("%s is not here: %s.", peer.name, firstOf(err.Error())))
			g.b.say("load: %s", g.missing[len(g.missing)-1])
			continue
		}
		g.all = append(g.all, peer.make(program))
	}
	return nil
}

// measure runs a generator on its core.
func (g *generators) measure(ctx context.Context, one generator, url string, users int, lasting time.Duration) (c cost, printed string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*lasting+time.Minute)
	defer cancel()
	out := filepath.Join(g.b.folder, "load.out")
	args := append([]string{"-c", strconv.Itoa(g.core)}, one.args(url, users, lasting, out)...)
	cmd := exec.CommandContext(ctx, "taskset", args...) //nolint:gosec // the generators that are listed above
	cmd.Env = append(os.Environ(), one.env...)
	said, text := &tail{}, &bytes.Buffer{}
	cmd.Stderr, cmd.Stdout = said, text
	if err := cmd.Start(); err != nil {
		return c, "", fmt.Errorf("start %s: %w", one.name, err)
	}
	ended := make(chan struct{})
	most := make(chan int64)
	go func() { most <- ownMemory(cmd.Process.Pid, ended) }()
	err = cmd.Wait()
	close(ended)
	c = cost{name: one.name, memory: <-most}
	if err != nil {
		return c, "", fmt.Errorf("%s: %w: %s", one.name, err, said)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	c.requests, err = one.requests(text.String(), out)
	return c, text.String(), err
}

// ownMemory is the most memory that a process had of its own, by looks at it
// until it ends: pages of its program do not count, which for ours is the whole
// benchmark.
func ownMemory(pid int, ended <-chan struct{}) (most int64) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if m := anonymous.FindSubmatch(text); err == nil && m != nil {
			if kib, err := strconv.ParseInt(string(m[1]), 10, 64); err == nil {
				most = max(most, kib<<10)
			}
		}
		select {
		case <-ended:
			return most
		case <-tick.C:
		}
	}
}

var anonymous = regexp.MustCompile(`RssAnon:\s+(\d+) kB`)

// compare measures every generator in turn, and again, with many users once.
func (g *generators) compare(ctx context.Context, core int, lasting time.Duration, rounds int) ([]cost, error) {
	t, err := g.b.startLoadTarget(ctx, core, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.stop() }() // a target that was asked enough
	all := make([][]cost, len(g.all))
	for round := range rounds {
		for i, one := range g.all {
			c, _, err := g.measure(ctx, one, t.url, loadConnections, lasting)
			if err != nil {
				return nil, err
			}
			g.b.say("load, round %d, %s: %.1f µs a request, %d requests", round+1, c.name, c.each(), c.requests)
			all[i] = append(all[i], c)
		}
	}
	out := make([]cost, len(g.all))
	for i, one := range g.all {
		many, _, err := g.measure(ctx, one, t.url, loadMany, 3*time.Second)
		if err != nil {
			return nil, err
		}
		each := make([]float64, len(all[i]))
		for k, c := range all[i] {
			each[k] = c.each()
		}
		out[i] = cost{name: one.name, requests: 1000, cpu: time.Duration(medianOf(each) * 1e6), memory: many.memory}
	}
	return out, nil
}

func (g *generators) table(costs []cost) table {
	t := table{
		title:  fmt.Sprintf("CPU time of a request at %d connections, medians of the rounds; memory at %d users:", loadConnections, loadMany),
		header: []string{"Generator", "CPU µs a request", "of ours", "MB at most"},
	}
	for _, c := range costs {
		t.rows = append(t.rows, []string{c.name, fmt.Sprintf("%.1f", c.each()), fmt.Sprintf("%.2f", c.each()/costs[0].each()), fmt.Sprintf("%d", c.memory>>20)})
	}
	return t
}

// promises compares with the peers that are here.
func promises(costs []cost) []row {
	own := costs[0]
	out := []row{{what: fmt.Sprintf("Memory at %d virtual users", loadMany), value: fmt.Sprintf("%d MB", own.memory>>20), target: "≤ 40 MB", met: own.memory <= 40<<20}}
	for _, c := range costs[1:] {
		limit := map[string]float64{"wrk": 1.5, "vegeta": 0.25, "k6": 0.125}[c.name]
		if limit == 0 {
			continue
		}
		ratio := own.each() / c.each()
		out = append(out, row{what: "CPU of a request beside " + c.name, value: fmt.Sprintf("%.2f times", ratio), target: fmt.Sprintf("≤ %g times", limit), met: ratio <= limit})
	}
	return out
}

// lowest says how low a generator can go here: wrk is C, sends one fixed request
// and does nothing with the answer.
func lowest(costs []cost) []string {
	of := map[string]float64{}
	for _, c := range costs {
		of[c.name] = c.each()
	}
	if of["wrk"] == 0 || of["vegeta"] == 0 {
		return nil
	}
	return []string{fmt.Sprintf("A quarter of vegeta's %.1f µs is %.1f µs here, and wrk, which does nothing with an answer, needs %.1f µs.",
		of["vegeta"], of["vegeta"]/4, of["wrk"])}
}

// open lets an open model run, also against a target that is frozen once.
func (g *generators) open(ctx context.Context, core int, lasting time.Duration, frozen bool) ([]row, error) {
	freeze := time.Duration(0)
	if frozen {
		freeze = lasting / 2
	}
	t, err := g.b.startLoadTarget(ctx, core, freeze)
	if err != nil {
		return nil, err
	}
	defer func() { _ = t.stop() }() // a target that was asked enough
	one := g.all[0]
	args := one.args
	one.args = func(url string, users int, lasting time.Duration, out string) []string {
		list := args(url, users, lasting, out)
		list[2] = strings.Replace(list[2], `"Rate":0`, `"Rate":`+strconv.Itoa(loadRate), 1)
		return list
	}
	_, printed, err := g.measure(ctx, one, t.url, loadConnections, lasting)
	if err != nil {
		return nil, err
	}
	var told loadTold
	if err := json.Unmarshal([]byte(printed), &told); err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	if frozen {
		// Of all that was due, what came in the frozen second waited for its end.
		share := frozenFor.Seconds() / lasting.Seconds()
		truth := frozenFor.Seconds() * 1000 * (1 - 0.01/share)
		off := told.P99 - truth
		return []row{{
			what:  fmt.Sprintf("p99 when the target is frozen %s of %s (truly %.0f ms)", frozenFor, lasting, truth),
			value: fmt.Sprintf("%.0f ms, %d dropped", told.P99, told.Dropped), target: "± 5 %", met: max(off, -off) <= 0.05*truth && told.Dropped == 0,
		}}, nil
	}
	want := float64(loadRate) * lasting.Seconds()
	off := 100 * (float64(told.Requests) - want) / want
	return []row{{
		what:   fmt.Sprintf("Open model, %d requests/s for %s", loadRate, lasting),
		value:  fmt.Sprintf("%d requests in %.2f s (%+.2f %%), p50 %.2f ms", told.Requests, told.Seconds, off, told.Median),
		target: "within 0.5 %", met: max(off, -off) <= 0.5 && told.Seconds <= lasting.Seconds()*1.005,
	}}, nil
}

// startLoadTarget starts a target on a core; it freezes once, so long after its
// first request, where freeze is not zero.
func (b *bench) startLoadTarget(ctx context.Context, core int, freeze time.Duration) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	lines := newLineReader()
	p, err := startOn(core, b.folder, lines, self, asLoadTarget, freeze.String())
	if err != nil {
		return nil, err
	}
	url, err := p.awaitLine(ctx, lines, 10*time.Second)
	if err != nil {
		return nil, fmt.Errorf("wait for the target: %w", err)
	}
	return &target{process: p, url: strings.TrimSpace(url)}, nil
}

// serveLoadTarget is the target of a load, until its input ends.
func serveLoadTarget(args []string, in io.Reader, out io.Writer) error {
	freeze, err := time.ParseDuration(cmp.Or(append(args, "")[0], "0s"))
	if err != nil {
		return fmt.Errorf("usage: bench %s DURATION: %w", asLoadTarget, err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	gate := newGate(freeze)
	s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) {
		gate.pass()
		c.SetContentType("application/json")
		c.SetBodyString(`{"id":"42","state":"PENDING","total":1999}`)
	}}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = s.Shutdown()
	}()
	if _, err := fmt.Fprintln(out, "http://"+l.Addr().String()+"/"); err != nil {
		return err
	}
	return s.Serve(l)
}
