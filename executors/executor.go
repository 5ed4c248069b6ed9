package executors

import (
	"context"
	"io/fs"

	"github.com/semantest/semantest/internal/spec"
)

// Executor performs cases of one kind.
//
// Execute may be called from many goroutines at once, each with its own Task
// and Sink. It must
//   - return soon after ctx is done (within two seconds), with OutcomeTimedOut
//     when the deadline passed and OutcomeCancelled when it was cancelled;
//   - emit for each step that it begins one StepStarted and then one
//     StepFinished with the same index, in the order of the steps;
//   - report the steps that were not reached as StepFinished with
//     OutcomeSkipped, without StepStarted; what such a step holds (the steps of
//     a loop) is not reported;
//   - report a step that it cannot perform at all in the same way, with the
//     reason, and return OutcomeSkipped when that ended the case;
//   - tell the steps that run at the same time one branch after the other;
//   - return one outcome, never OutcomeFlaky, and an error that says in one
//     sentence why the outcome is not passed (nil when it is);
//   - leave no goroutine and no use of the Sink behind when it returns.
//
// A failed check or an element that is not there is OutcomeFailed: the target
// is at fault. OutcomeErrored says that the case could not be judged: the
// target cannot be reached, the browser is gone.
//
// Close releases what the executor holds (a warm browser). It is called once,
// after the last Execute has returned.
type Executor interface {
	Kind() spec.Kind
	Execute(ctx context.Context, task Task, sink Sink) (spec.Outcome, error)
	Close() error
}

// Task is one attempt of one case. The Scope belongs to the attempt.
type Task struct {
	ProjectID string
	RunID     string
	ResultID  string
	Attempt   int // from 1
	Case      spec.Case
	Use       spec.Use    // settings shared by the plan's cases
	Scope     *spec.Scope // variables; captures are added to it
	Files     fs.FS       // files that came with the plan; never nil
	Team      Team        // brings other workers in; nil where this process is alone

	// Previous is nil where nobody remembers earlier runs.
	Previous Previous

	// LoadGrant is what the project may do beyond the server's limits of load; nil
	// for no more than those.
	LoadGrant *spec.LoadGrant

	// Baselines is nil where nobody keeps any: nothing can be compared then.
	Baselines Baselines
	// AcceptBaselines says that what is new or changed is accepted beforehand: it
	// is proposed as it is, and does not fail its check.
	AcceptBaselines bool
}
