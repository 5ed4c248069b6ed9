package runs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Finished is what a worker knows of an attempt at its end.
type Finished struct {
	Result     *ent.Result // as claimed
	WorkerID   string
	Outcome    spec.Outcome
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
	Steps      []Step
	Metrics    []Metric
	Logs       []schema.LogLine
	Artifacts  []Artifact

	Comparisons []Comparison // of its artifacts with what people had accepted

	// Interrupted says that the worker was told to end while it performed the
	// case. A cancelled outcome then says nothing about the case.
	Interrupted bool
}

// Step is one step of an attempt, as it went.
type Step struct {
	Ordinal  int
	Name     string
	Action   string
	Outcome  spec.Outcome
	Error    string
	Offset   time.Duration // since the attempt began
	Duration time.Duration
	Detail   json.RawMessage
	Checks   []Check
}

// Check is one assertion of a step.
type Check struct {
	Name, Expected, Actual, Message string
	Passed                          bool
}

// Metric is one measured value.
type Metric struct {
	Name, Unit string
	Value      float64
	Tags       map[string]string
	At         time.Time
}

// Artifact is a stored attachment.
type Artifact struct {
	ID                                   string
	Step                                 int // -1 for the whole attempt
	Name, Kind, ContentType, SHA256, Key string
	Size                                 int64
	Error                                string // why its content is missing
}

// Finish stores an attempt. Where another try is due, or the worker had to end,
// the case goes back to the queue; otherwise the result gets its outcome, the run
// passes the token on, and the last result ends the run. It fails with ErrStale
// when the attempt is no longer the worker's, and then nothing of it is stored.
//
// Attempts of one run that end at the same time are stored in one transaction.
func (s *Service) Finish(ctx context.Context, f Finished) error {
	return s.finishes.do(ctx, f.Result.RunID, f)
}

// rows is about how many rows the attempt makes.
func (f Finished) rows() int {
	n := 2 + len(f.Steps) + len(f.Metrics) + len(f.Artifacts) + len(f.Comparisons)
	for _, st := range f.Steps {
		n += len(st.Checks)
	}
	return n
}

// finishTogether stores attempts of one run and says which were stale.
func (s *Service) finishTogether(ctx context.Context, fs []Finished) ([]error, error) {
	var errs []error
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		errs = make([]error, len(fs))
		l, err := s.lockLimits(ctx, tx, fs[0].Result.ProjectID)
		if err != nil {
			return err
		}
		ends, err := decide(ctx, tx, fs)
		if err != nil {
			return err
		}
		current, err := release(ctx, tx, ends)
		if err != nil {
			return err
		}
		var kept []ending
		for i, e := range ends {
			if current[e.Result.ID] {
				kept = append(kept, e)
			} else {
				errs[i] = ErrStale
			}
		}
		return s.proceed(ctx, tx, l, kept)
	})
	return errs, err
}

// ending is the end of an attempt with what follows from it.
type ending struct {
	Finished
	next *again // how the case goes back to the queue; nil when the attempt was the last
}

// again says how a result goes back to the queue.
type again struct {
	retried, lost int // what its row counts
	event         events.Type
	outcome       spec.Outcome // of the attempt, as the event tells it
}

// decide says for each attempt whether another one follows: the plan allows it
// or the worker had to end, and the run is not being stopped.
func decide(ctx context.Context, tx *store.Tx, fs []Finished) ([]ending, error) {
	out := make([]ending, len(fs))
	depends := false
	for i, f := range fs {
		out[i] = ending{Finished: f, next: f.wish()}
		depends = depends || out[i].next != nil || f.Outcome == spec.OutcomeCancelled
	}
	if !depends {
		return out, nil
	}
	stopping, err := lockRun(ctx, tx, fs[0].Result.RunID)
	if !Interrupts(stopping) {
		return out, err
	}
	for i := range out {
		out[i].next = nil
		if out[i].Outcome == spec.OutcomeCancelled {
			out[i].Outcome, out[i].Error = interrupted(stopping)
		}
	}
	return out, err
}

// wish is what would follow if nobody asked the run to stop.
func (f Finished) wish() *again {
	switch {
	case f.Interrupted && f.Outcome == spec.OutcomeCancelled:
		// To end a worker is no fault of the case: it costs no retry, and does not
		// count as a loss.
		return &again{event: events.CaseRequeued}
	case f.Outcome.Retryable() && f.Result.Retries < f.Result.MaxRetries:
		return &again{retried: 1, event: events.CaseRetried, outcome: f.Outcome}
	}
	return nil
}

// settled is the result's outcome when this attempt is its last.
func (f Finished) settled() spec.Outcome {
	if f.Outcome == spec.OutcomePassed && f.Result.Retries > 0 {
		return spec.OutcomeFlaky
	}
	return f.Outcome
}

// proceed stores attempts of one run whose results were released: their details,
// the run's counts, the events, the jobs of what comes next, and the run's end
// after its last case.
func (s *Service) proceed(ctx context.Context, tx *store.Tx, l limits, ends []ending) error {
	if len(ends) == 0 {
		return nil
	}
	if err := storeAttempts(ctx, tx, ends); err != nil {
		return err
	}
	if err := s.storeComparisons(ctx, tx, ends); err != nil {
		return err
	}
	runID := ends[0].Result.RunID
	rm, err := s.roomFor(ctx, tx, l, ends[0].Result.ProjectID, runID)
	if err != nil {
		return err
	}
	d := delta{events: len(ends), outcomes: map[spec.Outcome]int{}, room: rm}
	for _, e := range ends {
		if e.next == nil {
			d.outcomes[e.settled()]++
			d.released++
		}
	}
	r, err := advance(ctx, tx, runID, d)
	if err != nil {
		return err
	}
	evs := endEvents(r, d, ends)
	if r.complete() {
		last, err := s.finishRun(ctx, tx, r)
		if err != nil {
			return err
		}
		evs = append(evs, last)
	}
	if err := s.record(ctx, tx, r, evs...); err != nil {
		return err
	}
	if l.onCases() && r.take < d.released {
		tx.AfterCommit(s.kick) // other runs of the project may have the tokens
	}
	if err := s.enqueueNext(ctx, tx, r, rm, ends); err != nil {
		return err
	}
	if r.failedEnough() {
		return s.stop(ctx, tx, runID, run.StopReasonMaxFailures)
	}
	return nil
}

// failedEnough reports whether the run is to begin no further case.
func (r *runRow) failedEnough() bool {
	c := r.counts
	return r.maxFailures > 0 && r.stopping == "" && !r.complete() && c.Failed+c.TimedOut+c.Errored >= r.maxFailures
}

// endEvents tells the attempts one after the other, each with the counts as they
// stand after it.
func endEvents(r *runRow, d delta, ends []ending) []events.Event {
	after := *r
	for outcome, n := range d.outcomes {
		after.counts.Add(outcome, -n)
	}
	out := make([]events.Event, len(ends))
	for i, e := range ends {
		event, outcome := events.CaseFinished, e.settled()
		if e.next != nil {
			event, outcome = e.next.event, e.next.outcome
		} else {
			after.counts.Add(outcome, 1)
		}
		out[i] = after.event(event, e.FinishedAt)
		describe(&out[i], e.Result)
		out[i].Outcome, out[i].Error, out[i].WorkerID = outcome, e.Error, e.WorkerID
		out[i].DurationMS = e.FinishedAt.Sub(e.StartedAt).Milliseconds()
	}
	return out
}

// enqueueNext queues what is tried again, in the place that it had, and what the
// tokens of the settled cases go to.
func (s *Service) enqueueNext(ctx context.Context, tx *store.Tx, r *runRow, rm room, ends []ending) error {
	var jobs []Job
	for _, e := range ends {
		if e.next != nil {
			next := *e.Result
			next.Attempt++
			jobs = append(jobs, jobOf(&next, r.priority))
		}
	}
	return s.goOn(ctx, tx, r, rm, jobs...)
}
