package jobs_test

import (
	"context"
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
