package chromium

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/internal/apperr"
)

// unprivileged is "nobody", as whom the browser runs when we are root: the
// sandbox refuses root, and a page that breaks out gains nothing.
const unprivileged = 65534

// startLimit is how long a browser may take to answer for the first time.
const startLimit = 20 * time.Second

// Process is a running browser. Conn is its connection.
type Process struct {
	Conn    *devtools.Conn
	Version string // "HeadlessChrome/156.0.0.0"
	Sandbox bool   // whether pages run in the browser's sandbox

	cmd     *exec.Cmd
	profile *profile
	output  *tail
	exited  chan struct{}
	waitErr error
}

// way is one way to start the browser.
type way struct {
	uid     int // -1: as ourselves
	sandbox bool
}

// ways lists how to start, best first. What works depends on the machine: a
// container may forbid user namespaces, and nobody may not be able to read the
// browser's file.
func ways() []way {
	if os.Getuid() == 0 {
		return []way{{unprivileged, true}, {unprivileged, false}, {-1, false}}
	}
	return []way{{-1, true}, {-1, false}}
}

// Options say what to start.
type Options struct {
	Path    string
	Proxy   string // by which alone the browser reaches anything; empty for none
	Log     *slog.Logger
	OnEvent func(devtools.Event) // as in devtools.NewConn
}

// Start starts the browser, in its sandbox where the machine lets it. It dies
// when this process does.
func Start(ctx context.Context, o Options) (*Process, error) {
	var first error
	for _, w := range ways() {
		p, err := start(ctx, o, w)
		if err == nil {
			if !w.sandbox {
				o.Log.WarnContext(ctx, "the browser runs without its sandbox, because it did not start with it",
					"cause", first)
			}
			return p, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, apperr.Wrap(first, apperr.Unavailable, "the browser %s does not start", o.Path)
}

func start(ctx context.Context, o Options, w way) (_ *Process, err error) {
	profile, err := newProfile(w.uid)
	if err != nil {
		return nil, err
	}
	p := &Process{Sandbox: w.sandbox, profile: profile, output: &tail{limit: 8 << 10}, exited: make(chan struct{})}
	toBrowser, fromBrowser, err := p.spawn(o, w)
	if err != nil {
		return nil, errors.Join(err, profile.remove())
	}
	p.Conn = devtools.NewConn(fromBrowser, toBrowser, o.OnEvent)

	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	version, err := devtools.Call(ctx, p.Conn.Root(), browser.GetVersion, cdp.Empty{})
	if err != nil {
		return nil, errors.Join(p.mute(ctx, err), p.Close())
	}
	p.Version = version.Product
	return p, nil
}

// mute explains why a browser gave no first answer.
func (p *Process) mute(ctx context.Context, err error) error {
	if !errors.Is(err, devtools.ErrLost) {
		return fmt.Errorf("it did not answer within %s: %w", startLimit, context.Cause(ctx))
	}
	reason := p.Reason() // first, since its output is complete only when it has ended
	return fmt.Errorf("it ended at once (%s) and printed %q", reason, p.output.lastLine())
}

// spawn starts the process with its pipes on the file descriptors 3 and 4.
//
// chromedp's ExecAllocator could carry the flags, the user, the death signal
// and the environment, but not our connection: it opens its own on the pipes
// and reads messages of any size. The only connection that it lets in is a
// websocket, for which the browser would have to listen on a port.
func (p *Process) spawn(o Options, w way) (toBrowser *os.File, fromBrowser *os.File, err error) {
	childR, toBrowser, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	fromBrowser, childW, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making a pipe: %w", err), childR.Close(), toBrowser.Close())
	}
	cmd := exec.Command(o.Path, flags(o.Path, p.profile.dir, o.Proxy, w.sandbox)...) //nolint:gosec,noctx // the browser, which the operator installed; Close ends it
	cmd.Dir = p.profile.dir
	cmd.Env = environment(p.profile.dir)
	cmd.ExtraFiles = []*os.File{childR, childW}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	// A process of the browser may outlive it by a moment with the output open.
	cmd.WaitDelay = 500 * time.Millisecond
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if w.uid >= 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(w.uid), Gid: uint32(w.uid)} //nolint:gosec // not negative
	}
	p.cmd = cmd

	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the thread that started the
		// browser ends, so the thread is kept as long as the browser lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.waitErr = cmd.Wait()
		p.killGroup()
		close(p.exited)
	}()
	err = <-started
	// The browser has its own copies; ours would keep the pipe open after it died.
	err = errors.Join(err, childR.Close(), childW.Close())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("starting %s: %w", o.Path, err), toBrowser.Close(), fromBrowser.Close())
	}
	return toBrowser, fromBrowser, nil
}

// PID is the number of the browser's main process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Folder is the browser's own folder, which ends with it.
func (p *Process) Folder() string { return p.profile.dir }

// Reason says how the browser ended, such as "signal: killed". It waits a
// moment for the end, because the pipe breaks first.
func (p *Process) Reason() string {
	select {
	case <-p.exited:
	case <-time.After(time.Second):
		return "it no longer answers"
	}
	if p.waitErr == nil {
		return "it exited"
	}
	return p.waitErr.Error()
}

// Close kills the browser, waits for its end and deletes its folder. Nothing
// in the folder is worth a graceful end.
func (p *Process) Close() error {
	select {
	case <-p.exited: // its number may belong to somebody else by now
	default:
		p.killGroup()
		<-p.exited
	}
	return errors.Join(p.Conn.Close(), p.profile.remove())
}

// killGroup ends the browser and the processes that it has started.
func (p *Process) killGroup() {
	// ESRCH is the wanted state: nobody is left.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// tail keeps the last bytes that the browser printed, to explain a start that
// failed.
type tail struct {
	mu    sync.Mutex
	limit int
	buf   []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	return lines[len(lines)-1]
}
