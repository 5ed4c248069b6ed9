package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/loadteams"
	"github.com/semantest/semantest/internal/runs"
)

// partWorker performs parts of attempts that other workers have.
type partWorker struct {
	river.WorkerDefaults[PartArgs]
	host *Host
}

// Timeout implements river.Worker.
func (w *partWorker) Timeout(job *river.Job[PartArgs]) time.Duration {
	return time.Duration(job.Args.TimeoutMS)*time.Millisecond + caseMargin
}

// NextRetry implements river.Worker: a part that could not be taken is tried
// again soon, since others wait for it.
func (w *partWorker) NextRetry(*river.Job[PartArgs]) time.Time { return time.Now().Add(time.Second) }

// Work implements river.Worker. An error means that the part was not taken.
func (w *partWorker) Work(ctx context.Context, job *river.Job[PartArgs]) error {
	h := w.host
	part, err := h.teams.Sit(ctx, job.Args.PartID, h.id)
	switch {
	case errors.Is(err, loadteams.ErrLetGo):
		return nil // delivered twice, or nobody waits for it
	case errors.Is(err, loadteams.ErrLater):
		return river.JobSnooze(lookEvery)
	case err != nil:
		return err
	}
	h.endPart(ctx, part, h.performPart(ctx, part))
	return nil
}

func (h *Host) performPart(ctx context.Context, part *loadteams.Part) error {
	claim, err := h.runs.Part(ctx, h.id, part.RunID, part.ResultID, part.Attempt)
	if err != nil {
		if errors.Is(err, runs.ErrStale) {
			return executors.ErrLetGo
		}
		return fmt.Errorf("the case could not be prepared: %s", apperr.Message(err))
	}
	executor, ok := h.executors[claim.Case.Kind].(executors.PartTaker)
	if !ok {
		return fmt.Errorf("this worker cannot perform parts of cases of kind %s", claim.Case.Kind)
	}
	limited, cancel := context.WithTimeout(ctx, claim.Deadline)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- h.guardedPart(limited, executor, claim, &seat{host: h, part: part, heard: time.Now()})
	}()
	select {
	case err := <-ended:
		return err
	case <-limited.Done():
	}
	late := time.NewTimer(h.grace)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
	}
	h.logger.Error("an executor did not end its part when it was told to, and was left behind", "case", claim.Result.CaseKey)
	return errLeftBehind
}

func (h *Host) guardedPart(ctx context.Context, executor executors.PartTaker, claim *runs.Claim, s executors.Seat) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("executor panicked", "kind", claim.Case.Kind, "case", claim.Result.CaseKey, "panic", p)
			err = errors.New("the executor failed unexpectedly; its log has the details")
		}
	}()
	return executor.TakePart(ctx, h.taskOf(claim), s)
}

// endPart tells how a part ended. Where that cannot be told, its lease runs out.
func (h *Host) endPart(ctx context.Context, part *loadteams.Part, err error) {
	ending := ctx.Err() != nil // only a worker that ends cancels the job
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), teamQuery)
	defer cancel()
	log := h.logger.With("result", part.ResultID, "part", part.Number)
	switch {
	case errors.Is(err, executors.ErrLetGo):
		log.Warn("a part of a load was ended, since nobody waits for it any more")
		return
	case ending:
		err = h.teams.Abandon(ctx, part)
	case err != nil:
		err = h.teams.End(ctx, part, err.Error())
	default:
		err = h.teams.End(ctx, part, "")
	}
	if err != nil {
		log.Warn("telling how a part of a load ended failed", "error", err)
	}
}

// seat is where the executor of a part sits. It implements executors.Seat.
type seat struct {
	host  *Host
	part  *loadteams.Part
	heard time.Time // when the database last answered
}

// Brief implements executors.Seat.
func (s *seat) Brief(ctx context.Context) ([]byte, error) {
	for {
		standing, err := s.look(ctx, false)
		if err != nil || standing.Brief != nil {
			return standing.Brief, err
		}
	}
}

// Ready implements executors.Seat.
func (s *seat) Ready(ctx context.Context) (time.Time, error) {
	for {
		standing, err := s.look(ctx, true)
		if err != nil {
			return time.Time{}, err
		}
		if standing.Started {
			return time.Now().Add(standing.StartIn), nil
		}
	}
}

// look asks how the part stands, after a moment. A database that is away for
// less than a lease is waited for.
func (s *seat) look(ctx context.Context, ready bool) (loadteams.Standing, error) {
	for {
		if err := pause(ctx, lookEvery); err != nil {
			return loadteams.Standing{}, err
		}
		query, cancel := context.WithTimeout(ctx, teamQuery)
		standing, err := s.host.teams.Look(query, s.part, ready)
		cancel()
		if err == nil {
			s.heard = time.Now()
			return standing, nil
		}
		if err := s.lost(err); errors.Is(err, executors.ErrLetGo) {
			return standing, err
		}
	}
}

// Report implements executors.Seat.
func (s *seat) Report(ctx context.Context, number int, report []byte) (executors.Order, error) {
	stop, err := s.host.teams.Report(ctx, s.part, number, report)
	if err != nil {
		return executors.Order{}, s.lost(err)
	}
	s.heard = time.Now()
	return executors.Order{Stop: stop}, nil
}

// lost turns an error into ErrLetGo where the part is no longer this worker's:
// it was told so, or its lease has run out meanwhile, and another worker may have
// taken over.
func (s *seat) lost(err error) error {
	if errors.Is(err, loadteams.ErrLetGo) || time.Since(s.heard) > loadteams.LeaseTime {
		return fmt.Errorf("%w: %w", executors.ErrLetGo, err)
	}
	return err
}
