package workers_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/worker"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
	"github.com/semantest/semantest/internal/workers"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := workers.New(db)
	id := ident.New(ident.Worker)
	err := s.Register(t.Context(), workers.Worker{ID: id, Host: "node-1", PID: 42, Version: "1.2.3", Slots: map[string]int{"api": 32, "browser": 4}})
	if err != nil {
		t.Fatal(err)
	}
	row, err := db.Ent.Worker.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if row.Host != "node-1" || row.Pid != 42 || row.Version != "1.2.3" || row.Status != worker.StatusActive {
		t.Errorf("stored: %v", row)
	}
	if diff := cmp.Diff(map[string]int{"api": 32, "browser": 4}, row.Slots); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}

// TestSilence sets heartbeats by the database's clock, which decides.
func TestSilence(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := workers.New(db)
	lost := int(workers.LostAfter.Seconds())
	fresh := register(t, db, s, worker.StatusActive, 0)
	late := register(t, db, s, worker.StatusActive, lost-5)
	silent := register(t, db, s, worker.StatusActive, lost+5)
	draining := register(t, db, s, worker.StatusDraining, 0)
	silentDraining := register(t, db, s, worker.StatusDraining, lost+5)
	register(t, db, s, worker.StatusStopped, 0)
	register(t, db, s, worker.StatusStopped, lost+5)

	if diff := cmp.Diff(sorted(silent, silentDraining), dead(t, s)); diff != "" {
		t.Errorf("dead (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sorted(fresh, late, draining), live(t, s)); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
}

func TestBeatBringsBack(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := workers.New(db)
	id := register(t, db, s, worker.StatusActive, 60)
	draining := register(t, db, s, worker.StatusDraining, 60)
	if err := s.Bury(t.Context(), []string{id}); err != nil {
		t.Fatal(err)
	}
	if got := dead(t, s); !slices.Equal(got, []string{draining}) {
		t.Errorf("after Bury, dead are %v; want %s alone", got, draining)
	}
	if got := live(t, s); len(got) != 0 {
		t.Errorf("after Bury, live are %v", got)
	}
	for _, beats := range []string{id, draining} {
		if err := s.Beat(t.Context(), beats); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(sorted(id, draining), live(t, s)); diff != "" {
		t.Errorf("after the heartbeats, live (-want +got):\n%s", diff)
	}
	if got := dead(t, s); len(got) != 0 {
		t.Errorf("after the heartbeats, dead are %v", got)
	}
	row, err := db.Ent.Worker.Get(t.Context(), draining)
	if err != nil || row.Status != worker.StatusDraining {
		t.Errorf("a heartbeat made a draining worker %s (%v)", row.Status, err)
	}
}

func TestDrainAndLeave(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := workers.New(db)
	id := register(t, db, s, worker.StatusActive, 0)
	other := register(t, db, s, worker.StatusActive, 0)
	for _, step := range []struct {
		do   func() error
		want worker.Status
	}{
		{func() error { return s.Drain(t.Context(), id) }, worker.StatusDraining},
		{func() error { return s.Leave(t.Context(), id) }, worker.StatusStopped},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		row, err := db.Ent.Worker.Get(t.Context(), id)
		if err != nil || row.Status != step.want {
			t.Errorf("the worker is %s (%v), want %s", row.Status, err, step.want)
		}
	}
	if got := live(t, s); !slices.Equal(got, []string{other}) {
		t.Errorf("live are %v, want the other one alone", got)
	}
}

func TestLiveNeedsAToken(t *testing.T) {
	t.Parallel()
	s := workers.New(storetest.Open(t))
	if _, err := s.Live(t.Context()); apperr.CodeOf(err) != apperr.Unauthenticated {
		t.Errorf("without a token: %v", err)
	}
}

func TestNobody(t *testing.T) {
	t.Parallel()
	s := workers.New(storetest.Open(t))
	if got := append(dead(t, s), live(t, s)...); len(got) != 0 {
		t.Errorf("an empty database has workers: %v", got)
	}
	// Someone may have removed the row of a process that still lives.
	if err := s.Beat(t.Context(), ident.New(ident.Worker)); err != nil {
		t.Errorf("the heartbeat of an unknown worker: %v", err)
	}
}

// register makes a worker that was last heard of some seconds ago.
func register(t *testing.T, db *store.Store, s *workers.Service, status worker.Status, silentFor int) string {
	t.Helper()
	id := ident.New(ident.Worker)
	if err := s.Register(t.Context(), workers.Worker{ID: id, Host: "h", PID: 1, Version: "v", Slots: map[string]int{"api": 1}}); err != nil {
		t.Fatal(err)
	}
	_, err := db.DB.ExecContext(t.Context(), fmt.Sprintf(
		"UPDATE workers SET heartbeat_at = now() - interval '%d seconds', status = $2 WHERE id = $1", silentFor), id, status)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func dead(t *testing.T, s *workers.Service) []string {
	t.Helper()
	ids, err := s.Dead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sorted(ids...)
}

func live(t *testing.T, s *workers.Service) []string {
	t.Helper()
	rows, err := s.Live(auth.With(t.Context(), &auth.Principal{Permissions: []auth.Permission{auth.Read}}))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return sorted(ids...)
}

func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}

// TestOffer: what a worker offers by now is what there is.
func TestOffer(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := workers.New(db)
	id := register(t, db, s, worker.StatusActive, 0)
	if err := s.Offer(t.Context(), id, map[string]int{"api": 5, "browser": 2}); err != nil {
		t.Fatal(err)
	}
	row, err := db.Ent.Worker.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"api": 5, "browser": 2}, row.Slots); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}
