package executors

import (
	"context"

	"github.com/semantest/semantest/internal/spec"
)

// SessionOpener is an Executor that can keep open what a case works with, for
// somebody who decides on each step when the one before is done.
type SessionOpener interface {
	// OpenSession makes what the steps of a case would find at its beginning, and
	// opens a page. The case of the task has no steps. The session keeps using the
	// task's Scope after ctx is done, until it is closed.
	OpenSession(ctx context.Context, task Task, o SessionOptions) (Session, error)
}

// SessionOptions say what is opened.
type SessionOptions struct {
	URL       string            // of the page at which it begins
	Record    bool              // whether to record what is done
	Variables []string          // that the task's Scope has
	Secrets   map[string]string // by their variables, which stand for them in what is recorded
}

// Session is a browser that is acted in. Its methods are for one goroutine, but
// for Gone and Why.
type Session interface {
	// Perform performs steps as Executor's Execute does. Session and page stay as
	// they are when one does not pass.
	Perform(ctx context.Context, steps []spec.BrowserStep, sink Sink) (spec.Outcome, error)

	// Look tells what the page shows.
	Look(ctx context.Context) (View, error)

	// Recorded is what was done so far; nil where nothing is recorded.
	Recorded(ctx context.Context) (*Recorded, error)

	// Gone is closed when the browser or its page is no more; Why then says so in
	// one sentence.
	Gone() <-chan struct{}
	Why() string

	// Close lets the browser go. It must be called.
	Close() error
}

// View is what a page shows.
type View struct {
	URL, Title string
	Picture    []byte // PNG of what is visible
}

// Recorded is what was done in a session, as steps that do the same.
type Recorded struct {
	Steps    []spec.BrowserStep
	Secrets  []string // variables that the steps may refer to and that were not given: for what was typed into secret fields
	Notes    []string // what could not be recorded
	Viewport spec.Viewport
}
