//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a child that ends with this program, however that ends.
type process struct {
	pid    int
	done   chan struct{}
	err    error // how it ended; read after done
	said   *tail
	input  io.WriteCloser
	signal func(syscall.Signal) error
}

// start begins a child. Its standard output is copied to out, which may be nil.
func start(dir string, out io.Writer, program string, args ...string) (*process, error) {
	return startOn(anyCore, dir, out, program, args...)
}

// anyCore leaves it to the kernel where a child runs.
const anyCore = -1

// startOn begins a child that runs on one core, with all that it starts.
func startOn(core int, dir string, out io.Writer, program string, args ...string) (*process, error) {
	said := &tail{}
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // our own programs; ended by stop
	cmd.Dir, cmd.Stderr, cmd.Stdout = dir, said, io.Writer(said)
	if out != nil {
		cmd.Stdout = out
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p := &process{done: make(chan struct{}), said: said, input: input}
	began := make(chan error)
	go func() {
		// The kernel signals the child when the thread that made it ends, so the
		// thread must live as long as the child.
		runtime.LockOSThread()
		var err error
		if core == anyCore {
			defer runtime.UnlockOSThread()
		} else { // the child inherits it; the thread ends with this function, as it is not unlocked
			err = pin(core)
		}
		if err == nil {
			err = cmd.Start()
		}
		began <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-began; err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p.pid = cmd.Process.Pid
	p.signal = func(s syscall.Signal) error { return cmd.Process.Signal(s) }
	return p, nil
}

// pin holds this thread on one core.
func pin(core int) error {
	var set unix.CPUSet
	set.Set(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("use core %d alone: %w", core, err)
	}
	return nil
}

// cores returns a core for the server under measurement and one for everything
// else, which is the same one where there is only one.
func cores() (server, others int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, 0, fmt.Errorf("find the cores: %w", err)
	}
	server, others = -1, -1
	for i := range 64 * len(set) {
		if set.IsSet(i) {
			if others < 0 {
				others = i
			}
			server = i
		}
	}
	return server, others, nil
}

// stopWithin is how long a child may take to end before it is killed.
const stopWithin = 30 * time.Second

// stop ends the child and returns an error when it did not end well.
func (p *process) stop() error {
	_ = p.input.Close()
	_ = p.signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.done:
	case <-time.After(stopWithin):
		_ = p.signal(syscall.SIGKILL)
		<-p.done
		return fmt.Errorf("a process did not end within %s and was killed", stopWithin)
	}
	if exit, ok := errors.AsType[*exec.ExitError](p.err); ok && asTold(exit) {
		return nil
	}
	if p.err != nil {
		return fmt.Errorf("a process ended badly: %w: %s", p.err, p.said)
	}
	return nil
}

// asTold reports whether a child ended because it was told to.
func asTold(exit *exec.ExitError) bool {
	const interrupted = 130 // of the program's exit codes
	return exit.ExitCode() == interrupted || exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM
}

// awaitLine returns the first line that the child writes into the pipe.
func (p *process) awaitLine(ctx context.Context, lines *lineReader, within time.Duration) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("no answer within %s", within))
	defer cancel()
	select {
	case line := <-lines.lines:
		return line, nil
	case <-p.done:
		return "", fmt.Errorf("the process ended: %w: %s", p.err, p.said)
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %s", context.Cause(ctx), p.said)
	}
}

// lineReader splits what a child writes into lines. Lines that nobody takes are
// dropped.
type lineReader struct {
	lines chan string
	rest  []byte
}

func newLineReader() *lineReader { return &lineReader{lines: make(chan string, 64)} }

func (l *lineReader) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		select {
		case l.lines <- string(l.rest[:i]):
		default:
		}
		l.rest = l.rest[i+1:]
	}
}

// tail keeps the end of what a child said, for the error message.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 4000

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = append(t.text[:0:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
