//go:build linux

package main

import (
	"os"
	"path/filepath"
	"runtime/pprof"
	"testing"
	"time"
)

// Stacks, the leaf first, and whose work they are.
func TestWorkBelongsToWhoAskedForIt(t *testing.T) {
	t.Parallel()
	const river = "github.com/riverqueue/river/internal/jobexecutor.(*JobExecutor).Execute"
	for name, c := range map[string]struct {
		stack []string
		want  part
	}{
		"a statement of runs": {[]string{
			"syscall.Syscall", "net.(*conn).Write", "github.com/lib/pq.(*conn).send", "database/sql.(*Tx).QueryContext",
			"entgo.io/ent/dialect/sql.Conn.Query", module + "ent.(*Tx).QueryContext", module + "internal/runs.advance",
			module + "jobs.(*caseWorker).Work", river,
		}, partSQL},
		"the commit": {[]string{
			"github.com/lib/pq.(*conn).Commit", module + "internal/store.connTx.Commit", module + "internal/store.(*Store).tryTx",
			module + "internal/runs.(*Service).finishTogether",
		}, partSQL},
		"a statement of events": {[]string{
			"github.com/lib/pq.(*conn).send", "database/sql.(*Tx).ExecContext", module + "internal/events.(*Log).Record",
			module + "internal/runs.(*Service).record",
		}, partEvents},
		"River's insert through our transaction": {[]string{
			"github.com/lib/pq.(*conn).send", module + "ent.(*Tx).QueryContext", module + "internal/store.(*pgxTx).Query",
			"github.com/riverqueue/river/riverdriver/riverpgxv5.(*Executor).JobInsertFastMany", module + "jobs.(*Enqueuer).Enqueue",
			module + "internal/runs.(*Service).enqueueNext",
		}, partRiver},
		"River's fetch":   {[]string{"github.com/jackc/pgx/v5.(*Conn).Query", "github.com/riverqueue/river.(*producer).fetch"}, partRiver},
		"a pool's upkeep": {[]string{"runtime.selectgo", "github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"}, partRiver},
		"JSON of anyone":  {[]string{"reflect.Value.Field", "encoding/json.Marshal", module + "internal/events.(*Log).Record"}, partSpec},
		"an exchange":     {[]string{"net.(*conn).Write", "net/http.(*persistConn).writeLoop"}, partHTTP},
		"a check":         {[]string{"strings.Index", module + "executors/api.(*attempt).check", river}, partHTTP},
		"the job itself":  {[]string{module + "jobs.(*Host).perform", module + "jobs.(*caseWorker).Work", river}, partSpine},
		"a query of the graph": {[]string{
			"github.com/lib/pq.(*conn).recv", "database/sql.(*DB).QueryContext", module + "ent.(*RunQuery).All",
			module + "graph.(*queryResolver).Run", "net/http.(*conn).serve",
		}, partSQL},
		"an answer of the graph": {[]string{"github.com/99designs/gqlgen/graphql.(*x).y", "net/http.(*conn).serve"}, partAPI},
		"allocation":             {[]string{"runtime.mallocgc", module + "executors.RunSteps", river}, partHTTP},
		"garbage collection":     {[]string{"runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker"}, partGC},
		"the scheduler":          {[]string{"runtime.futex", "runtime.findRunnable", "runtime.schedule", "runtime.mcall"}, partRuntime},
		"something else":         {[]string{"crypto/sha256.block", "main.main"}, partOther},
		"nothing":                {nil, partOther},
	} {
		if got := attribute(c.stack); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// It is not parallel: a process has one CPU profile.
func TestSharesOfAProfileAddUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.pprof")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		t.Fatal(err)
	}
	for began, x := time.Now(), 0.0; time.Since(began) < 200*time.Millisecond; {
		x++
	}
	pprof.StopCPUProfile()
	shares, err := readProfile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, p := range parts() {
		sum += shares[p]
	}
	if sum < 0.9999 || sum > 1.0001 {
		t.Errorf("the parts add up to %v", sum)
	}
	if _, err := readProfile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a profile that is not there was read")
	}
}
