//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/google/pprof/profile"
)

// part is whose work a sample of the server's profile is.
type part string

// The parts of the server.
const (
	partRiver   part = "River (queue: insert, fetch, complete)"
	partSQL     part = "Ent and SQL (rows of runs, transactions)"
	partEvents  part = "events (record, publish, follow, Redis)"
	partHTTP    part = "HTTP (api executor and its transport)"
	partSpec    part = "plan language and JSON"
	partAPI     part = "GraphQL API and subscription"
	partSpine   part = "the spine's own code (runs, jobs)"
	partGC      part = "Go runtime: garbage collection"
	partRuntime part = "Go runtime: scheduling, timers"
	partOther   part = "other"
)

// parts in the order of the table.
func parts() []part {
	return []part{
		partSQL, partRiver, partEvents, partHTTP, partSpec, partAPI, partSpine, partGC, partRuntime, partOther,
	}
}

const module = "github.com/semantest/semantest/"

// owner is a prefix of function names. The owner that is nearest to the leaf of
// a stack has the sample.
type owner struct {
	prefix string
	part   part
}

// owners are tried in order, so that an exception stands before its rule.
// Database drivers are none: their work belongs to whoever asked for it.
func owners() []owner {
	return []owner{
		{"encoding/json", partSpec},
		{module + "internal/spec.", partSpec},
		{"go.yaml.in/", partSpec},
		{module + "internal/store.(*pgxTx)", partRiver},
		{module + "internal/store.(*pgxRows)", partRiver},
		{module + "internal/store.pgxRow.", partRiver},
		{module + "jobs.(*Enqueuer)", partRiver},
		{module + "internal/events.", partEvents},
		{module + "internal/embedded.", partEvents},
		{"github.com/redis/", partEvents},
		{"github.com/alicebob/miniredis/", partEvents},
		{module + "executors", partHTTP},
		{"net/http.(*persistConn)", partHTTP},
		{"net/http.(*Transport)", partHTTP},
		{module + "graph", partAPI},
		{module + "internal/app.", partAPI},
		{"github.com/99designs/gqlgen/", partAPI},
		{"github.com/gorilla/websocket", partAPI},
		{"github.com/coder/websocket", partAPI},
		{"net/http.(*conn)", partAPI},
		{module + "internal/runs.", partSpine},
		{module + "internal/plans.", partSpine},
		{module + "internal/workers.", partSpine},
		{module + "internal/auth.", partSpine},
		{module + "jobs.", partSpine},
		{"github.com/riverqueue/", partRiver},
	}
}

// database are the packages whose work belongs to the statement's owner.
func database() []string {
	return []string{
		module + "ent", "entgo.io/ent/", "database/sql", "github.com/lib/pq", module + "internal/store.",
	}
}

// readProfile returns the share of each part in a CPU profile, of 1 in all.
func readProfile(path string) (map[part]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the profile: %w", err)
	}
	defer func() { _ = f.Close() }()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	sums := map[part]float64{}
	var total float64
	for _, s := range p.Sample {
		if len(s.Value) < 2 {
			return nil, fmt.Errorf("the profile %s is none of CPU time", path)
		}
		value := float64(s.Value[1]) // nanoseconds
		sums[attribute(functions(s))] += value
		total += value
	}
	if total == 0 {
		return nil, fmt.Errorf("the profile %s is empty", path)
	}
	for k := range sums {
		sums[k] /= total
	}
	return sums, nil
}

// functions returns a sample's stack, the leaf first.
func functions(s *profile.Sample) []string {
	var out []string
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				out = append(out, line.Function.Name)
			}
		}
	}
	return out
}

// attribute says whose work a stack is.
func attribute(stack []string) part {
	throughDatabase := false
	for _, name := range stack {
		for _, prefix := range database() {
			if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, module+"internal/store.(*pgx") {
				throughDatabase = true
			}
		}
		owned := ownerOf(name)
		switch {
		case owned == "":
		case owned == partSpine && throughDatabase, owned == partAPI && throughDatabase:
			return partSQL
		default:
			return owned
		}
	}
	switch {
	case throughDatabase:
		return partSQL
	case contains(stack, "github.com/jackc/pgx"):
		return partRiver
	case contains(stack, "runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart"):
		return partGC
	case len(stack) > 0 && strings.HasPrefix(stack[len(stack)-1], "runtime."):
		return partRuntime
	}
	return partOther
}

func ownerOf(function string) part {
	for _, o := range owners() {
		if strings.HasPrefix(function, o.prefix) {
			return o.part
		}
	}
	return ""
}

func contains(stack []string, prefixes ...string) bool {
	for _, name := range stack {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}
