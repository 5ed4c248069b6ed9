package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// commandLimit bounds one command, beside the limits of its steps.
	commandLimit = 5 * time.Minute
	// maxTold bounds what the details of a command's steps may hold together.
	maxTold = 512 << 10
)

// performCommand performs a command and stores how it ended. An error ends the
// session.
func (h *Host) performCommand(k *sessionKeeper, session executors.Session, c *browsersessions.Command) error {
	told := &commandSink{began: time.Now()}
	outcome, failure, err := h.performSteps(k, session, c, told)
	if err != nil {
		return err
	}
	if k.ctx.Err() != nil {
		return context.Cause(k.ctx)
	}
	done := browsersessions.Done{Command: c, Outcome: outcome, Steps: told.end()}
	if failure != nil {
		done.Error = k.mask(failure.Error())
	}
	if !gone(session) {
		view, err := session.Look(k.ctx)
		done.PageURL, done.PageTitle = excerpt.Storable(view.URL), excerpt.Storable(view.Title)
		if err == nil && len(view.Picture) <= browsersessions.MaxPicture {
			done.Picture = view.Picture
		}
	}
	if k.claim.Record {
		done.Recorded, done.Notes = recorded(k, session)
	}
	return k.persist(func(ctx context.Context) error { return h.sessions.Finish(ctx, k.claim, done) })
}

// performSteps guards the process against an executor that breaks its contract,
// as execute does.
func (h *Host) performSteps(k *sessionKeeper, session executors.Session, c *browsersessions.Command, sink executors.Sink) (spec.Outcome, error, error) {
	ctx, cancel := context.WithTimeout(k.ctx, commandLimit)
	defer cancel()
	type end struct {
		outcome spec.Outcome
		err     error
	}
	ended := make(chan end, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				h.logger.Error("executor panicked", "session", k.claim.ID, "panic", p)
				ended <- end{spec.OutcomeErrored, errors.New("the executor failed unexpectedly; its log has the details")}
			}
		}()
		outcome, err := session.Perform(ctx, c.Steps, sink)
		ended <- end{outcome, err}
	}()
	select {
	case e := <-ended:
		return e.outcome, e.err, nil
	case <-ctx.Done():
	}
	late := time.NewTimer(h.grace)
	defer late.Stop()
	select {
	case e := <-ended:
		return e.outcome, e.err, nil
	case <-late.C:
	}
	h.logger.Error("an executor did not end when it was told to, and was left behind", "session", k.claim.ID)
	return "", nil, errLeftBehind
}

// recorded is the plan of what was done so far, without any secret.
func recorded(k *sessionKeeper, session executors.Session) (plan string, notes []string) {
	ctx, cancel := context.WithTimeout(k.ctx, sessionQuery)
	defer cancel()
	done, err := session.Recorded(ctx)
	if err != nil || done == nil {
		return "", []string{"what was done so far could not be read from the browser in time"}
	}
	c := k.claim
	made := importing.Recorded{
		URL: c.URL, Browser: c.Browser, Device: c.Device, Viewport: &done.Viewport, Steps: done.Steps, Notes: done.Notes,
		Secrets: append(slices.Clone(c.Secrets), done.Secrets...),
	}
	out, err := made.Plan()
	if err != nil {
		return "", append(done.Notes, k.mask("what was done makes no plan: "+err.Error()))
	}
	for _, note := range out.Notes {
		notes = append(notes, k.mask(note))
	}
	return k.mask(string(out.Plan)), notes
}

// commandSink collects what the steps of a command have to tell. What they
// attach is not kept: the page's picture afterwards is.
type commandSink struct {
	began time.Time

	mu    sync.Mutex
	over  bool
	steps []schema.SessionStep
	size  int
}

// Emit implements executors.Sink.
func (s *commandSink) Emit(e executors.Event) {
	f, ok := e.(executors.StepFinished)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || s.over || len(s.steps) >= maxSteps {
		return
	}
	out := schema.SessionStep{
		Name: f.Name, Action: f.Action, Outcome: string(f.Outcome), Error: f.Error,
		OffsetMS: max(0, f.StartedAt.Sub(s.began).Milliseconds()), DurationMS: float64(f.Duration.Microseconds()) / 1000,
	}
	for _, c := range f.Checks {
		out.Checks = append(out.Checks, schema.SessionCheck{
			Name: excerpt.Start(c.Name, 1000), Passed: c.Passed, Expected: excerpt.Start(c.Expected, 4000), Actual: excerpt.Start(c.Actual, 4000), Message: excerpt.Start(c.Message, 4000),
		})
	}
	if detail, err := json.Marshal(f.Detail); err == nil && len(f.Detail) > 0 {
		if s.size += len(detail); len(detail) > maxDetail || s.size > maxTold {
			out.Detail = map[string]any{"omitted": "the detail is too large"}
		} else {
			out.Detail = f.Detail
		}
	}
	s.steps = append(s.steps, out)
}

// Attach implements executors.Sink.
func (s *commandSink) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }

func (s *commandSink) end() []schema.SessionStep {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	return s.steps
}
