package chromium_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/chromium"
	"github.com/semantest/semantest/internal/apperr"
)

const asOwner = "SEMANTEST_TEST_OWNER"

// TestMain can be the process that owns a browser, for a test to kill.
func TestMain(m *testing.M) {
	if os.Getenv(asOwner) != "" {
		own()
		return
	}
	os.Exit(m.Run())
}

// own starts a browser, tells its number and folder, and waits to be killed.
func own() {
	path, err := chromium.Find("")
	if err != nil {
		panic(err)
	}
	p, err := chromium.Start(context.Background(), chromium.Options{Path: path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.PID(), p.Folder())
	select {}
}

func browserPath(t *testing.T) string {
	t.Helper()
	path, err := chromium.Find(os.Getenv("SEMANTEST_BROWSER"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	t.Parallel()
	path := browserPath(t)
	if got, err := chromium.Find(path); err != nil || got != path {
		t.Errorf("the explicit path: %q, %v", got, err)
	}
	_, err := chromium.Find("/no/such/browser")
	if apperr.CodeOf(err) != apperr.Unavailable || !strings.Contains(apperr.Message(err), "SEMANTEST_BROWSER") {
		t.Errorf("a path that is not there: %v", err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	p, err := chromium.Start(t.Context(), chromium.Options{Path: browserPath(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if p.Version == "" {
		t.Error("the browser did not tell its version")
	}
	if os.Getuid() == 0 {
		info, err := os.Stat(fmt.Sprintf("/proc/%d", p.PID()))
		if err != nil {
			t.Fatal(err)
		}
		if st := info.Sys().(*syscall.Stat_t); p.Sandbox && st.Uid == 0 {
			t.Error("the browser runs as root")
		}
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID()))
	if err == nil && !strings.Contains(string(env), "HOME="+p.Folder()) {
		t.Errorf("the browser's environment is %q", env)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.Folder()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder is still there (%v)", err)
	}
	if got := p.Reason(); got != "signal: killed" {
		t.Errorf("the reason is %q", got)
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho 'no display here' >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{broken, "/etc/passwd"} {
		if _, err := chromium.Start(t.Context(), chromium.Options{Path: path, Log: slog.New(slog.DiscardHandler)}); apperr.CodeOf(err) != apperr.Unavailable {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestWithoutSandbox: where the machine forbids the sandbox, the browser runs
// without it, and says so.
func TestWithoutSandbox(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "semantest-test-") //nolint:usetesting // the account of the browser must reach it
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	}()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	strict := filepath.Join(dir, "browser-headless")
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *--no-sandbox*) exec %s \"$@\";; esac\necho 'No usable sandbox!' >&2\nexit 1\n", browserPath(t))
	if err := os.WriteFile(strict, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	p, err := chromium.Start(t.Context(), chromium.Options{Path: strict, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if p.Sandbox {
		t.Error("the browser is said to have a sandbox")
	}
	if !strings.Contains(said.String(), "without its sandbox") || !strings.Contains(said.String(), "No usable sandbox!") {
		t.Errorf("the log says %q", said.String())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestOwnerIsKilled: a browser does not outlive its owner, and its folder is
// removed by whoever comes next.
func TestOwnerIsKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	owner := exec.Command(self)
	owner.Env = append(os.Environ(), asOwner+"=1")
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	var dir string
	if _, err := fmt.Sscan(line, &pid, &dir); err != nil {
		t.Fatal(err)
	}
	chromium.RemoveLeftovers()
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the folder of a living browser was removed: %v", err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := owner.Wait(); err == nil {
		t.Error("the owner was not killed")
	}
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		gone := errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
		chromium.RemoveLeftovers()
		_, err := os.Stat(dir)
		if gone && errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("browser gone: %v, folder: %v", gone, err)
		}
		<-tick.C
	}
}
