package driver

import "errors"

// Errors that calls of a page end with.
var (
	// ErrLost is wrapped by every error of a call that could not end because the
	// browser did.
	ErrLost = errors.New("the connection to the browser is lost")

	ErrNavigated = errors.New("another page was opened meanwhile")
	ErrCrashed   = errors.New("the page crashed")
	ErrClosed    = errors.New("the page was closed")
	ErrNoHistory = errors.New("there is no such entry in the page's history")
	ErrTooLarge  = errors.New("it is too large to be kept")
)

// Fault says whose fault it is that no document came.
type Fault int

// The faults.
const (
	FaultAnswer   Fault = iota // the target answered, and wrongly
	FaultAway                  // the target cannot be reached
	FaultSilent                // the target answered nothing
	FaultMachine               // this machine's
	FaultRefused               // the browser would not even ask; Why is its own sentence
	FaultDownload              // it is a file to be kept, and no page
)

// LoadError says why no document came.
type LoadError struct {
	Fault Fault
	Why   string // a clause for people: "nothing listens there"
	Text  string // the browser's own word: "net::ERR_CONNECTION_REFUSED"; may be empty
}

func (e *LoadError) Error() string {
	if e.Text == "" {
		return e.Why
	}
	return e.Why + " (" + e.Text + ")"
}

// ScriptError is what a script threw.
type ScriptError struct{ Message string }

func (e *ScriptError) Error() string { return e.Message }

// CannotError says that the engine cannot do what it was asked for, which shows
// only then.
type CannotError struct{ What string } // completes "webkit cannot …"

func (e *CannotError) Error() string { return "the browser cannot " + e.What }
