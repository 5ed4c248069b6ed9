package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/semantest/semantest/internal/apperr"
)

// pipeGrace is how long backends may hold the stderr of a dead postmaster.
const pipeGrace = 2 * time.Second

// server is the postmaster as a child process.
type server struct {
	process  *os.Process
	tail     *tail
	done     chan struct{}
	err      error // how it ended; read after done
	stopping atomic.Bool
}

func startServer(bin binaries, f *folder, args []string, log *slog.Logger) (*server, error) {
	s := &server{tail: newTail(log), done: make(chan struct{})}
	cmd := exec.Command(bin.postgres, args...) //nolint:gosec,noctx // PostgreSQL, which the operator installed; Stop ends it
	prepare(cmd, f.account, f.cluster(), s.tail)
	started := make(chan error)
	go func() {
		// The kernel signals the child when the thread that made it ends, not
		// the process: the thread must live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			s.process = cmd.Process
		}
		started <- err
		if err != nil {
			return
		}
		s.err = cmd.Wait()
		s.tail.flush()
		close(s.done)
	}()
	if err := <-started; err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "cannot start PostgreSQL on %s", f.path)
	}
	return s, nil
}

// unexpected returns why the server ended without being told to.
func (s *server) unexpected() error {
	select {
	case <-s.done:
	default:
		return nil
	}
	if s.stopping.Load() {
		return nil
	}
	return apperr.New(apperr.Unavailable, "PostgreSQL ended on its own (%s): %s", s.how(), s.tail.lastWords())
}

// how says in which way a server that is done ended.
func (s *server) how() string {
	if s.err == nil {
		return "exit status 0"
	}
	return s.err.Error()
}

// stop asks ever more firmly, and returns when the process is gone.
func (s *server) stop(ctx context.Context, first syscall.Signal) {
	select {
	case <-s.done:
		return
	default:
	}
	s.stopping.Store(true)
	if first == syscall.SIGINT && s.signal(ctx, syscall.SIGINT, fastTimeout) {
		return
	}
	if s.signal(ctx, syscall.SIGQUIT, quitTimeout) {
		return
	}
	_ = s.process.Kill()
	<-s.done
}

func (s *server) signal(ctx context.Context, sig syscall.Signal, wait time.Duration) bool {
	_ = s.process.Signal(sig) // one that has ended already is waited for below
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// runAs runs a short program to its end and returns what it wrote.
func runAs(ctx context.Context, a *account, dir, name string, args ...string) (*tail, error) {
	out := newTail(nil)
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // PostgreSQL, which the operator installed
	prepare(cmd, a, dir, out)
	cmd.Stdout = out
	cmd.Cancel = func() error {
		err := unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		if errors.Is(err, unix.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- cmd.Run()
	}()
	err := <-done
	out.flush()
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// prepare gives a child its account, its folder and a small environment: what
// PG* variables of ours say is about other servers, and a fixed TZ spares
// initdb its search for the machine's.
func prepare(cmd *exec.Cmd, a *account, dir string, stderr *tail) {
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
	cmd.Stderr = stderr
	cmd.WaitDelay = pipeGrace
	cmd.SysProcAttr = childAttributes()
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}
