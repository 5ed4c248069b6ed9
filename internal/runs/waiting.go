package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// WaitReason says why a run or a case does not go on.
type WaitReason string

// The reasons.
const (
	WaitPaused           WaitReason = "paused"
	WaitConcurrencyGroup WaitReason = "concurrency_group" // runs of the plan's concurrency group are under way
	WaitEnvironmentLimit WaitReason = "environment_limit" // runs of the environment are under way
	WaitProjectLimit     WaitReason = "project_limit"     // cases of the project are under way
	WaitSlotsReserved    WaitReason = "slots_reserved"    // the free slots are kept for others
	WaitBreakerOpen      WaitReason = "breaker_open"      // the target does not answer
	WaitNoWorker         WaitReason = "no_worker"         // no live worker performs cases of the kind
	WaitWorkersBusy      WaitReason = "workers_busy"      // every slot for the kind is taken
	WaitRunLimit         WaitReason = "run_limit"         // as many cases of the run as it allows are under way
	WaitNotDispatched    WaitReason = "not_dispatched"    // it is queued within the second
)

// Waiting is one reason why a run or a case does not go on.
type Waiting struct {
	Reason WaitReason
	Detail string     // one sentence for people
	Until  *time.Time // when it is looked at again, where that is known
}

// Situation is what a run waits for and when it may begin.
type Situation struct {
	RunID    string
	Waiting  []Waiting  // empty when nothing holds it up
	Position int        // among the runs that have not begun, from 1; 0 when the run is not one of them
	Start    *time.Time // when its first case is expected to begin; nil when that cannot be told

	row      *ent.Run
	work     map[spec.Kind]*load
	deferred map[string]Waiting // by target
	kinds    map[spec.Kind]*load
}

// load is what there is to do of one kind, and who does it.
type load struct {
	slots                    int // of live workers
	pending, queued, running int
}

func (l *load) busy() bool { return l.running >= l.slots }

// OfResult says why a result of the run does not begin; nil when it has begun.
func (s *Situation) OfResult(r *ent.Result) *Waiting {
	switch r.Status {
	case result.StatusQueued:
		return s.ofKind(r.Kind)
	case result.StatusPending:
	case result.StatusRunning, result.StatusFinished:
		return nil
	}
	if w, ok := s.deferred[r.Target]; ok && r.DeferredUntil != nil && r.DeferredUntil.After(time.Now()) {
		return &w
	}
	for _, w := range s.Waiting {
		switch w.Reason {
		case WaitPaused, WaitConcurrencyGroup, WaitEnvironmentLimit, WaitProjectLimit, WaitSlotsReserved:
			return &w
		case WaitBreakerOpen, WaitNoWorker, WaitWorkersBusy, WaitRunLimit, WaitNotDispatched:
		}
	}
	if s.row.Tokens >= s.row.Parallel {
		return &Waiting{Reason: WaitRunLimit, Detail: fmt.Sprintf("the run has %s under way at once, and has them", counted(s.row.Parallel, "case"))}
	}
	return &Waiting{Reason: WaitNotDispatched, Detail: "it is queued as soon as the dispatcher comes by"}
}

func (s *Situation) ofKind(kind spec.Kind) *Waiting {
	l := s.kinds[kind]
	switch {
	case l == nil || l.slots == 0:
		return &Waiting{Reason: WaitNoWorker, Detail: fmt.Sprintf("no live worker performs cases of kind %s", kind)}
	case l.busy():
		return &Waiting{Reason: WaitWorkersBusy, Detail: fmt.Sprintf("%d of %s for kind %s are taken", l.running, counted(l.slots, "slot"), kind)}
	}
	return &Waiting{Reason: WaitNotDispatched, Detail: "a worker takes it in a moment"}
}

// Situations returns the situations of runs that have not ended; for those that
// have, one in which nothing waits. The caller holds the runs, which proves that
// it may see them.
func (s *Service) Situations(ctx context.Context, runIDs []string) ([]*Situation, error) {
	rows, err := s.ByID(ctx, runIDs)
	if err != nil {
		return nil, err
	}
	ctx = store.AllProjects(ctx) // what a run waits for is the others' doing, too
	out := make([]*Situation, len(rows))
	var kinds map[spec.Kind]*load
	for i, row := range rows {
		out[i] = &Situation{RunID: row.ID, row: row}
		if ended(row.Status) {
			continue
		}
		if kinds == nil {
			if kinds, err = s.loads(ctx); err != nil {
				return nil, err
			}
		}
		out[i].kinds = kinds
		if err := s.look(ctx, out[i]); err != nil {
			return nil, fmt.Errorf("find out what run %s waits for: %w", row.ID, err)
		}
	}
	return out, nil
}

func (s *Service) look(ctx context.Context, sit *Situation) error {
	if err := s.countWork(ctx, sit); err != nil {
		return err
	}
	if err := s.findDeferred(ctx, sit); err != nil {
		return err
	}
	var err error
	if sit.Waiting, err = s.reasons(ctx, sit); err != nil {
		return err
	}
	if sit.row.Status != run.StatusQueued || sit.row.StopRequestedAt != nil {
		return nil
	}
	if err := s.findPlace(ctx, sit); err != nil {
		return err
	}
	return s.estimate(ctx, sit)
}

// reasons are those that hold the run up as a whole, or the part of it that is
// next.
func (s *Service) reasons(ctx context.Context, sit *Situation) ([]Waiting, error) {
	row := sit.row
	if row.PausedAt != nil {
		return []Waiting{{Reason: WaitPaused, Detail: "the run is paused; resume it to go on"}}, nil
	}
	if row.StopRequestedAt != nil {
		return nil, nil
	}
	if row.AdmittedAt == nil {
		return s.groupReasons(ctx, row)
	}
	var out []Waiting
	for _, w := range sit.deferred {
		out = append(out, w)
	}
	if row.Short {
		short, err := s.shortReasons(ctx, row)
		if err != nil {
			return nil, err
		}
		out = append(out, short...)
	}
	for _, kind := range spec.Kinds() {
		if l := sit.work[kind]; l != nil && l.queued > 0 && l.running == 0 {
			if w := sit.ofKind(kind); w.Reason != WaitNotDispatched {
				out = append(out, *w)
			}
		}
	}
	return out, nil
}

func (s *Service) groupReasons(ctx context.Context, row *ent.Run) ([]Waiting, error) {
	l, err := readLimits(ctx, s.store.DB, row.ProjectID)
	if err != nil {
		return nil, err
	}
	var out []Waiting
	for _, g := range groupsIn(l, row) {
		inside, before, err := g.count(ctx, s.store.DB, row)
		if err != nil {
			return nil, err
		}
		if inside+before < g.max {
			continue
		}
		w := Waiting{Reason: WaitConcurrencyGroup, Detail: fmt.Sprintf("%d of at most %s in the concurrency group %s", inside, counted(g.max, "run"), g.value)}
		if g.column == run.FieldEnvironment {
			w = Waiting{Reason: WaitEnvironmentLimit, Detail: fmt.Sprintf("%d of at most %s in the environment %s", inside, counted(g.max, "run"), g.value)}
		}
		w.Detail += " under way"
		if before > 0 {
			w.Detail += fmt.Sprintf(", and %d before this one", before)
		}
		out = append(out, w)
	}
	return out, nil
}

func (s *Service) shortReasons(ctx context.Context, row *ent.Run) ([]Waiting, error) {
	l, err := readLimits(ctx, s.store.DB, row.ProjectID)
	if err != nil {
		return nil, err
	}
	var out []Waiting
	if l.parallel > 0 {
		room, err := projectRoom(ctx, s.store.DB, l.parallel, row.ProjectID, row.ID)
		if err != nil {
			return nil, err
		}
		if room <= row.Tokens {
			out = append(out, Waiting{Reason: WaitProjectLimit, Detail: fmt.Sprintf("the project may have %s under way at once", counted(l.parallel, "case"))})
		}
	}
	if l.reserved {
		kinds, err := slotRoom(ctx, s.store.DB, row.ProjectID, row.ID)
		if err != nil {
			return nil, err
		}
		for kind, free := range kinds {
			if free == 0 {
				out = append(out, Waiting{Reason: WaitSlotsReserved, Detail: fmt.Sprintf("the free slots for kind %s are reserved for other projects", kind)})
			}
		}
	}
	return out, nil
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
