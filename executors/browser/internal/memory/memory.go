package memory

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// Meter reads the files of a Linux machine.
type Meter struct {
	Root fs.FS // the machine's file system; its own one where nil
}

// errUnknown says that a file is not what Linux writes.
var errUnknown = errors.New("it has an unknown format")

// Used is what a process has for itself, with all that it has started, in bytes:
// pages that are in memory and in no file. What several of them share counts in
// none. It reads what everybody may read, also of sandboxed processes.
func (m Meter) Used(pid int) (int64, error) {
	sum, err := m.own(pid)
	if err != nil {
		return 0, err
	}
	pids := m.children(pid)
	for i := 0; i < len(pids); i++ {
		if n, err := m.own(pids[i]); err == nil { // else it has ended meanwhile
			sum += n
			pids = append(pids, m.children(pids[i])...)
		}
	}
	return sum, nil
}

// own reads the resident pages of one process without those of files and of
// shared memory.
func (m Meter) own(pid int) (int64, error) {
	text, err := m.read(path.Join("proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(text)
	if len(fields) < 3 {
		return 0, errUnknown
	}
	resident, err1 := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, err2 := strconv.ParseInt(string(fields[2]), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, err
	}
	return max(0, resident-shared) * int64(os.Getpagesize()), nil
}

// children lists the processes that any thread of a process has started.
func (m Meter) children(pid int) []int {
	tasks := path.Join("proc", strconv.Itoa(pid), "task")
	entries, err := fs.ReadDir(m.root(), tasks)
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		text, err := m.read(path.Join(tasks, e.Name(), "children"))
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// Free is how much memory is left, in bytes: of the machine, and of every control
// group that this process is in. It is false where the machine does not tell.
func (m Meter) Free() (int64, bool) {
	left := int64(math.MaxInt64)
	if n, ok := m.available(); ok {
		left = n
	}
	text, err := m.read("proc/self/cgroup")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			// hierarchy:controllers:path; version 2 has no controllers.
			parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
			if len(parts) != 3 {
				continue
			}
			switch {
			case parts[1] == "":
				left = min(left, m.groups("sys/fs/cgroup", parts[2], version2))
			case strings.Contains(","+parts[1]+",", ",memory,"):
				left = min(left, m.groups("sys/fs/cgroup/memory", parts[2], version1))
			}
		}
	}
	return left, left != math.MaxInt64
}

func (m Meter) available() (int64, bool) {
	text, err := m.read("proc/meminfo")
	if err != nil {
		return 0, false
	}
	return field(text, "MemAvailable:", 1<<10)
}

// accounts are the names of a control group's files and fields.
type accounts struct{ limit, used, cache string }

var (
	version1 = accounts{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
	version2 = accounts{"memory.max", "memory.current", "inactive_file"}
)

// groups is the least that is left in a control group and in those around it. The
// group's path may be that of the host, where a container shows only its own files.
func (m Meter) groups(mount, group string, names accounts) int64 {
	left := int64(math.MaxInt64)
	for dir := path.Join("/", group); ; dir = path.Dir(dir) {
		left = min(left, m.group(path.Join(mount, dir), names))
		if dir == "/" {
			return left
		}
	}
}

func (m Meter) group(dir string, names accounts) int64 {
	limit, ok := m.number(path.Join(dir, names.limit))
	if !ok {
		return math.MaxInt64 // "max", or no such file
	}
	used, ok := m.number(path.Join(dir, names.used))
	if !ok {
		return math.MaxInt64
	}
	// Files that were read and are not needed now go when memory is short.
	if text, err := m.read(path.Join(dir, "memory.stat")); err == nil {
		if cache, ok := field(text, names.cache, 1); ok {
			used -= cache
		}
	}
	return max(0, limit-used)
}

func (m Meter) number(name string) (int64, bool) {
	text, err := m.read(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// field reads a number that stands behind a name at the beginning of a line.
func field(text []byte, name string, unit int64) (int64, bool) {
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == name {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n * unit, err == nil
		}
	}
	return 0, false
}

func (m Meter) read(name string) ([]byte, error) { return fs.ReadFile(m.root(), name) }

func (m Meter) root() fs.FS {
	if m.Root != nil {
		return m.Root
	}
	return os.DirFS("/")
}
