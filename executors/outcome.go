package executors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// Failure is an error that knows its outcome. Message is one sentence for
// people; Err is the cause, for logs.
type Failure struct {
	Outcome spec.Outcome
	Message string
	Err     error
}

// Failf returns a Failure of the target: OutcomeFailed.
func Failf(format string, args ...any) *Failure {
	return &Failure{Outcome: spec.OutcomeFailed, Message: fmt.Sprintf(format, args...)}
}

// Errorf returns a Failure that says why the case could not be judged:
// OutcomeErrored. A %w among the arguments is kept as the cause.
func Errorf(format string, args ...any) *Failure {
	err := fmt.Errorf(format, args...)
	return &Failure{Outcome: spec.OutcomeErrored, Message: err.Error(), Err: errors.Unwrap(err)}
}

// TimedOutf returns a Failure for a limit that was reached: OutcomeTimedOut.
func TimedOutf(format string, args ...any) *Failure {
	return &Failure{Outcome: spec.OutcomeTimedOut, Message: fmt.Sprintf(format, args...)}
}

// Error implements error. The cause is not repeated: the message is complete.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// OutcomeOf returns the outcome that err stands for, and the error to return
// beside it. What happened to ctx comes first, because a driver that is
// interrupted answers with any error: past its deadline the outcome is
// OutcomeTimedOut, cancelled it is OutcomeCancelled. Otherwise a Failure says
// its own outcome and any other error is OutcomeErrored. No error is
// OutcomePassed, whatever ctx says.
func OutcomeOf(ctx context.Context, err error) (spec.Outcome, error) {
	if err == nil {
		return spec.OutcomePassed, nil
	}
	if over(ctx) {
		cause := context.Cause(ctx)
		if cause == nil || errors.Is(cause, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return spec.OutcomeTimedOut, &Failure{Outcome: spec.OutcomeTimedOut, Err: err,
				Message: "did not finish within the time limit of the case" + because(err)}
		}
		message := "cancelled"
		if !errors.Is(cause, context.Canceled) {
			message += ": " + cause.Error()
		}
		return spec.OutcomeCancelled, &Failure{Outcome: spec.OutcomeCancelled, Message: message, Err: err}
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Outcome, err
	}
	return spec.OutcomeErrored, err
}

// over reports whether ctx is done. The deadline is compared too: a network
// connection that was given it answers a moment before ctx itself knows.
func over(ctx context.Context) bool {
	if ctx.Err() != nil {
		return true
	}
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

// because adds what a step was waiting for when its time was up. Only a
// TimedOut Failure is worth reading then; other errors are the interruption.
func because(err error) string {
	if f, ok := errors.AsType[*Failure](err); ok && f.Outcome == spec.OutcomeTimedOut {
		return ": " + f.Message
	}
	return ""
}
