package store_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

type noteArgs struct {
	Text string `json:"text" river:"unique"`
}

func (noteArgs) Kind() string { return "note" }

func inserter(t *testing.T) *river.Client[pgx.Tx] {
	t.Helper()
	c, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func count(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	var n int
	if err := s.DB.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const projects = "SELECT count(*) FROM projects"
const jobs = "SELECT count(*) FROM river_job"

func TestEntAndRiverCommitTogether(t *testing.T) {
	t.Parallel()
	s, client := storetest.OpenAsOwner(t), inserter(t)
	committed := false
	err := s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() { committed = true })
		if err := tx.Project.Create().SetSlug("a").SetName("A").Exec(ctx); err != nil {
			return err
		}
		_, err := client.InsertTx(ctx, tx.Pgx(), noteArgs{Text: "hello \"quotes\" \u00e9"}, &river.InsertOpts{
			Tags: []string{"first-tag", "second-tag"}, Metadata: []byte(`{"k": "v"}`), Priority: 3,
		})
		if committed {
			t.Error("AfterCommit ran before the commit")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !committed {
		t.Error("AfterCommit did not run")
	}
	if p, j := count(t, s, projects), count(t, s, jobs); p != 1 || j != 1 {
		t.Errorf("%d projects and %d jobs, want 1 and 1", p, j)
	}
	var args string
	var tags int
	err = s.DB.QueryRowContext(t.Context(), "SELECT args->>'text', cardinality(tags) FROM river_job WHERE priority = 3").Scan(&args, &tags)
	if err != nil || args != "hello \"quotes\" \u00e9" || tags != 2 {
		t.Errorf("stored args %q and %d tags (%v)", args, tags, err)
	}
}

func TestRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	s, client := storetest.OpenAsOwner(t), inserter(t)
	boom := errors.New("boom")
	err := s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() { t.Error("AfterCommit ran after a rollback") })
		if err := tx.Project.Create().SetSlug("a").SetName("A").Exec(ctx); err != nil {
			return err
		}
		if _, err := client.InsertTx(ctx, tx.Pgx(), noteArgs{}, nil); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	if p, j := count(t, s, projects), count(t, s, jobs); p != 0 || j != 0 {
		t.Errorf("%d projects and %d jobs, want none", p, j)
	}
}

func TestRiverInsertsManyAndSkipsDuplicates(t *testing.T) {
	t.Parallel()
	s, client := storetest.OpenAsOwner(t), inserter(t)
	unique := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
	var results []*rivertype.JobInsertResult
	err := s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, texts := range [][]string{{"a", "b"}, {"c", "a"}} {
			var params []river.InsertManyParams
			for _, text := range texts {
				params = append(params, river.InsertManyParams{Args: noteArgs{Text: text}, InsertOpts: unique})
			}
			inserted, err := client.InsertManyTx(ctx, tx.Pgx(), params)
			if err != nil {
				return err
			}
			results = append(results, inserted...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var skipped []bool
	for _, r := range results {
		skipped = append(skipped, r.UniqueSkippedAsDuplicate)
	}
	if !slices.Equal(skipped, []bool{false, false, false, true}) || count(t, s, jobs) != 3 {
		t.Errorf("skipped %v with %d jobs", skipped, count(t, s, jobs))
	}
}

// What was inserted through the adapter is what a worker gets through pgx.
func TestRiverWorksWhatTheAdapterInserted(t *testing.T) {
	t.Parallel()
	s, client := storetest.OpenAsOwner(t), inserter(t)
	got := make(chan *river.Job[noteArgs], 1)
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(_ context.Context, job *river.Job[noteArgs]) error {
		got <- job
		return nil
	}))
	worker, err := river.NewClient(riverpgxv5.New(s.Pool), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}}, Workers: workers,
		Logger: slog.New(slog.DiscardHandler), TestOnly: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := worker.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	err = s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := client.InsertTx(ctx, tx.Pgx(), noteArgs{Text: "work"}, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case job := <-got:
		if job.Args.Text != "work" || job.Attempt != 1 {
			t.Errorf("got %+v", job)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the job did not arrive")
	}
}

func TestAdapterQueries(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAsOwner(t)
	err := s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		p := tx.Pgx()
		var texts []string
		var n int64
		var at time.Time
		var raw []byte
		row := p.QueryRow(ctx, "SELECT $1::text[], $2::bigint, $3::timestamptz, $4::jsonb", []string{"a", `b"c`, "d,e"}, int64(7), time.Unix(1, 0), []byte(`{"x":1}`))
		if err := row.Scan(&texts, &n, &at, &raw); err != nil {
			return err
		}
		if !slices.Equal(texts, []string{"a", `b"c`, "d,e"}) || n != 7 || !at.Equal(time.Unix(1, 0)) || string(raw) != `{"x": 1}` {
			t.Errorf("got %q %d %s %s", texts, n, at, raw)
		}
		if err := p.QueryRow(ctx, "SELECT 1 WHERE false").Scan(&n); !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("no row gave %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAdapterSavepointsAndErrors(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAsOwner(t)
	err := s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		inner, err := tx.Pgx().Begin(ctx)
		if err != nil {
			return err
		}
		_, err = inner.Exec(ctx, "INSERT INTO projects (id, slug, name, created_at) VALUES ($1, 'x', NULL, now())", "prj_x")
		var pgErr *pgconn.PgError
		if !errors.As(err, &pgErr) || pgErr.Code != "23502" || pgErr.ColumnName != "name" {
			t.Errorf("got %v", err)
		}
		if err := inner.Rollback(ctx); err != nil {
			return err
		}
		// The outer transaction goes on after the savepoint.
		return tx.Project.Create().SetSlug("y").SetName("Y").Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, projects); n != 1 {
		t.Errorf("%d projects, want 1", n)
	}
}

// Two transactions that lock two rows in opposite order deadlock; both succeed
// because the one that Postgres aborts is tried again.
func TestWithTxTriesAgainAfterADeadlock(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAsOwner(t)
	for _, slug := range []string{"a", "b"} {
		s.Ent.Project.Create().SetSlug(slug).SetName(slug).ExecX(t.Context())
	}
	const lock = "UPDATE projects SET name = name || '!' WHERE slug = '"
	met := make(chan struct{})
	errs := make(chan error, 2)
	tries := make(chan int, 2)
	cross := func(first, second string, ready, other chan struct{}) {
		n := 0
		errs <- s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			n++
			if _, err := tx.ExecContext(ctx, lock+first+"'"); err != nil {
				return err
			}
			if n == 1 {
				close(ready)
				<-other
			}
			_, err := tx.ExecContext(ctx, lock+second+"'")
			return err
		})
		tries <- n
	}
	there := make(chan struct{})
	go cross("a", "b", met, there)
	go cross("b", "a", there, met)
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if total := <-tries + <-tries; total < 3 {
		t.Errorf("%d tries, want one more than the two at least", total)
	}
	if n := count(t, s, "SELECT count(*) FROM projects WHERE name IN ('a!!', 'b!!')"); n != 2 {
		t.Errorf("%d rows have both changes", n)
	}
}
