//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "github.com/lib/pq" // opens the embedded Postgres by driver name
)

// usage is the CPU time that each process has used, and how the machine's
// time was spent in all.
type usage struct {
	server   time.Duration
	target   time.Duration
	observer time.Duration // this program
	postgres map[string]time.Duration
	machine  time.Duration // all that any program used
}

// The kinds of Postgres processes.
const (
	pgQueue      = "queue"
	pgStore      = "store"
	pgBackground = "background"
)

// ticksPerSecond is the kernel's USER_HZ, which is 100 wherever Go runs.
const ticksPerSecond = 100

// openDatabase connects to the embedded Postgres of a server through the socket
// in its data folder.
func openDatabase(ctx context.Context, folder string) (*sql.DB, error) {
	found, err := filepath.Glob(filepath.Join(folder, "run", ".s.PGSQL.*"))
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("there is no socket of an embedded Postgres in %s", folder)
	}
	port := strings.TrimPrefix(filepath.Ext(found[0]), ".")
	db, err := sql.Open("postgres", fmt.Sprintf(
		"host=%s port=%s user=postgres dbname=semantest sslmode=disable application_name=bench", filepath.Dir(found[0]), port))
	if err != nil {
		return nil, fmt.Errorf("open the embedded Postgres: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, db.PingContext(ctx)
}

func readUsage(ctx context.Context, db *sql.DB, server, target int) (usage, error) {
	u := usage{postgres: map[string]time.Duration{}}
	var err error
	for pid, d := range map[int]*time.Duration{server: &u.server, target: &u.target, os.Getpid(): &u.observer} {
		if *d, err = cpuOf(pid); err != nil {
			return u, err
		}
	}
	kinds, err := backends(ctx, db)
	if err != nil {
		return u, err
	}
	for pid, kind := range kinds {
		d, err := cpuOf(pid)
		if err != nil {
			continue // a backend that has just ended; its time goes to its parent
		}
		u.postgres[kind] += d
	}
	u.machine, err = cpuOfMachine()
	return u, err
}

// backends tells what each process of the Postgres is for. The two pools of a
// server name themselves.
func backends(ctx context.Context, db *sql.DB) (map[int]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT pid, backend_type, application_name FROM pg_stat_activity`)
	if err != nil {
		return nil, fmt.Errorf("ask Postgres for its processes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[int]string{}
	for rows.Next() {
		var pid int
		var kind, name string
		if err := rows.Scan(&pid, &kind, &name); err != nil {
			return nil, fmt.Errorf("ask Postgres for its processes: %w", err)
		}
		switch {
		case kind != "client backend":
			out[pid] = pgBackground
		case strings.HasSuffix(name, " queue"):
			out[pid] = pgQueue
		case name != "bench":
			out[pid] = pgStore
		}
	}
	return out, rows.Err()
}

func (u usage) minus(o usage) usage {
	out := usage{
		server: u.server - o.server, target: u.target - o.target, observer: u.observer - o.observer,
		machine: u.machine - o.machine, postgres: map[string]time.Duration{},
	}
	for kind, d := range u.postgres {
		out.postgres[kind] = max(0, d-o.postgres[kind])
	}
	return out
}

// cpuOf returns the user and system time of a process.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	// The second field is the program's name in parentheses and may hold anything.
	rest := string(text[strings.LastIndexByte(string(text), ')')+1:])
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("read the CPU time of process %d: unknown format", pid)
	}
	return ticks(fields[11], fields[12])
}

// cpuOfMachine returns the time that all processors spent on anything.
func cpuOfMachine() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read the machine's CPU time: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0, fmt.Errorf("read the machine's CPU time: unknown format")
	}
	// cpu user nice system idle iowait irq softirq steal
	return ticks(fields[1], fields[2], fields[3], fields[6], fields[7], fields[8])
}

func ticks(fields ...string) (time.Duration, error) {
	var n int64
	for _, f := range fields {
		v, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time: %w", err)
		}
		n += v
	}
	return time.Duration(n) * time.Second / ticksPerSecond, nil
}
