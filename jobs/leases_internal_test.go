package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store/storetest"
)

// A heartbeat may come between the moment an outcome is stored and the moment
// its job lets go of the attempt.
func TestHeartbeatKnowsWhatWasTakenAway(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	for _, tt := range []struct {
		name      string
		performed bool
		cancelled bool
	}{
		{"under way", false, true},
		{"performed", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			l := newLeases(runs.New(runs.Deps{Store: s}), "wrk_1", slog.New(slog.NewTextHandler(&log, nil)))
			claim := &runs.Claim{Result: &ent.Result{ID: "res_of_nobody", RunID: "run_1", Attempt: 1}}
			ctx, cancel := context.WithCancelCause(t.Context())
			release := l.hold(claim, cancel)
			if tt.performed {
				l.performed(claim)
			}
			if err := l.renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := ctx.Err() != nil; got != tt.cancelled {
				t.Errorf("cancelled: %v, want %v", got, tt.cancelled)
			}
			if got := log.Len() > 0; got != tt.cancelled {
				t.Errorf("the log says %q", log.String())
			}
			release()
			if left := l.results(); len(left) > 0 {
				t.Errorf("still held: %v", left)
			}
		})
	}
}
