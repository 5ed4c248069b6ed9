package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// launch says how to start a process.
type launch struct {
	args    []string
	env     []string // NAME=value, beyond the base environment
	dir     string   // working folder; the room when empty
	room    string   // see newRoom; a fresh one when empty
	program string   // the program under test when empty
	tty     *os.File // standard output, instead of what is collected
}

// process is a started process. It is the leader of a session, so that what it
// starts can be told from all other processes.
type process struct {
	room string
	args []string
	cmd  *exec.Cmd
	done chan struct{}

	stdout, stderr *output
}

// result is how a process ended.
type result struct {
	code           int // -1 after a signal that it did not handle
	stdout, stderr string
}

// start starts a process, which is ended with the test if it still runs.
func start(t testing.TB, l launch) *process {
	t.Helper()
	if l.room == "" {
		l.room = newRoom(t)
	}
	p, err := begin(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(t) })
	return p
}

// begin starts a process in a room. The caller ends it.
func begin(l launch) (*process, error) {
	if l.program == "" {
		l.program = binary
	}
	if l.dir == "" {
		l.dir = l.room
	}
	p := &process{
		room: l.room, args: append([]string{filepath.Base(l.program)}, l.args...), done: make(chan struct{}),
		stdout: newOutput(), stderr: newOutput(),
	}
	p.cmd = exec.Command(l.program, l.args...) // ended by the caller
	p.cmd.Dir, p.cmd.Env = l.dir, environment(l)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if l.tty != nil {
		p.cmd.Stdout = l.tty
	}
	// A child that outlives the process must not hold the pipes and with them
	// the test.
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go p.shepherd(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p, err)
	}
	return p, nil
}

// shepherd lives as long as the process: the kernel ends the child with the
// thread that made it, which is how an aborted test leaves nothing behind.
func (p *process) shepherd(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = p.cmd.Wait() // the state tells how
	close(p.done)
}

// environment is small, so that nothing of the machine's leaks into a test.
func environment(l launch) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + l.room, "TMPDIR=" + filepath.Join(l.room, "tmp"),
		"SEMANTEST_DATA_DIR=" + filepath.Join(l.room, "data"),
		// A test asks more often than a person does; those of the limits set them.
		"SEMANTEST_RATE_STARTS=0", "SEMANTEST_RATE_MINUTE=0", "SEMANTEST_RATE_HOUR=0",
	}
	if browser, ok := os.LookupEnv("SEMANTEST_BROWSER"); ok {
		env = append(env, "SEMANTEST_BROWSER="+browser)
	}
	return append(env, l.env...)
}

// run starts a process, waits for its end and checks that it left nothing.
func run(t testing.TB, l launch) result {
	t.Helper()
	p := start(t, l)
	r := p.wait(t)
	p.assertNothingLeft(t)
	return r
}

func (p *process) String() string { return strings.Join(p.args, " ") }

// wait returns how the process ended.
func (p *process) wait(t testing.TB) result {
	t.Helper()
	if !p.ended(deadline) {
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // a Go program then says where it stands
		p.ended(10 * time.Second)
		t.Fatalf("%s has not ended within %s\n%s", p, deadline, p.said())
	}
	return result{code: p.cmd.ProcessState.ExitCode(), stdout: p.stdout.text(), stderr: p.stderr.text()}
}

func (p *process) ended(within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}

// signal sends a signal to the process itself and to none of its children.
func (p *process) signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("signal %s: %v", p, err)
	}
}

// stop asks the process to end, waits for it and checks that it left nothing.
func (p *process) stop(t testing.TB) result {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	r := p.wait(t)
	p.assertNothingLeft(t)
	return r
}

// kill ends the process at once, as kill -9 does, and waits until it is gone.
// What it started notices by itself.
func (p *process) kill(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	if !p.ended(deadline) {
		t.Fatalf("%s outlives kill -9", p)
	}
}

// end is the cleanup: a test that failed may leave its process.
func (p *process) end(t testing.TB) {
	t.Helper()
	if t.Failed() {
		t.Logf("%s\n%s", p, p.said())
	}
	if p.ended(0) {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if !p.ended(30 * time.Second) {
		_ = p.cmd.Process.Kill()
		p.ended(deadline)
	}
}

func (p *process) said() string {
	return "--- stdout\n" + p.stdout.text() + "--- stderr\n" + p.stderr.text() + "---"
}

// awaitOutput returns when the process has written the text to either stream.
func (p *process) awaitOutput(t testing.TB, text string) {
	t.Helper()
	p.awaitMatch(t, "("+regexp.QuoteMeta(text)+")")
}

// awaitMatch returns the first group of the pattern in what the process writes.
func (p *process) awaitMatch(t testing.TB, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	for ended := false; ; {
		grownOut, grownErr := p.stdout.grown(), p.stderr.grown()
		for _, o := range []*output{p.stdout, p.stderr} {
			if m := re.FindStringSubmatch(o.text()); m != nil {
				return m[1]
			}
		}
		if ended {
			t.Fatalf("%s ended (%s) without saying %q\n%s", p, p.cmd.ProcessState, pattern, p.said())
		}
		select {
		case <-grownOut:
		case <-grownErr:
		case <-p.done:
			ended = true // and look once more at its last words
		case <-timer.C:
			t.Fatalf("%s does not say %q\n%s", p, pattern, p.said())
		}
	}
}

// assertNothingLeft fails when a process that this one started still runs, or
// when it left something in its temporary folder.
func (p *process) assertNothingLeft(t testing.TB) {
	t.Helper()
	p.awaitGone(t)
	entries, err := os.ReadDir(filepath.Join(p.room, "tmp"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for _, e := range entries {
		t.Errorf("%s left %s in the temporary folder", p, e.Name())
	}
}

// awaitGone returns when nothing of the process's session runs any more. What
// the kernel told to end takes a moment.
func (p *process) awaitGone(t testing.TB) {
	t.Helper()
	giveUp := time.NewTimer(20 * time.Second)
	defer giveUp.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for left := session(p.cmd.Process.Pid); len(left) > 0; left = session(p.cmd.Process.Pid) {
		select {
		case <-tick.C:
		case <-giveUp.C:
			t.Errorf("%s left processes: %v", p, left)
			return
		}
	}
}

// output collects what a process writes.
type output struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed at the next write
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.buf.Write(b)
}

func (o *output) grown() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.more
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
