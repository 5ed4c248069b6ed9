package memory_test

import (
	"os"
	"os/exec"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/executors/browser/internal/memory"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestFree(t *testing.T) {
	t.Parallel()
	const machine = "MemTotal:       8000000 kB\nMemFree:          10000 kB\nMemAvailable:   4000000 kB\n"
	tests := []struct {
		name  string
		files fstest.MapFS
		want  int64
		known bool
	}{
		{"nothing is told", fstest.MapFS{}, 0, false},
		{"the machine's", fstest.MapFS{"proc/meminfo": file(machine)}, 4000000 << 10, true},
		{"a group without a limit", fstest.MapFS{
			"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/a\n"), "sys/fs/cgroup/a/memory.max": file("max\n"), "sys/fs/cgroup/a/memory.current": file("7\n"),
		}, 4000000 << 10, true},
		{"a group with a limit, and files that may go", fstest.MapFS{
			"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/a\n"), "sys/fs/cgroup/a/memory.max": file("1000\n"),
			"sys/fs/cgroup/a/memory.current": file("700\n"), "sys/fs/cgroup/a/memory.stat": file("anon 400\ninactive_file 200\nactive_file 100\n"),
		}, 500, true},
		{"the group around it has less", fstest.MapFS{
			"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("1000\n"), "sys/fs/cgroup/a/b/memory.current": file("100\n"),
			"sys/fs/cgroup/a/memory.max": file("2000\n"), "sys/fs/cgroup/a/memory.current": file("1900\n"),
		}, 100, true},
		{"a container that sees only its own group", fstest.MapFS{
			"proc/meminfo": file(machine), "proc/self/cgroup": file("0::/docker/1234\n"), "sys/fs/cgroup/memory.max": file("3000\n"), "sys/fs/cgroup/memory.current": file("1000\n"),
		}, 2000, true},
		{"version 1", fstest.MapFS{
			"proc/meminfo": file(machine), "proc/self/cgroup": file("5:cpu,cpuacct:/x\n4:memory:/a\n"), "sys/fs/cgroup/memory/a/memory.limit_in_bytes": file("900\n"), "sys/fs/cgroup/memory/a/memory.usage_in_bytes": file("300\n"),
		}, 600, true},
		{"more is used than allowed", fstest.MapFS{
			"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("10\n"), "sys/fs/cgroup/memory.current": file("11\n"),
		}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, known := memory.Meter{Root: tt.files}.Free()
			if known != tt.known || known && got != tt.want {
				t.Errorf("%d %t, want %d %t", got, known, tt.want, tt.known)
			}
		})
	}
}

func TestUsed(t *testing.T) {
	t.Parallel()
	page := int64(os.Getpagesize())
	files := fstest.MapFS{
		"proc/1/statm": file("900 100 40 1 0 1 0\n"), "proc/1/task/1/children": file("2 \n"), "proc/1/task/9/children": file("3 4 \n"),
		"proc/2/statm": file("900 50 10 1 0 1 0\n"), "proc/2/task/2/children": file("5\n"),
		"proc/3/statm": file("900 7 9 1 0 1 0\n"), // shares more than it has
		"proc/5/statm": file("900 30 10 1 0 1 0\n"),
	}
	got, err := memory.Meter{Root: files}.Used(1)
	if want := (60 + 40 + 20) * page; err != nil || got != want {
		t.Errorf("%d, %v, want %d", got, err, want)
	}
	for name, m := range map[string]memory.Meter{"no such process": {Root: fstest.MapFS{}}, "no numbers": {Root: fstest.MapFS{"proc/1/statm": file("a b c\n")}}, "too few": {Root: fstest.MapFS{"proc/1/statm": file("1\n")}}} {
		if n, err := m.Used(1); err == nil {
			t.Errorf("%s: %d", name, n)
		}
	}
}

// TestThisMachine reads the real files: a process that is started counts.
func TestThisMachine(t *testing.T) {
	t.Parallel()
	m := memory.Meter{}
	if free, known := m.Free(); !known || free <= 0 {
		t.Errorf("%d bytes are free, %t", free, known)
	}
	alone, err := m.Used(os.Getpid())
	if err != nil || alone <= 0 {
		t.Fatalf("this process has %d bytes, %v", alone, err)
	}
	child := exec.CommandContext(t.Context(), "cat")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Skip("there is no cat here: ", err)
	}
	if n, err := m.Used(child.Process.Pid); err != nil || n < 0 {
		t.Errorf("the child has %d bytes, %v", n, err)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}
