package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// startWebServer starts the application that the plan's webServer names, unless
// its address answers already, and returns what stops it. Only the command line
// does so, for a plan that the person named; a server never runs a command of a
// plan. The program's own folder is added to PATH, so that plans can name
// semantest.
func startWebServer(ctx context.Context, p *planFile, vars map[string]string, sys Sys) (stop func(), err error) {
	ws := p.plan.WebServer
	if ws == nil || answers(ctx, ws.URL) {
		return func() {}, nil
	}
	if base, ok := vars["BASE_URL"]; ok && !strings.HasPrefix(ws.URL, base) {
		return func() {}, nil // another application was named on the command line
	}
	env, path := environment(sys)
	program := ws.Command[0]
	if !strings.ContainsRune(program, filepath.Separator) {
		if program, err = lookPath(program, path); err != nil {
			return nil, usage("webServer: there is no program %q on the PATH", ws.Command[0])
		}
	}
	cmd := exec.Command(program, ws.Command[1:]...) //nolint:gosec,noctx // the person's own plan; ended below
	cmd.Env, cmd.Dir = env, filepath.Dir(p.path)
	tail := &tailWriter{}
	cmd.Stdout, cmd.Stderr = tail, tail
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, usage("webServer: start %q: %w", ws.Command[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = sync.OnceFunc(func() { endGroup(cmd, ended) })
	within := ws.Timeout.Or(30 * time.Second)
	if err := waitForAnswer(ctx, ws.URL, within, ended); err != nil {
		stop()
		return nil, exit(ExitErrored, fmt.Errorf("webServer: %w%s", err, tail.said()))
	}
	return stop, nil
}

// answers reports whether anything that is not a server error comes back.
func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode < 500
}

func waitForAnswer(ctx context.Context, url string, within time.Duration, ended chan error) error {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for !answers(ctx, url) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ended:
			ended <- err
			return fmt.Errorf("the program ended before %s answered (%w)", url, orExit(err))
		case <-deadline.C:
			return fmt.Errorf("%s did not answer within %s", url, within)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func orExit(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// endGroup ends the program with everything that it started.
func endGroup(cmd *exec.Cmd, ended chan error) {
	group := -cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM) // it may have ended
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		_ = syscall.Kill(group, syscall.SIGKILL)
		<-ended
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // children that outlived it
}

// environment is the process's, with the folder of this program behind PATH.
func environment(sys Sys) (env []string, path string) {
	path, _ = sys.LookupEnv("PATH")
	if self, err := os.Executable(); err == nil {
		path += string(filepath.ListSeparator) + filepath.Dir(self)
	}
	for _, kv := range sys.Environ() {
		if !strings.HasPrefix(kv, "PATH=") {
			env = append(env, kv)
		}
	}
	return append(env, "PATH="+path), path
}

func lookPath(program, path string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, program)
		if info, err := os.Stat(file); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return filepath.Abs(file)
		}
	}
	return "", exec.ErrNotFound
}

// tailWriter keeps the end of what a program said, for the error message.
type tailWriter struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 2000

func (t *tailWriter) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailBytes; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tailWriter) said() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.text) == 0 {
		return ""
	}
	return "; it said:\n" + strings.TrimSpace(string(t.text))
}
