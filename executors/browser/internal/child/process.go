package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Unprivileged is "nobody", as whom browsers run when we are root: their
// sandboxes refuse root, and a page that breaks out gains nothing.
const Unprivileged = 65534

// AsOurselves is the account that needs no change.
const AsOurselves = -1

// Spec says what to run.
type Spec struct {
	Path string
	Args func(folder string) []string
	Env  []string // beside Environment
	UID  int      // AsOurselves, or the account to run as

	// Prepare fills the process's folder before it starts; may be nil. What it
	// writes belongs to the account afterwards.
	Prepare func(folder string) error

	Files  []*os.File        // its file descriptors from 3 on; they are closed here
	Gentle bool              // whether Close asks it to end before it is killed
	OnLine func(line string) // gets what it prints, line by line; may be nil
}

// Process is a process that runs in a folder of its own.
type Process struct {
	cmd     *exec.Cmd
	folder  *folder
	gentle  bool
	output  *tail
	exited  chan struct{}
	waitErr error
}

// Start starts the process.
func Start(s Spec) (_ *Process, err error) {
	defer func() {
		// The process has its own copies; ours would keep a pipe open after it died.
		for _, f := range s.Files {
			err = errors.Join(err, f.Close())
		}
	}()
	folder, err := newFolder(s.UID)
	if err != nil {
		return nil, err
	}
	if s.Prepare != nil {
		if err := folder.fill(s.UID, s.Prepare); err != nil {
			return nil, errors.Join(err, folder.remove())
		}
	}
	p := &Process{folder: folder, gentle: s.Gentle, output: &tail{limit: 8 << 10, onLine: s.OnLine}, exited: make(chan struct{})}
	if err := p.spawn(s); err != nil {
		return nil, errors.Join(err, folder.remove())
	}
	return p, nil
}

func (p *Process) spawn(s Spec) error {
	cmd := exec.Command(s.Path, s.Args(p.folder.dir)...) //nolint:gosec,noctx // a browser, which the operator installed; Close ends it
	cmd.Dir = p.folder.dir
	cmd.Env = append(environment(p.folder.dir), s.Env...)
	cmd.ExtraFiles = s.Files
	cmd.Stdout, cmd.Stderr = p.output, p.output
	// A process of the browser may outlive it by a moment with the output open.
	cmd.WaitDelay = 500 * time.Millisecond
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if s.UID >= 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.UID), Gid: uint32(s.UID)} //nolint:gosec // not negative
	}
	p.cmd = cmd

	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the thread that started the
		// process ends, so the thread is kept as long as the process lives.
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
	if err := <-started; err != nil {
		return fmt.Errorf("starting %s: %w", s.Path, err)
	}
	return nil
}

// PID is the number of the main process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Folder is the process's own folder, which ends with it.
func (p *Process) Folder() string { return p.folder.dir }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// LastLine is what the process printed last; complete when it has ended.
func (p *Process) LastLine() string { return p.output.lastLine() }

// Reason says how the process ended, such as "signal: killed". It waits a
// moment for the end, because connections break first.
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

// Close kills the process with all that it has started, waits for its end and
// deletes its folder. Nothing in the folder is worth a graceful end.
func (p *Process) Close() error {
	select {
	case <-p.exited: // its number may belong to somebody else by now
	default:
		if !p.gentle || !p.ask() {
			p.killGroup()
			<-p.exited
		}
	}
	return p.folder.remove()
}

// ask gives the process a moment to end by itself, and tells whether it did.
func (p *Process) ask() bool {
	_ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM) // it may be gone just now
	select {
	case <-p.exited:
		return true
	case <-time.After(gentleness):
		return false
	}
}

// gentleness is how long a process that is asked to end may take.
const gentleness = 2 * time.Second

// killGroup ends the process and those that it has started.
func (p *Process) killGroup() {
	// ESRCH is the wanted state: nobody is left.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// environment passes on what pictures depend on, and none of our secrets.
func environment(folder string) []string {
	env := []string{"HOME=" + folder, "TMPDIR=" + folder, "PATH=/usr/local/bin:/usr/bin:/bin"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains([]string{"LANG", "LANGUAGE", "TZ", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH"}, name) ||
			strings.HasPrefix(name, "LC_") {
			env = append(env, kv)
		}
	}
	return env
}
