package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// recoverWithin bounds how long the cases of a lost worker take to be performed
// again. 30 s are promised; a busy machine gets more, and the log tells.
const recoverWithin = time.Minute

func TestFaultWorkerKilled(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	lost, heir := s.worker(t, 4), s.worker(t, 4)
	const cases = 12 // eight under way, and four that wait
	id := startRun(t, api.Client, plan(app.URL, "/${{ attempt }}", "parallel: 12", cases))
	events := startFollowing(t, api.Client, id)
	app.await(t, "/1", 8)

	lost.kill(t)
	killed := time.Now()
	app.open("/1", all)
	app.open("/2", all)
	evs := events.finish(t)
	took := time.Since(killed)
	t.Logf("kill -9 to the end of the run: %s", took.Round(100*time.Millisecond))
	if took > recoverWithin {
		t.Errorf("the run ended %s after the worker was killed, want %s at most", took, recoverWithin)
	}
	assertEvents(t, evs, cases)
	run := fetchRun(t, api.Client, id)
	assertAllPassed(t, run, cases)
	assertRepeated(t, run, lost, heir, 4)
	if n := events.count("CASE_REQUEUED"); n != 4 {
		t.Errorf("%d cases were queued again, want 4", n)
	}
}

func TestFaultWorkerFrozen(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	const cases = 4
	paused := s.worker(t, cases)
	id := startRun(t, api.Client, plan(app.URL, "/${{ attempt }}", "parallel: 4", cases))
	events := startFollowing(t, api.Client, id)
	app.await(t, "/1", cases)

	freeze(t, paused)
	app.open("/1", all) // it will find the answers when it comes back
	heir := s.worker(t, cases)
	app.await(t, "/2", cases)
	paused.signal(t, syscall.SIGCONT)
	waitFor(t, "the worker that came back has been refused", func() bool {
		return strings.Count(paused.stderr.text(), "an outcome came too late and was dropped") == cases
	})
	app.open("/2", all)
	assertEvents(t, events.finish(t), cases)
	run := fetchRun(t, api.Client, id)
	assertAllPassed(t, run, cases)
	assertRepeated(t, run, paused, heir, cases)
	if r := paused.stop(t); r.code != 0 {
		t.Errorf("the worker that came back ends with %d\n%s", r.code, r.stderr)
	}
}

// A worker that is frozen while it stores an outcome has locked the run's row,
// which every other worker of the run needs.
func TestFaultWorkerFrozenInATransaction(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	frozen := s.worker(t, 2)
	id := startRun(t, api.Client, plan(app.URL, "/${{ attempt }}", "parallel: 2", 2))
	events := startFollowing(t, api.Client, id)
	app.await(t, "/1", 2)

	unlock := s.lock(t, "SELECT FROM runs WHERE id = $1 FOR NO KEY UPDATE", id)
	app.open("/1", 1)
	s.await(t, "a worker waits for the run's row", "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
	freeze(t, frozen)
	unlock()
	s.await(t, "the frozen worker has the run's row",
		"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle in transaction') AND NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
	froze := time.Now()
	heir := s.worker(t, 2)
	app.open("/2", all)
	evs := events.finish(t)
	took := time.Since(froze)
	t.Logf("freezing to the end of the run: %s", took.Round(100*time.Millisecond))
	if took > recoverWithin {
		t.Errorf("the run ended %s after the worker froze, want %s at most", took, recoverWithin)
	}
	frozen.signal(t, syscall.SIGCONT)
	frozen.awaitOutput(t, "an outcome came too late and was dropped")
	assertEvents(t, evs, 2)
	run := fetchRun(t, api.Client, id)
	assertAllPassed(t, run, 2)
	assertRepeated(t, run, frozen, heir, 2)
}

// freeze stops a process and returns when it stands still.
func freeze(t testing.TB, p *process) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
	waitFor(t, "the process stands still", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		return err == nil && bytes.Contains(stat, []byte(") T "))
	})
}

// assertRepeated checks that so many cases had their first attempt at a worker
// that was lost and their second one, which passed, at its heir.
func assertRepeated(t testing.TB, run *client.Run, lost, heir *process, want int) {
	t.Helper()
	gone, there := workerID(t, lost), workerID(t, heir)
	repeated := 0
	for _, r := range run.Results {
		last := r.Attempts[len(r.Attempts)-1]
		if r.Outcome != "PASSED" || last.Outcome != "PASSED" || last.WorkerID != there {
			t.Errorf("%s is %s; its last attempt is %s at %s, not at %s", r.CaseKey, r.Outcome, last.Outcome, last.WorkerID, there)
		}
		if len(r.Attempts) == 1 {
			continue
		}
		repeated++
		first := r.Attempts[0]
		if len(r.Attempts) != 2 || first.WorkerID != gone || first.Outcome != "ERRORED" ||
			!strings.Contains(first.Error, "the worker was lost") || len(first.Steps) != 0 {
			t.Errorf("%s had these attempts: %+v", r.CaseKey, r.Attempts)
		}
	}
	if repeated != want {
		t.Errorf("%d cases were performed twice, want %d", repeated, want)
	}
}
