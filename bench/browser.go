//go:build linux

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/semantest/semantest/examples/shop"
)

const (
	browserPeers    = "bench/browserpeers"
	browserParallel = 4
)

// runBrowser compares a warm browser case with the same case in Playwright, and
// looks at what the pool costs, whether it grows, and how it bears a browser that
// is killed.
func runBrowser(ctx context.Context, b *bench) (_ *section, err error) {
	base, closeShop, err := serveShop(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeShop()) }()
	program, err := headlessShell()
	if err != nil {
		return nil, err
	}
	s := &section{}
	ours, err := b.startOurs(ctx, program, base)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	idle := memoryOfTree(tree(ours.pid)[1:])
	s.rows = append(s.rows, row{
		what: "Memory of the warm, idle browser with a page kept ready", value: megabytes(idle), target: "≤ 250 MB", met: idle <= 250<<20,
	})
	performers := []*performer{ours}
	peer, err := b.startPlaywright(ctx, program, base)
	if err != nil {
		s.notes = append(s.notes, fmt.Sprintf("Playwright is not here: %s.", firstOf(err.Error())))
		b.say("browser: %s", s.notes[0])
	} else {
		defer func() { err = errors.Join(err, peer.stop()) }()
		floor, err := b.startFloor(ctx, program, base)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, floor.stop()) }()
		performers = append(performers, peer, floor)
	}
	for _, measure := range []func(context.Context, *bench, []*performer) ([]row, *table, error){oneByOne, inParallel} {
		rows, t, err := measure(ctx, b, performers)
		if err != nil {
			return nil, err
		}
		s.rows = append(s.rows, rows...)
		for _, r := range rows {
			b.say("browser: %s: %s", r.what, r.value)
		}
		if t != nil {
			s.tables = append(s.tables, *t)
		}
	}
	for _, measure := range []func(context.Context, *bench, *performer) ([]row, error){growth, killed} {
		rows, err := measure(ctx, b, ours)
		if err != nil {
			return nil, err
		}
		s.rows = append(s.rows, rows...)
	}
	s.notes = append(s.notes, "The case buys tea in the example shop: 4 pages, 10 actions, 7 assertions, at 1280 by 720, in a fresh context of one warm browser, "+
		"the same headless shell for all. Cases alternate between the programs. CPU time is that of the program with all processes that it started; "+
		"the shop is in the benchmark's own process and does not count, and its pause for payments is left out, since all wait for it alike; 200 ms of each case are the cart's, which gathers changes before it sends them. "+
		"“The pages alone” is a script in each page that clicks by events of its own making, and waits for nothing but texts: nobody who acts with care can be faster. Ours lets the browser out through its filtering proxy. Memory is the sum of the processes' proportional set sizes.")
	return s, nil
}

// performer is a program that performs the case on demand.
type performer struct {
	*process
	name  string
	lines *lineReader
}

// perform asks for cases and waits for them.
func (p *performer) perform(ctx context.Context, cases, parallel int) (browserTold, error) {
	var told browserTold
	order, err := json.Marshal(browserOrder{cases, parallel})
	if err != nil {
		return told, err
	}
	if _, err := p.input.Write(append(order, '\n')); err != nil {
		return told, fmt.Errorf("ask %s for cases: %w: %s", p.name, err, p.said)
	}
	line, err := p.awaitLine(ctx, p.lines, 5*time.Minute+time.Duration(cases)*2*time.Second)
	if err != nil {
		return told, fmt.Errorf("wait for the cases of %s: %w", p.name, err)
	}
	if err := json.Unmarshal([]byte(line), &told); err != nil {
		return told, fmt.Errorf("read the answer of %s: %w: %.200q", p.name, err, line)
	}
	if told.Error != "" {
		return told, fmt.Errorf("%s: %s", p.name, told.Error)
	}
	return told, nil
}

// cpu is what the program and all that it started have used.
func (p *performer) cpu() (time.Duration, error) { return cpuOfTree(tree(p.pid)) }

// oneByOne alternates single cases.
func oneByOne(ctx context.Context, b *bench, all []*performer) ([]row, *table, error) {
	rounds := b.times(50, 8)
	took, cpu := make([][]float64, len(all)), make([]float64, len(all))
	var started []float64
	for round := range rounds + 2 {
		for i, p := range all {
			before, err := p.cpu()
			if err != nil {
				return nil, nil, err
			}
			told, err := p.perform(ctx, 1, 1)
			if err != nil {
				return nil, nil, err
			}
			after, err := p.cpu()
			if err != nil {
				return nil, nil, err
			}
			if round < 2 { // until all caches are warm
				continue
			}
			took[i] = append(took[i], told.Took...)
			cpu[i] += milliseconds(after-before) / float64(rounds)
			started = append(started, told.Started...)
		}
	}
	own, begun := medianOf(took[0]), medianOf(started)
	t := &table{title: "A warm case, one at a time:", header: []string{"Program", "median ms", "of ours", "CPU ms", "of ours"}}
	for i, p := range all {
		t.rows = append(t.rows, []string{p.name, fmt.Sprintf("%.0f", medianOf(took[i])), fmt.Sprintf("%.2f", medianOf(took[i])/own),
			fmt.Sprintf("%.0f", cpu[i]), fmt.Sprintf("%.2f", cpu[i]/cpu[0])})
	}
	rows := []row{{
		what: "Start of a case on a warm pool, until its first step begins, median", value: fmt.Sprintf("%.1f ms", begun), target: "≤ 80 ms", met: begun <= 80,
	}}
	if len(all) > 1 {
		time, work := own/medianOf(took[1]), cpu[0]/cpu[1]
		rows = append(rows,
			row{what: "Time of a warm case beside Playwright", value: fmt.Sprintf("%.2f times", time), target: "≤ 0.65 times", met: time <= 0.65},
			row{what: "CPU time of a warm case beside Playwright", value: fmt.Sprintf("%.2f times", work), target: "≤ 0.6 times", met: work <= 0.6})
	}
	if len(all) > 2 {
		floor := medianOf(took[2])
		rows = append(rows,
			row{what: "The same above what the pages take alone: time", value: fmt.Sprintf("%.2f times", (own-floor)/(medianOf(took[1])-floor))},
			row{what: "The same above what the pages take alone: CPU time", value: fmt.Sprintf("%.2f times", (cpu[0]-cpu[2])/(cpu[1]-cpu[2]))})
	}
	return rows, t, nil
}

// inParallel compares cases a second, one at a time and several. Each context
// performs as many, so that the last ones, which end alone, weigh as little.
func inParallel(ctx context.Context, b *bench, all []*performer) ([]row, *table, error) {
	cases := b.times(24, 8)
	best := make([]map[int]pace, len(all))
	for i := range all {
		best[i] = map[int]pace{}
	}
	for range b.times(3, 1) {
		for i, p := range all {
			for _, parallel := range []int{1, browserParallel} {
				round, err := p.pace(ctx, cases*parallel, parallel)
				if err != nil {
					return nil, nil, err
				}
				if round.rate > best[i][parallel].rate {
					best[i][parallel] = round
				}
			}
		}
	}
	t := &table{title: "Cases a second, the best round, and how many cores were busy then, with all they did:",
		header: []string{"Program", "one at a time", "cores", fmt.Sprintf("%d at a time", browserParallel), "cores", "times"}}
	for i, p := range all {
		one, several := best[i][1], best[i][browserParallel]
		t.rows = append(t.rows, []string{p.name, fmt.Sprintf("%.2f", one.rate), fmt.Sprintf("%.2f", one.cores),
			fmt.Sprintf("%.2f", several.rate), fmt.Sprintf("%.2f", several.cores), fmt.Sprintf("%.2f", several.rate/one.rate)})
	}
	more := best[0][browserParallel].rate / best[0][1].rate
	return []row{{
		what: fmt.Sprintf("%d contexts beside one, cases a second", browserParallel), value: fmt.Sprintf("%.2f times", more), target: "≥ 2 times", met: more >= 2,
	}}, t, nil
}

// pace is how many cases a second there were, and how many cores the machine used
// meanwhile.
type pace struct{ rate, cores float64 }

// pace performs cases and tells how that went.
func (p *performer) pace(ctx context.Context, cases, parallel int) (pace, error) {
	before, err := cpuOfMachine()
	if err != nil {
		return pace{}, err
	}
	began := time.Now()
	if _, err := p.perform(ctx, cases, parallel); err != nil {
		return pace{}, err
	}
	took := time.Since(began).Seconds()
	after, err := cpuOfMachine()
	return pace{rate: float64(cases) / took, cores: (after - before).Seconds() / took}, err
}

// growth compares the memory after a few cases with that after many.
func growth(ctx context.Context, b *bench, p *performer) ([]row, error) {
	cases := b.times(1000, 60)
	if _, err := p.perform(ctx, 40, browserParallel); err != nil {
		return nil, err
	}
	before := memoryOfTree(tree(p.pid))
	if _, err := p.perform(ctx, cases, browserParallel); err != nil {
		return nil, err
	}
	after := memoryOfTree(tree(p.pid))
	more := 100 * (float64(after) - float64(before)) / float64(before)
	return []row{{
		what:  fmt.Sprintf("Memory after %d cases, with this program's own", cases),
		value: fmt.Sprintf("%s, before %s (%+.1f %%)", megabytes(after), megabytes(before), more), target: "≤ +5 %", met: more <= 5,
	}}, nil
}

// killed ends the browser as a crash would and times the next case.
func killed(ctx context.Context, b *bench, p *performer) ([]row, error) {
	var took sample
	for range b.times(5, 2) {
		pids := tree(p.pid)
		if len(pids) < 2 {
			return nil, errors.New("ours has no browser")
		}
		if err := syscall.Kill(pids[1], syscall.SIGKILL); err != nil {
			return nil, fmt.Errorf("kill the browser: %w", err)
		}
		began := time.Now()
		if err := reaped(ctx, pids[1]); err != nil {
			return nil, err
		}
		if _, err := p.perform(ctx, 1, 1); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return []row{{
		what: "The next case after `kill -9` of the browser, its start included", value: took.spread(), target: "≤ 2 s", met: took.quantile(0.95) <= 2*time.Second,
	}}, nil
}

// reaped waits until a process is no more, not even as a zombie.
func reaped(ctx context.Context, pid int) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (b *bench) startOurs(ctx context.Context, program, base string) (*performer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	task, err := json.Marshal(browserTask{Path: program, URL: base})
	if err != nil {
		return nil, err
	}
	return b.startPerformer(ctx, "Semantest", self, asBrowser, string(task))
}

// startPlaywright installs the peer by its lock file where that was not done.
func (b *bench) startPlaywright(ctx context.Context, program, base string) (*performer, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(browserPeers, "node_modules")); err != nil {
		npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		npm.Dir = browserPeers
		if text, err := npm.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm ci: %w: %s", err, firstOf(string(text)))
		}
	}
	return b.startScript(ctx, "Playwright", node, "playwright.mjs", program, base)
}

// startFloor performs the case without a driver.
func (b *bench) startFloor(ctx context.Context, program, base string) (*performer, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	return b.startScript(ctx, "The pages alone", node, "floor.mjs", program, base)
}

func (b *bench) startScript(ctx context.Context, name, node, script string, args ...string) (*performer, error) {
	path, err := filepath.Abs(filepath.Join(browserPeers, script))
	if err != nil {
		return nil, err
	}
	return b.startPerformer(ctx, name, node, append([]string{path}, args...)...)
}

func (b *bench) startPerformer(ctx context.Context, name, program string, args ...string) (*performer, error) {
	lines := newLineReader()
	p, err := start(b.folder, lines, program, args...)
	if err != nil {
		return nil, err
	}
	line, err := p.awaitLine(ctx, lines, time.Minute)
	if err == nil && strings.TrimSpace(line) != "ready" {
		err = fmt.Errorf("it says %.200q", line)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), p.stop())
	}
	return &performer{p, name, lines}, nil
}

// serveShop opens the example shop in this process. Nobody has to wait for its
// payments: what is compared is the programs.
func serveShop(ctx context.Context) (base string, closed func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- shop.Serve(ctx, l, shop.WithPaymentDelay(0)) }()
	return "http://" + l.Addr().String(), func() error {
		cancel()
		return <-served
	}, nil
}

// headlessShell finds the browser that all programs use.
func headlessShell() (string, error) {
	for _, name := range []string{cmp.Or(os.Getenv("SEMANTEST_BROWSER"), "/usr/lib/chromium/chromium-headless-shell"), "chromium-headless-shell", "chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no headless Chromium here")
}
