package apperr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
)

func TestCodeAndMessage(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp 10.0.0.1: password=hunter2")
	missing := apperr.New(apperr.NotFound, "there is no run %s", "run_1")
	for _, tt := range []struct {
		name    string
		err     error
		code    apperr.Code
		message string
	}{
		{"none", nil, "", "something went wrong on our side"},
		{"coded", missing, apperr.NotFound, "there is no run run_1"},
		{"wrapped in context", fmt.Errorf("read: %w", missing), apperr.NotFound, "there is no run run_1"},
		{"joined after another one", errors.Join(io.EOF, missing), apperr.NotFound, "there is no run run_1"},
		{"the outer code holds", apperr.Wrap(missing, apperr.Conflict, "it is gone"), apperr.Conflict, "it is gone"},
		{"a field", apperr.Invalid("first", "at most %d", 100), apperr.InvalidInput, "at most 100"},
		{"no code", cause, apperr.Internal, "something went wrong on our side"},
		{"a cause keeps out of the message", apperr.Wrap(cause, apperr.Unavailable, "no answer"), apperr.Unavailable, "no answer"},
		{"a deadline", context.DeadlineExceeded, apperr.Internal, "something went wrong on our side"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := apperr.CodeOf(tt.err); got != tt.code {
				t.Errorf("CodeOf = %q, want %q", got, tt.code)
			}
			if got := apperr.Message(tt.err); got != tt.message {
				t.Errorf("Message = %q, want %q", got, tt.message)
			}
		})
	}
}

func TestErrorTellsItsCause(t *testing.T) {
	t.Parallel()
	err := apperr.Wrap(io.ErrUnexpectedEOF, apperr.Unavailable, "the answer of %s broke off", "shop")
	if got, want := err.Error(), "the answer of shop broke off: unexpected EOF"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause cannot be found with errors.Is")
	}
	if got := apperr.New(apperr.Conflict, "in use").Error(); got != "in use" {
		t.Errorf("Error() = %q without a cause", got)
	}
}

func TestWithLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	first := apperr.Invalid("select", "no case matches").With("reason", "NO_CASE")
	second := first.With("count", 3)
	if diff := cmp.Diff(map[string]any{"reason": "NO_CASE"}, first.Details); diff != "" {
		t.Errorf("the first error has changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"reason": "NO_CASE", "count": 3}, second.Details); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	if second.Field != "select" || second.Code != apperr.InvalidInput || second.Message != "no case matches" {
		t.Errorf("With has lost something: %+v", second)
	}
}
