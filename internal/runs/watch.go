package runs

import (
	"context"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/store"
)

// Watch sends the events of a run after a number, as they come, and closes the
// channel after the last one, or when ctx is done or the process ends. A
// consumer that reads slowly loses nothing: events wait in Postgres.
func (s *Service) Watch(ctx context.Context, runID string, after int64) (<-chan events.Event, error) {
	return s.watch(ctx, runID, after, false)
}

// WatchReviews is like Watch, and goes on after the run has ended: with what
// people say of its comparisons.
func (s *Service) WatchReviews(ctx context.Context, runID string, after int64) (<-chan events.Event, error) {
	return s.watch(ctx, runID, after, true)
}

func (s *Service) watch(ctx context.Context, runID string, after int64, reviews bool) (<-chan events.Event, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, err
	}
	row, err := s.watched(ctx, runID)
	if err != nil {
		return nil, err
	}
	if after < 0 || after > row.LastSeq {
		return nil, apperr.Invalid("after", "after is %d, but the run's newest event is %d; begin again from 0", after, row.LastSeq)
	}
	out := make(chan events.Event)
	over := ended(row.Status) && !reviews
	if over && after == row.LastSeq {
		close(out)
		return out, nil
	}
	go func() {
		defer close(out)
		f := s.hub.Follow(runID, after)
		defer f.Close()
		for {
			evs, err := f.Next(ctx)
			if err != nil {
				return // the client is gone, or resumes elsewhere by its cursor
			}
			for _, e := range evs {
				select {
				case <-ctx.Done():
					return
				case out <- e:
				}
				// Reviews come after the end of the run.
				if !reviews && (e.Type == events.RunFinished || over && e.Seq >= row.LastSeq) {
					return
				}
			}
		}
	}()
	return out, nil
}

// watchRetry is how often a run is looked for while the database is away.
const watchRetry = 500 * time.Millisecond

// watched returns a run that the caller may see. While the database is away it
// waits: clients take an error for the end of what they watch.
func (s *Service) watched(ctx context.Context, runID string) (*ent.Run, error) {
	for {
		row, err := s.Get(ctx, runID)
		if err == nil || apperr.CodeOf(store.Explain(err)) != apperr.Unavailable {
			return row, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(watchRetry):
		}
	}
}

// Progress is where a run stands: the newest replaces the one before.
type Progress struct {
	RunID   string
	Status  run.Status
	LastSeq int64
	Counts  events.Counts
	Running []RunningCase
	At      time.Time
}

// RunningCase is a case under way.
type RunningCase struct {
	ResultID  string
	CaseKey   string
	Title     string
	Attempt   int
	Step      int // ordinal of the current step; -1 before the first is known
	Steps     int
	StepName  string
	StartedAt time.Time
	Load      *events.Load // how a load did in its last second; nil before the first
}

// progressEvery bounds how often progress is sent.
const progressEvery = 100 * time.Millisecond

// WatchProgress sends a snapshot at once and then whenever something has
// changed, at most ten a second. The last one shows the run's end.
func (s *Service) WatchProgress(ctx context.Context, runID string) (<-chan Progress, error) {
	row, err := s.watched(ctx, runID)
	if err != nil {
		return nil, err
	}
	running, err := s.runningCases(ctx, runID)
	if err != nil {
		return nil, err
	}
	p := &progress{Progress: Progress{
		RunID: runID, Status: row.Status, LastSeq: row.LastSeq, At: time.Now(),
		Counts:  CountsOf(row),
		Running: running,
	}}
	out := make(chan Progress)
	go s.watchProgress(ctx, p, out)
	return out, nil
}

func (s *Service) watchProgress(ctx context.Context, p *progress, out chan<- Progress) {
	defer close(out)
	f := s.hub.Follow(p.RunID, p.LastSeq)
	defer f.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case out <- p.snapshot():
		}
		if ended(p.Status) {
			return
		}
		if !p.change(ctx, f) {
			return
		}
	}
}

// progress folds events and ticks into a snapshot.
type progress struct{ Progress }

// change waits until the snapshot is another one, for progressEvery at least.
func (p *progress) change(ctx context.Context, f *events.Follower) bool {
	pause := time.NewTimer(progressEvery)
	defer pause.Stop()
	for changed := p.fold(nil, f.Ticks()); !changed; {
		evs, err := f.NextOrTick(ctx)
		if err != nil {
			return false
		}
		changed = p.fold(evs, f.Ticks())
	}
	if ended(p.Status) {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-pause.C:
		return true
	}
}

func (p *progress) fold(evs []events.Event, ticks map[string]events.Tick) (changed bool) {
	for _, e := range evs {
		p.Status, p.LastSeq, p.Counts, p.At = run.Status(e.Status), e.Seq, e.Counts, e.At
		switch e.Type {
		case events.CaseStarted:
			p.drop(e.ResultID)
			p.Running = append(p.Running, RunningCase{
				ResultID: e.ResultID, CaseKey: e.CaseKey, Title: e.Title, Attempt: e.Attempt, Step: -1, StartedAt: e.At,
			})
		case events.CaseFinished, events.CaseRetried, events.CaseRequeued:
			p.drop(e.ResultID)
		}
		changed = true
	}
	for i := range p.Running {
		r := &p.Running[i]
		t, ok := ticks[r.ResultID]
		if ok && t.Attempt == r.Attempt && (t.Step != r.Step || t.Load != r.Load) {
			r.Step, r.Steps, r.StepName, r.Load, p.At = t.Step, t.Steps, t.StepName, t.Load, t.At
			changed = true
		}
	}
	return changed
}

func (p *progress) drop(resultID string) {
	for i, r := range p.Running {
		if r.ResultID == resultID {
			p.Running = append(p.Running[:i:i], p.Running[i+1:]...)
			return
		}
	}
}

func (p *progress) snapshot() Progress {
	out := p.Progress
	out.Running = append([]RunningCase(nil), p.Running...)
	return out
}

func (s *Service) runningCases(ctx context.Context, runID string) ([]RunningCase, error) {
	rows, err := s.store.Ent.Result.Query().
		Where(result.RunID(runID), result.StatusEQ(result.StatusRunning)).Order(result.ByOrdinal()).All(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]RunningCase, len(rows))
	for i, r := range rows {
		out[i] = RunningCase{ResultID: r.ID, CaseKey: r.CaseKey, Title: r.Title, Attempt: r.Attempt, Step: -1, StartedAt: startOf(r, time.Now())}
	}
	return out, nil
}
