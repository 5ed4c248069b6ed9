package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxSaid     = 64 << 10 // of what k6 writes; the end of it is kept
	k6Within    = time.Second
	k6Threshold = 99 // exit code of k6 when a threshold was crossed
	maxK6Files  = 1000
	maxK6Bytes  = 64 << 20
)

const k6Missing = "there is no k6 here: install it (https://grafana.com/docs/k6/latest/set-up/install-k6/) into the PATH of the worker, or name it by --k6 (SEMANTEST_K6)"

var k6Step = step0{"load: k6", "load"}

// performK6 performs a case whose load a script describes.
func (a *attempt) performK6(ctx context.Context) (spec.Outcome, error) {
	l := &a.task.Case.Load
	if outcome, err := a.steps(ctx, "setup", l.Setup); outcome != spec.OutcomePassed {
		a.skip(append([]step0{k6Step}, append(titles(l.Teardown), thresholdStep)...))
		return outcome, err
	}
	var told *k6Summary
	outcome, err := a.own(ctx, k6Step, func(ctx context.Context, report *executors.Report) (err error) {
		told, err = a.runK6(ctx, report)
		return err
	})
	if outcome != spec.OutcomePassed {
		a.cleanUp(ctx, l.Teardown)
		a.skip(append(titles(l.Teardown), thresholdStep))
		return outcome, err
	}
	if outcome, err := a.steps(ctx, "teardown", l.Teardown); outcome != spec.OutcomePassed {
		a.skip([]step0{thresholdStep})
		return outcome, err
	}
	return a.own(ctx, thresholdStep, func(_ context.Context, report *executors.Report) error {
		for _, c := range told.verdicts() {
			report.Check(c)
		}
		return nil
	})
}

// k6Program finds the program, and asks whether it may be used: what a script
// reaches and reads is not in our hands.
func (e *Executor) k6Program() (string, error) {
	if !e.anyHost && !e.limits.K6Allowed {
		return "", executors.Errorf("this server may not perform k6 scripts: their connections do not go through its egress policy; an administrator can allow them by --k6-allowed (SEMANTEST_K6_ALLOWED)")
	}
	if e.limits.K6 == "" {
		path, err := exec.LookPath("k6")
		if err != nil {
			return "", executors.Errorf(k6Missing)
		}
		return path, nil
	}
	if info, err := os.Stat(e.limits.K6); err != nil || info.IsDir() {
		return "", executors.Errorf("%s is no program: "+k6Missing, filepath.Base(e.limits.K6))
	}
	return e.limits.K6, nil
}

func (a *attempt) runK6(ctx context.Context, report *executors.Report) (told *k6Summary, err error) {
	program, err := a.executor.k6Program()
	if err != nil {
		return nil, err
	}
	env, err := spec.Expand(a.task.Scope, a.task.Case.Load.K6Env)
	if err != nil {
		return nil, executors.Errorf("k6Env cannot be filled in: %w", err)
	}
	script, err := spec.FilePath(a.task.Case.Load.K6)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	folder, err := os.MkdirTemp("", "semantest-k6-")
	if err != nil {
		return nil, executors.Errorf("a folder for k6 cannot be made: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	plan := filepath.Join(folder, "plan")
	if err := unpack(a.task.Files, plan); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(plan, filepath.FromSlash(script))); err != nil {
		return nil, executors.Errorf("there is no file %s beside the plan", script)
	}
	summary := filepath.Join(folder, "summary.json")
	longest := a.executor.limits.raised(a.task.LoadGrant).MaxDuration
	limited, cancel := context.WithTimeout(ctx, longest+time.Minute)
	defer cancel()
	code, said, err := k6Process(limited, program, plan, filepath.FromSlash(script), summary, env)
	a.attachSaid(ctx, report, said)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, executors.Errorf("k6 had not ended after %s, and this server allows a load of %s; an administrator can raise --load-max-duration (SEMANTEST_LOAD_MAX_DURATION)",
			spec.Duration(longest+time.Minute), spec.Duration(longest))
	case err != nil:
		return nil, executors.Errorf("k6 could not be performed: %w", err)
	case code != 0 && code != k6Threshold:
		return nil, executors.Errorf("k6 ended with the exit code %d: %s", code, lastLine(said))
	}
	told, err = readK6Summary(summary)
	if err == nil {
		told.tell(a.sink, report)
	}
	return told, err
}

// unpack writes the files of the plan into a folder, since a script imports
// others and opens data by their paths.
func unpack(files fs.FS, folder string) error {
	count, size := 0, int64(0)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(folder, filepath.FromSlash(path))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		if count++; count > maxK6Files {
			return errors.New("there are too many files")
		}
		from, err := files.Open(path)
		if err != nil {
			return err
		}
		data, err := io.ReadAll(io.LimitReader(from, maxK6Bytes-size+1))
		if closeErr := from.Close(); err == nil {
			err = closeErr
		}
		if size += int64(len(data)); err == nil && size > maxK6Bytes {
			err = errors.New("the files are too large")
		}
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o600)
	})
	if err != nil {
		return executors.Errorf("the files of the plan cannot be given to k6: %w", err)
	}
	return nil
}

// k6Process runs k6 in a process group of its own, which is gone when it
// returns. It is told to end first, so that it can write its summary.
func k6Process(ctx context.Context, program, folder, script, summary string, env map[string]string) (code int, said []byte, err error) {
	out := &tail{limit: maxSaid}
	cmd := exec.Command(program, "run", "--quiet", "--no-color", "--summary-export", summary, "--address", "127.0.0.1:0", script) //nolint:gosec,noctx // the program is the administrator's; its end is ours
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, out, out
	cmd.Env = []string{"K6_NO_USAGE_REPORT=true", "K6_NO_COLOR=true", "HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "PATH=/usr/bin:/bin"}
	for name, value := range env {
		cmd.Args = append(cmd.Args[:len(cmd.Args)-1], "-e", name+"="+value, script)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = k6Within
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	signal := func(s syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, s) } // a group that is gone needs none
	select {
	case err = <-ended:
	case <-ctx.Done():
		signal(syscall.SIGINT)
		timer := time.NewTimer(k6Within)
		defer timer.Stop()
		select {
		case err = <-ended:
		case <-timer.C:
			signal(syscall.SIGKILL)
			err = <-ended
		}
	}
	signal(syscall.SIGKILL) // what it may have left behind
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode(), out.bytes(), nil
	}
	return 0, out.bytes(), err
}

func (a *attempt) attachSaid(ctx context.Context, report *executors.Report, said []byte) {
	if len(said) == 0 {
		return
	}
	err := report.Sink.Attach(context.WithoutCancel(ctx), executors.Attachment{
		Name: "k6.log", Kind: executors.AttachmentLog, ContentType: "text/plain", Step: report.Index, Body: io.NopCloser(bytes.NewReader(said)),
	})
	if err != nil {
		report.Set("attachmentError", "what k6 wrote could not be kept: "+short(err.Error()))
	}
}

func lastLine(said []byte) string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return short(lines[len(lines)-1])
}

// tail keeps the end of what is written.
type tail struct {
	limit int
	data  []byte
}

// Write implements io.Writer; only the one goroutine of a process calls it.
func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if over := len(t.data) - t.limit; over > 0 {
		t.data = append(t.data[:0], t.data[over:]...)
	}
	return len(p), nil
}

func (t *tail) bytes() []byte { return t.data }
