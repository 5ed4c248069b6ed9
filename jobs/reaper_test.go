package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// River gives a job that was fetched and is not worked to others only after its
// longest job's time. We do not wait for that.
func TestJobsThatNobodyWillClaimAreReturned(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, heartbeat, fetched string }{
		{"since their worker died", "now() - interval '1 minute'", "now()"},
		{"since the answer to the fetch was lost", "now() + interval '1 hour'", "now() - interval '1 minute'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apptest.Start(t, apptest.Options{NoWorkers: true, SecretKey: key})
			id := api.Run(t, plan("{parallel: 2}", "ok", "ok"))
			db, err := store.Open(t.Context(), api.DatabaseURL, store.Options{MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			for _, query := range []string{
				`INSERT INTO workers (id, host, pid, version, slots, status, started_at, heartbeat_at)
				VALUES ('wrk_gone', 'gone', 1, 'test', '{}', 'active', now(), ` + tt.heartbeat + `)`,
				`UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '{wrk_gone}', attempted_at = ` + tt.fetched,
			} {
				if _, err := db.DB.ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			exec := fake.New(spec.KindAPI)
			apptest.Start(t, apptest.Options{
				Executors: []executors.Executor{exec}, DatabaseURL: api.DatabaseURL, NoAPI: true, SecretKey: key,
			})
			contiguous(t, api.Follow(t, id))
			run := fetch(t, api, id)
			if run.Status != "PASSED" || exec.Executions() != 2 {
				t.Errorf("run %s after %d executions, want 2", run.Status, exec.Executions())
			}
			for _, r := range run.Results {
				if len(r.Attempts) != 1 {
					t.Errorf("%s had %d attempts", r.CaseKey, len(r.Attempts))
				}
			}
		})
	}
}

// River stops telling that a job is done when the database stays away.
func TestJobsWhoseEndWasNotToldAreEnded(t *testing.T) {
	t.Parallel()
	exec := fake.New(spec.KindAPI)
	srv := apptest.Start(t, apptest.Options{Executors: []executors.Executor{exec}, SecretKey: key})
	contiguous(t, srv.Follow(t, srv.Run(t, plan("{}", "ok"))))
	db, err := store.Open(t.Context(), srv.DatabaseURL, store.Options{MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	untilOne := func(query string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			res, err := db.DB.ExecContext(ctx, query)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := res.RowsAffected(); err != nil {
				t.Fatal(err)
			} else if n == 1 {
				return
			}
			<-tick.C
		}
	}
	untilOne(`UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_at = now() - interval '1 minute'
		WHERE kind = 'case' AND state = 'completed'`)
	untilOne(`DELETE FROM river_job WHERE kind = 'case' AND state = 'completed'`)
	if n := exec.Executions(); n != 1 {
		t.Errorf("the case was performed %d times", n)
	}
}

// TestAssessmentsThatFailForGoodAreGivenUp has the jobs of both judges fail for the
// last time: who waits is told so.
func TestAssessmentsThatFailForGoodAreGivenUp(t *testing.T) {
	t.Parallel()
	srv := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}, SecretKey: key})
	id := srv.Run(t, plan("{}", "ok"))
	srv.Follow(t, id)
	srv.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id, judge: LLM}) { assessment { id } } }`, map[string]any{"id": id})
	db, err := store.Open(t.Context(), srv.DatabaseURL, store.Options{MaxConns: 1, AllProjects: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ended := func(what, query string, want int) {
		t.Helper()
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New(what))
		defer cancel()
		for tick := time.Tick(20 * time.Millisecond); ; {
			var n int
			if err := db.DB.QueryRowContext(ctx, query).Scan(&n); err != nil {
				t.Fatalf("%v: %v", context.Cause(ctx), err)
			}
			if n == want {
				return
			}
			<-tick
		}
	}
	ended("both are made", `SELECT count(*) FROM river_job WHERE kind IN ('assess', 'judge') AND state = 'completed'`, 2)
	tx, err := db.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`UPDATE assessments SET status = 'pending', reason = '', score = NULL, verdict = '', confidence = 0, document = NULL, panel = NULL, finished_at = NULL`,
		`UPDATE river_job SET state = 'discarded', attempt = 20 WHERE kind IN ('assess', 'judge')`,
	} {
		if _, err := tx.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	ended("both are given up", `SELECT count(*) FROM assessments WHERE status = 'not_assessed' AND reason LIKE 'it was tried 20 times%' AND finished_at IS NOT NULL`, 2)
	for _, judge := range []string{"RULES", "LLM"} {
		got := srv.Query(t, `query($id: ID!) { run(id: $id) { assessments { edges { node { judge status score } } } } }`, map[string]any{"id": id})
		if !strings.Contains(fmt.Sprint(got), judge) || strings.Contains(fmt.Sprint(got), "PENDING") {
			t.Errorf("the graph shows %v", got)
		}
	}
}

// TestALongCaseStaysWithItsWorker: a job whose worker lives and performs it is
// nobody else's, however long it takes. Another job that is nobody's shows when the
// jobs were looked through.
func TestALongCaseStaysWithItsWorker(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	exec := fake.New(spec.KindAPI, fake.OnStart(func(executors.Task) {
		close(begun)
		<-end
	}))
	srv := apptest.Start(t, apptest.Options{Executors: []executors.Executor{exec}, SecretKey: key})
	id := srv.Run(t, plan("{}", "ok"))
	<-begun
	db, err := store.Open(t.Context(), srv.DatabaseURL, store.Options{MaxConns: 1, AllProjects: true})
	if err != nil {
		close(end)
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, query := range []string{
		`UPDATE river_job SET attempted_at = now() - interval '1 hour' WHERE kind = 'case'`,
		`INSERT INTO river_job (state, attempt, max_attempts, attempted_at, attempted_by, kind, queue, args)
		VALUES ('running', 1, 9, now() - interval '1 hour', '{wrk_x}', 'webhook', 'nobodys', '{}')`,
	} {
		if _, err := db.DB.ExecContext(ctx, query); err != nil {
			t.Error(err)
		}
	}
	state := func(kind string) (out string) {
		err := db.DB.QueryRowContext(ctx, `SELECT state || ' ' || attempt FROM river_job WHERE kind = $1`, kind).Scan(&out)
		if err != nil {
			t.Error(err)
		}
		return out
	}
	for tick := time.Tick(20 * time.Millisecond); state("webhook") == "running 1" && ctx.Err() == nil; {
		<-tick
	}
	if got := state("case"); got != "running 1" {
		t.Errorf("the job of a case that is performed is %s", got)
	}
	close(end)
	contiguous(t, srv.Follow(t, id))
	if n := exec.Executions(); n != 1 {
		t.Errorf("the case was performed %d times", n)
	}
}
