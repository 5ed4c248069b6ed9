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
	"slices"
	"strconv"
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

// TestSandbox: started by root, the browser and all that it starts are nobody's,
// and what runs pages is in the sandbox, by what the kernel says.
func TestSandbox(t *testing.T) {
	t.Parallel()
	p, err := chromium.Start(t.Context(), chromium.Options{Path: browserPath(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if !p.Sandbox {
		t.Skip("this machine does not let a browser have its sandbox")
	}
	// The first page's process, among those that the zygotes have started.
	var pages map[int]map[string]string
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for len(pages) == 0 {
		if time.Now().After(deadline) {
			t.Fatal("no process for a page was started within a minute")
		}
		<-tick.C
		pages = map[int]map[string]string{}
		for _, pid := range group(t, p.PID()) {
			status := statusOf(pid)
			if status == nil {
				continue // it has ended meanwhile
			}
			if uid := strings.Fields(status["Uid"]); os.Getuid() == 0 && !slices.Equal(uid, []string{"65534", "65534", "65534", "65534"}) {
				t.Fatalf("process %d is of the users %v", pid, uid)
			}
			if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && bytes.Contains(line, []byte("--type=renderer")) && status["Seccomp"] != "0" {
				pages[pid] = status // it has come as far as to lock itself in
			}
		}
	}
	for pid, status := range pages {
		if status["Seccomp"] != "2" || status["NoNewPrivs"] != "1" || strings.Trim(status["CapEff"], "0") != "" {
			t.Errorf("the page's process %d has Seccomp %s, NoNewPrivs %s, CapEff %s, want 2, 1 and none", pid, status["Seccomp"], status["NoNewPrivs"], status["CapEff"])
		}
	}
}

// group lists the processes of a browser.
func group(t *testing.T, pid int) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, f := range files {
		n, err := strconv.Atoi(filepath.Base(f))
		if err != nil {
			continue
		}
		if of, err := syscall.Getpgid(n); err == nil && of == pid {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		t.Fatalf("the browser %d has no processes", pid)
	}
	return out
}

// statusOf reads what the kernel tells of a process; nil when it has ended.
func statusOf(pid int) map[string]string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			out[name] = strings.TrimSpace(value)
		}
	}
	return out
}
