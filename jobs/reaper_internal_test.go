package jobs

import (
	"log/slog"
	"testing"

	"github.com/semantest/semantest/internal/loadteams"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store/storetest"
	"github.com/semantest/semantest/internal/workers"
)

// After an outage every lease may have run out although its worker lives.
func TestNobodyIsTakenForLostRightAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	away := storetest.Open(t)
	if err := away.Close(); err != nil {
		t.Fatal(err)
	}
	h := &Host{id: "wrk_1", pool: s.Pool, runs: runs.New(runs.Deps{Store: s}), room: newRooms(), logger: slog.New(slog.DiscardHandler)}
	h.teams = loadteams.New(s, nil, nil)
	h.leases = newLeases(h.runs, h.id, h.logger)
	h.beats.Store(beatsBeforeReap)
	for i, tt := range []struct {
		database *workers.Service
		reaps    bool
	}{
		{workers.New(s), true},
		{workers.New(away), false},
		{workers.New(s), false},
		{workers.New(s), true},
	} {
		h.workers = tt.database
		_ = h.heartbeat(t.Context()) // fails during the outage
		h.workers = workers.New(s)
		lost := "wrk_lost"
		err := h.workers.Register(t.Context(), workers.Worker{ID: lost})
		if err == nil {
			_, err = s.DB.ExecContext(t.Context(), "UPDATE workers SET heartbeat_at = now() - interval '1 hour' WHERE id = $1", lost)
		}
		if err == nil {
			err = h.reap(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		var buried bool
		const query = "WITH gone AS (DELETE FROM workers WHERE id = $1 RETURNING status) SELECT status = 'stopped' FROM gone"
		if err := s.DB.QueryRowContext(t.Context(), query, lost).Scan(&buried); err != nil {
			t.Fatal(err)
		}
		if buried != tt.reaps {
			t.Errorf("after heartbeat %d lost workers are looked for: %v, want %v", i+1, buried, tt.reaps)
		}
	}
}
