package cli

import (
	"errors"
	"fmt"
)

// The exit codes; scripts rely on them.
const (
	ExitPassed      = 0
	ExitFailed      = 1   // a case failed
	ExitUsage       = 2   // bad usage, plan or configuration
	ExitErrored     = 3   // a target, an executor or the server is at fault
	ExitGate        = 4   // only a gate did not hold
	ExitNoCase      = 5   // no case matched
	ExitInterrupted = 130 // stopped by the person
)

// exitError ends the program with a code. Its text, when there is any, is what
// the person reads.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func exit(code int, err error) error { return &exitError{code: code, err: err} }

func usage(format string, args ...any) error {
	return exit(ExitUsage, fmt.Errorf(format, args...))
}

// silent reports whether the error has nothing to say beyond its code.
func silent(err error) bool {
	e, ok := errors.AsType[*exitError](err)
	return ok && e.err == nil
}
