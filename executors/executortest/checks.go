package executortest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

func conformance() []check {
	return []check{
		{"kind is known", kindIsKnown},
		{"passing case passes", outcomeIs(func(h Harness) taskFunc { return h.Passing }, spec.OutcomePassed)},
		{"failing case fails", failingFails},
		{"erroring case errs", outcomeIs(func(h Harness) taskFunc { return h.Erroring }, spec.OutcomeErrored)},
		{"cancel is honoured", cancelIsHonoured},
		{"cancel before the start is honoured", cancelledBefore},
		{"deadline is honoured", deadlineIsHonoured},
		{"cancel at any moment keeps the contract", cancelAnyMoment},
		{"attachments are whole", attachmentsAreWhole},
		{"a sink that cannot store does not fail the case", sinkErrors},
		{"secrets never show", secretsNeverShow},
		{"attempts do not disturb one another", concurrent},
		{"executor is usable after a cancelled attempt", usableAfterCancel},
	}
}

type taskFunc = func(testing.TB) executors.Task

func kindIsKnown(t *trial) error {
	if kind := t.executor.Kind(); !slices.Contains(spec.Kinds(), kind) {
		return fmt.Errorf("the kind is %q, which the plan language does not know", kind)
	}
	return nil
}

func outcomeIs(pick func(Harness) taskFunc, want spec.Outcome) func(*trial) error {
	return func(t *trial) error {
		a, err := t.run(pick(t.h)(t.tb))
		if err != nil {
			return err
		}
		return a.expect(want)
	}
}

func failingFails(t *trial) error {
	a, err := t.run(t.h.Failing(t.tb))
	if err != nil {
		return err
	}
	if err := a.expect(spec.OutcomeFailed); err != nil {
		return err
	}
	if !t.h.Independent && !slices.ContainsFunc(a.sink.Steps(), skipped) {
		return errors.New("the steps behind the failed one were not reported as skipped")
	}
	return nil
}

func cancelIsHonoured(t *trial) error {
	a, err := t.cancelled(t.h.Slow(t.tb), context.Canceled)
	if err != nil {
		return err
	}
	if err := a.expect(spec.OutcomeCancelled); err != nil {
		return err
	}
	if !slices.ContainsFunc(a.sink.Steps(), skipped) {
		return errors.New("the steps that were not reached were not reported as skipped")
	}
	return nil
}

// cancelled runs a task that does not end and cancels it in its first step.
func (t *trial) cancelled(task executors.Task, cause error) (*attempt, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	sink := &Recorder{}
	waited := make(chan error, 1)
	go func() {
		limit, stop := context.WithTimeout(ctx, t.startup())
		defer stop()
		err := sink.WaitFor(limit, Started)
		cancel(cause)
		waited <- err
	}()
	a, err := t.execute(ctx, task, sink)
	cancel(cause)
	if waitErr := <-waited; waitErr != nil && err == nil {
		return a, fmt.Errorf("the slow case ended by itself or began no step within %s: outcome %s (%v)", t.startup(), a.outcome, a.err)
	}
	return a, err
}

func cancelledBefore(t *trial) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a, err := t.execute(ctx, t.h.Passing(t.tb), &Recorder{})
	if err != nil {
		return err
	}
	if err := a.expect(spec.OutcomeCancelled); err != nil {
		return err
	}
	if slices.ContainsFunc(a.sink.Events(), Started) {
		return errors.New("a step was started although the context was cancelled before")
	}
	return nil
}

func deadlineIsHonoured(t *trial) error {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	a, err := t.execute(ctx, t.h.Slow(t.tb), &Recorder{})
	if err != nil {
		return err
	}
	return a.expect(spec.OutcomeTimedOut)
}

// cancelAnyMoment cancels a passing attempt in ever later moments: whatever it
// was doing, the events must stay in order and the outcome be one of two.
func cancelAnyMoment(t *trial) error {
	whole, err := t.run(t.h.Passing(t.tb))
	if err != nil {
		return err
	}
	const moments = 8
	for i := range moments {
		after := whole.took * time.Duration(i+1) / moments
		ctx, cancel := context.WithCancel(context.Background())
		timer := time.AfterFunc(after, cancel)
		a, err := t.execute(ctx, t.h.Passing(t.tb), &Recorder{})
		timer.Stop()
		cancel()
		if err != nil {
			return err
		}
		if err := a.verify(); err != nil {
			return err
		}
		if a.outcome != spec.OutcomePassed && a.outcome != spec.OutcomeCancelled {
			return fmt.Errorf("interrupted after %s the outcome is %s (%v)", after, a.outcome, a.err)
		}
	}
	return nil
}

func attachmentsAreWhole(t *trial) error {
	if t.h.Attaching == nil {
		return errNotOffered
	}
	a, err := t.run(t.h.Attaching(t.tb))
	if err != nil {
		return err
	}
	all := a.sink.Attachments()
	if len(all) == 0 {
		return errors.New("nothing was attached")
	}
	for _, at := range all {
		if len(at.Data) == 0 {
			return fmt.Errorf("the attachment %q is empty", at.Name)
		}
	}
	return a.verify()
}

func sinkErrors(t *trial) error {
	if t.h.Attaching == nil {
		return errNotOffered
	}
	want, err := t.run(t.h.Attaching(t.tb))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.startup()+30*time.Second)
	defer cancel()
	a, err := t.execute(ctx, t.h.Attaching(t.tb), &Recorder{AttachErr: errors.New("the store is full")})
	if err != nil {
		return err
	}
	return a.expect(want.outcome)
}

func secretsNeverShow(t *trial) error {
	if t.h.Secret == nil {
		return errNotOffered
	}
	a, err := t.run(t.h.Secret(t.tb))
	if err != nil {
		return err
	}
	if a.outcome == spec.OutcomePassed {
		return errors.New("the case with a secret passed: its errors could not be looked at")
	}
	text := a.sink.Text() + a.err.Error()
	if i := strings.Index(text, SecretValue); i >= 0 {
		return fmt.Errorf("the secret shows: …%s…", text[max(0, i-120):min(len(text), i+len(SecretValue)+60)])
	}
	if !strings.Contains(text, "***") {
		return errors.New("nothing was masked: the case does not show that it uses the secret")
	}
	return a.verify()
}

func concurrent(t *trial) error {
	const attempts = 8
	tasks := make([]executors.Task, attempts)
	for i := range tasks {
		if tasks[i] = t.h.Passing(t.tb); i%2 == 1 {
			tasks[i] = t.h.Failing(t.tb)
		}
	}
	errs := make([]error, attempts)
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() {
			a, err := t.run(task)
			if err != nil {
				errs[i] = err
				return
			}
			want := spec.OutcomePassed
			if i%2 == 1 {
				want = spec.OutcomeFailed
			}
			errs[i] = a.expect(want)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func usableAfterCancel(t *trial) error {
	a, err := t.cancelled(t.h.Slow(t.tb), errors.New("stopped by a person"))
	if err != nil {
		return err
	}
	if err := a.expect(spec.OutcomeCancelled); err != nil {
		return err
	}
	if !strings.Contains(a.err.Error(), "stopped by a person") {
		return fmt.Errorf("the error %q does not say why the attempt was cancelled", a.err)
	}
	if a, err = t.run(t.h.Passing(t.tb)); err != nil {
		return err
	}
	return a.expect(spec.OutcomePassed)
}

func skipped(s executors.StepFinished) bool { return s.Outcome == spec.OutcomeSkipped }
