package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// proc is a process of the machine that runs; one that has ended and was not
// yet waited for does not.
type proc struct {
	pid, parent, session int
	command              string
}

func (p proc) String() string { return fmt.Sprintf("%d %s", p.pid, p.command) }

// session returns what runs in the session of a process.
func session(leader int) []proc {
	var out []proc
	for _, p := range running() {
		if p.session == leader {
			out = append(out, p)
		}
	}
	return out
}

// strangers returns our children at the end, when there should be none.
func strangers() []proc {
	var out []proc
	for _, p := range running() {
		if p.parent == os.Getpid() {
			out = append(out, p)
		}
	}
	return out
}

func running() []proc {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var out []proc
	for _, file := range stats {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		if p, ok := parseStat(string(content)); ok {
			out = append(out, p)
		}
	}
	return out
}

// parseStat reads "pid (command) state parent group session …"; a command may
// hold anything, also parentheses.
func parseStat(stat string) (proc, bool) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return proc{}, false
	}
	fields := strings.Fields(stat[end+1:])
	if len(fields) < 4 || fields[0] == "Z" || fields[0] == "X" {
		return proc{}, false
	}
	p := proc{command: stat[open+1 : end]}
	p.pid, _ = strconv.Atoi(strings.TrimSpace(stat[:open]))
	p.parent, _ = strconv.Atoi(fields[1])
	p.session, _ = strconv.Atoi(fields[3])
	return p, p.pid > 0
}
