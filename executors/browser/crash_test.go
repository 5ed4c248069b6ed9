package browser_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

var pause = spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(30 * time.Second)}}

// whileIn runs f once the case has begun the step, and returns how it ended.
func whileIn(t *testing.T, e *browser.Executor, step int, task executors.Task, f func()) ran {
	t.Helper()
	task.Use.StepTimeout = spec.Duration(time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r := ran{Recorder: &executortest.Recorder{}}
	var wg sync.WaitGroup
	var done time.Time
	wg.Go(func() {
		err := r.WaitFor(ctx, func(e executors.Event) bool {
			s, ok := e.(executors.StepStarted)
			return ok && s.Index == step
		})
		if err != nil {
			t.Error(err)
			return
		}
		f()
		done = time.Now()
	})
	r.outcome, r.err = e.Execute(ctx, task, r.Recorder)
	ended := time.Now()
	wg.Wait()
	if took := ended.Sub(done); took > 8*time.Second {
		t.Errorf("the end was noticed only after %s", took)
	}
	r.Seal()
	if err := r.Verify(len(task.Case.BrowserSteps), r.outcome, r.err); err != nil {
		t.Errorf("the contract is broken: %v", err)
	}
	return r
}

// ours lists the browser processes that this executor has under way.
func processes(t *testing.T, e *browser.Executor) []int {
	t.Helper()
	var out []int
	for _, dir := range browser.Folders(e) {
		out = append(out, using(t, dir)...)
	}
	return out
}

// using lists the processes whose command line names the folder.
func using(t *testing.T, dir string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil || !strings.Contains(string(data), dir) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(f, "/proc/%d/cmdline", &pid); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 60 s", what)
		}
		<-tick.C
	}
}

func TestKilledBrowser(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{})
	blank := site.put(`<h1>Well</h1>`)
	var dirs []string
	// Two cases are in the same browser when it is killed.
	var wg sync.WaitGroup
	started := make(chan struct{})
	wg.Go(func() {
		r := whileIn(t, e, 1, task(open(blank), pause, clean), func() { close(started) })
		r.want(t, spec.OutcomeErrored)
	})
	r := whileIn(t, e, 1, task(open(blank), pause, clean), func() {
		<-started
		dirs = browser.Folders(e)
		for _, pid := range browser.PIDs(e) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	})
	r.want(t, spec.OutcomeErrored)
	if r.err == nil || !strings.Contains(r.err.Error(), "the browser ended during the step (signal: killed)") {
		t.Errorf("the error is %v", r.err)
	}
	wg.Wait()

	performTask(t, e, task(open(blank), expect(spec.Expect{Visible: new(role("heading", "Well"))}))).passes(t)
	if len(dirs) != 1 {
		t.Fatalf("the cases had %d browsers, want one", len(dirs))
	}
	eventually(t, "nothing of the killed browser is left", func() bool {
		_, err := os.Stat(dirs[0])
		return errors.Is(err, os.ErrNotExist) && len(using(t, dirs[0])) == 0
	})
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestKilledBetweenCases: a browser that nobody uses may die unnoticed.
func TestKilledBetweenCases(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{})
	if err := e.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, pid := range browser.PIDs(e) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
	performTask(t, e, task(open(site.put(`x`)))).passes(t)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestCrashedPage(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{})
	blank := site.put(`<h1>Well</h1>`)
	r := whileIn(t, e, 1, task(open(blank), click(css("#never")), clean), func() {
		if err := browser.CrashPages(e); err != nil {
			t.Error(err)
		}
	})
	r.want(t, spec.OutcomeErrored)
	if r.err == nil || !strings.Contains(r.err.Error(), "the page crashed") {
		t.Errorf("the error is %v", r.err)
	}
	pids := browser.PIDs(e)
	performTask(t, e, task(open(blank), expect(spec.Expect{Visible: new(role("heading", "Well"))}))).passes(t)
	if now := browser.PIDs(e); len(now) != 1 || now[0] != pids[0] {
		t.Errorf("a crashed page cost the browser: %v became %v", pids, now)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestClosedPage(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{})
	r := whileIn(t, e, 1, task(open(site.put(`x`)), click(css("#never")), clean), func() {
		if err := browser.ClosePages(e); err != nil {
			t.Error(err)
		}
	})
	r.want(t, spec.OutcomeFailed)
	if r.err == nil || !strings.Contains(r.err.Error(), "the page was closed during the step") {
		t.Errorf("the error is %v", r.err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	e := browser.New(browser.Options{})
	blank := site.put(`x`)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { performTask(t, e, task(open(blank))).passes(t) })
	}
	wg.Wait()
	dirs, pids := browser.Folders(e), browser.PIDs(e)
	if len(dirs) == 0 || len(pids) == 0 || len(processes(t, e)) == 0 {
		t.Fatal("no browser was running")
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", dir, err)
		}
		eventually(t, "no process is left", func() bool { return len(using(t, dir)) == 0 })
	}
	if _, err := e.Execute(t.Context(), task(open(blank)), &executortest.Recorder{}); err == nil {
		t.Error("a closed executor performed a case")
	}
	site.server.CloseClientConnections()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestWhatCasesLeave: neither popups nor endless scripts outlive a case, and
// one that opens too many of them is ended.
func TestWhatCasesLeave(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{})
	popups := site.put(`<button onclick="for (let i = 0; i < 1000; i++) window.open('about:blank')">B</button>`)
	r := performTask(t, e, task(open(popups), within(50*time.Second, click(role("button", "B"))), click(css("#never")))).want(t, spec.OutcomeFailed)
	if r.err == nil || !strings.Contains(r.err.Error(), "the page runs away: it opened more than 50 windows") {
		t.Errorf("the error is %v", r.err)
	}
	flood := site.put(`<script>setInterval(() => { for (let i = 0; i < 2000; i++) console.log(i) })</script>`)
	r = performTask(t, e, task(open(flood), within(40*time.Second, click(css("#never"))))).want(t, spec.OutcomeFailed)
	if r.err == nil || !strings.Contains(r.err.Error(), "the page runs away: it wrote more than 20000 lines to the console") {
		t.Errorf("the error is %v", r.err)
	}
	endless := site.put(`<script>onload = () => setTimeout(() => { for (;;); })</script>`)
	for range 2 {
		// A page that takes all there is may keep its step from ending in time, or
		// the whole case on a busy machine. What matters is what is left behind.
		r := performTask(t, e, task(open(endless), within(300*time.Millisecond, click(css("#never")))))
		if r.outcome != spec.OutcomeFailed && r.outcome != spec.OutcomeTimedOut {
			t.Errorf("outcome %s (%v), want failed or timed out", r.outcome, r.err)
		}
	}
	// The first blank page and the one that is kept for the next case.
	eventually(t, "the pages are closed", func() bool { return browser.Pages(t, e) <= 2 })
	eventually(t, "the renderers end", func() bool { return renderers(t, e) <= 3 })
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func renderers(t *testing.T, e *browser.Executor) int {
	t.Helper()
	n := 0
	for _, dir := range browser.Folders(e) {
		for _, pid := range using(t, dir) {
			data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if err == nil && strings.Contains(string(data), "--type=renderer") {
				n++
			}
		}
	}
	return n
}

func TestRecycling(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{CasesPerBrowser: 3})
	blank := site.put(`x`)
	seen := map[int]bool{}
	for range 7 {
		performTask(t, e, task(open(blank))).passes(t)
		for _, pid := range browser.PIDs(e) {
			seen[pid] = true
		}
	}
	if len(seen) < 3 {
		t.Errorf("7 cases had %d browsers, want one for each 3", len(seen))
	}
	eventually(t, "the used browsers end", func() bool { return len(browser.Folders(e)) <= 1 })
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestNoBrowser(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho no display here >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/no/such/browser": `the browser "/no/such/browser" cannot be run: correct SEMANTEST_BROWSER or leave it out`,
		broken:             `does not start`,
	} {
		e := browser.New(browser.Options{Path: path})
		if err := e.Warm(t.Context()); apperr.CodeOf(err) != apperr.Unavailable {
			t.Errorf("Warm: %v, want the code %s", err, apperr.Unavailable)
		}
		r := performTask(t, e, task(open("/"), clean)).want(t, spec.OutcomeErrored)
		if r.err == nil || !strings.Contains(r.err.Error(), want) {
			t.Errorf("got %v, want %s", r.err, want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
