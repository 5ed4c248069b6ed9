//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// spent is what the processes of a crew and its stores have used so far.
type spent struct {
	apis, workers           []time.Duration
	postgres, redis, target time.Duration
	commits, wal            int64 // transactions, and bytes of Postgres' log
	at                      time.Time
}

func (c *crew) spent(ctx context.Context) (s spent, err error) {
	for _, a := range c.apis {
		d, err := exactCPU(a.pid)
		if err != nil {
			return s, err
		}
		s.apis = append(s.apis, d)
	}
	for _, p := range c.workers {
		d, err := exactCPU(p.pid)
		if err != nil {
			return s, err
		}
		s.workers = append(s.workers, d)
	}
	if s.redis, err = exactCPU(c.redisPID); err != nil {
		return s, err
	}
	if s.target, err = exactCPU(c.target.pid); err != nil {
		return s, err
	}
	if s.postgres, err = c.postgresCPU(ctx); err != nil {
		return s, err
	}
	s.at = time.Now()
	err = c.db.QueryRowContext(ctx, `
SELECT xact_commit + xact_rollback, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint
FROM pg_stat_database WHERE datname = current_database()`).Scan(&s.commits, &s.wal)
	if err != nil {
		return s, fmt.Errorf("ask Postgres what it has done: %w", err)
	}
	return s, nil
}

func (s spent) minus(o spent) spent {
	out := spent{
		postgres: s.postgres - o.postgres, redis: s.redis - o.redis, target: s.target - o.target,
		commits: s.commits - o.commits, wal: s.wal - o.wal,
	}
	for i := range s.apis {
		out.apis = append(out.apis, s.apis[i]-o.apis[i])
	}
	for i := range s.workers {
		out.workers = append(out.workers, s.workers[i]-o.workers[i])
	}
	return out
}

func sum(ds []time.Duration) (all time.Duration) {
	for _, d := range ds {
		all += d
	}
	return all
}

// exactCPU returns what the threads of a process have used, to the nanosecond.
// A thread that has ended is missing; ours hardly ever end.
func exactCPU(pid int) (time.Duration, error) {
	found, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(found) == 0 {
		return 0, fmt.Errorf("read the CPU time of process %d: there is none such", pid)
	}
	var all time.Duration
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		ns, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
		}
		all += time.Duration(n)
	}
	return all, nil
}

// postgresCPU returns what all processes of the Postgres have used, also those
// that have ended, but not the one that serves this question.
func (f *fleet) postgresCPU(ctx context.Context) (time.Duration, error) {
	var own int
	if err := f.db.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&own); err != nil {
		return 0, fmt.Errorf("ask Postgres for its processes: %w", err)
	}
	parent, ended, err := parentOf(own)
	if err != nil {
		return 0, err
	}
	kinds, err := backends(ctx, f.db)
	if err != nil {
		return 0, err
	}
	all := ended
	for pid := range kinds {
		if d, err := exactCPU(pid); err == nil { // one that has just ended is counted the next time
			all += d
		}
	}
	d, err := exactCPU(parent)
	return all + d, err
}

// parentOf returns the parent of a process, and what the parent's children that
// have ended had used.
func parentOf(pid int) (parent int, ended time.Duration, err error) {
	fields, err := statOf(pid)
	if err != nil {
		return 0, 0, err
	}
	if parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, 0, fmt.Errorf("read the parent of process %d: %w", pid, err)
	}
	if fields, err = statOf(parent); err != nil {
		return 0, 0, err
	}
	ended, err = ticks(fields[13], fields[14])
	return parent, ended, err
}

// statOf returns the fields of /proc/PID/stat after the program's name.
func statOf(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, fmt.Errorf("read about process %d: %w", pid, err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return nil, fmt.Errorf("read about process %d: unknown format", pid)
	}
	return fields, nil
}
