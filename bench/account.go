//go:build linux

package main

import (
	"fmt"
	"runtime"
	"time"
)

// account is where the time of one run went.
type account struct {
	cases  int
	took   time.Duration
	usage  usage
	server map[part]float64 // shares of the server's CPU time
	stages stages
}

func (a *account) rate() float64 { return float64(a.cases) / a.took.Seconds() }

// cpuTable tells the CPU time per case by part. It adds up to what the cores
// could have done in the time of the run.
func (a *account) cpuTable() table {
	perCase := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(a.cases) }
	capacity := perCase(a.took * time.Duration(runtime.NumCPU()))
	t := table{
		title:  "CPU time per case by part, in milliseconds:",
		header: []string{"Part", "ms per case", "Share"},
	}
	add := func(name string, ms float64) {
		t.rows = append(t.rows, []string{name, fmt.Sprintf("%.3f", ms), fmt.Sprintf("%.1f %%", 100*ms/capacity)})
	}
	used := 0.0
	for _, p := range parts() {
		ms := perCase(a.usage.server) * a.server[p]
		used += ms
		add("server: "+string(p), ms)
	}
	for _, g := range []struct{ name, kind string }{
		{"Postgres: the store's connections (Ent, SQL, and River's inserts)", pgStore},
		{"Postgres: the queue's connections (River's fetch and complete)", pgQueue},
		{"Postgres: background (log writer, checkpoints, vacuum)", pgBackground},
	} {
		ms := perCase(a.usage.postgres[g.kind])
		used += ms
		add(g.name, ms)
	}
	for _, g := range []struct {
		name string
		time time.Duration
	}{{"the target application", a.usage.target}, {"the subscriber", a.usage.observer}} {
		ms := perCase(g.time)
		used += ms
		add(g.name, ms)
	}
	foreign := max(0, perCase(a.usage.machine)-used)
	add("**all of the above**", used)
	add("other programs and the kernel's own work", foreign)
	add("idle", max(0, capacity-used-foreign))
	t.rows = append(t.rows, []string{
		fmt.Sprintf("**%d cores × %s / %d cases**", runtime.NumCPU(), show(a.took), a.cases), fmt.Sprintf("%.3f", capacity), "100 %",
	})
	return t
}

// wallTable tells what a case waits for.
func (a *account) wallTable() table {
	t := table{
		title:  fmt.Sprintf("What a case waits for, %d at once, as means in milliseconds:", casesParallel),
		header: []string{"Stage", "ms", "Share"},
	}
	s := a.stages
	for _, g := range []struct {
		name string
		d    time.Duration
	}{
		{"in the queue, until a worker has fetched the job (River)", s.queued},
		{"claim: lease, event, plan and variables (SQL, events, plan language)", s.claimed},
		{"the step: exchange and checks (HTTP)", s.sent},
		{"the rest of the attempt (executor)", s.around},
		{"finish: outcome, details, event, the next job (SQL, events, River)", s.stored},
		{"**together**", s.total()},
	} {
		t.rows = append(t.rows, []string{
			g.name, fmt.Sprintf("%.2f", float64(g.d)/1e6), fmt.Sprintf("%.1f %%", 100*float64(g.d)/float64(max(s.total(), 1))),
		})
	}
	return t
}
