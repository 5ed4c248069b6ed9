//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is what figures are to be read with.
type machine struct {
	cores    int
	memory   uint64 // bytes
	cpu      string
	kernel   string
	golang   string
	postgres string
	revision string
	at       time.Time
}

func describeMachine(ctx context.Context) machine {
	m := machine{cores: runtime.NumCPU(), golang: runtime.Version(), at: time.Now(), cpu: cpuModel(), kernel: "unknown"}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.kernel = unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:])
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.memory = info.Totalram * uint64(info.Unit)
	}
	m.postgres = postgresVersion(ctx)
	m.revision = firstLine(ctx, "git", "describe", "--always", "--dirty", "--abbrev=10")
	return m
}

func (m machine) markdown() string {
	return fmt.Sprintf("Machine: %d cores (%s), %.1f GiB memory, %s, %s, %s. Revision %s, %s.",
		m.cores, m.cpu, float64(m.memory)/(1<<30), m.kernel, m.golang, m.postgres, m.revision, m.at.UTC().Format("2006-01-02 15:04 MST"))
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// postgresVersion asks the newest server program that the embedded Postgres
// would choose.
func postgresVersion(ctx context.Context) string {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err == nil && len(found) > 0 {
		major := func(path string) int {
			n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // not a number sorts first
			return n
		}
		newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
		return firstLine(ctx, newest, "--version")
	}
	return firstLine(ctx, "postgres", "--version")
}

func firstLine(ctx context.Context, program string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).Output() //nolint:gosec // fixed programs
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

// loadAverage tells how busy the machine was in the last minute, our own load
// included.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
