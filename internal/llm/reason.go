package llm

import (
	"context"
	"errors"

	"github.com/semantest/semantest/internal/apperr"
)

// Reason tells why there is no answer.
type Reason string

// The reasons.
const (
	NotConfigured Reason = "NOT_CONFIGURED" // there is no provider
	Rejected      Reason = "REJECTED"       // the provider does not take the request: its key, its model or its form
	Refused       Reason = "REFUSED"        // the model does not want to answer, or its filter hid the answer
	Truncated     Reason = "TRUNCATED"      // the answer is longer than it may be
	Unavailable   Reason = "UNAVAILABLE"    // the provider does not answer, or not as one
	InvalidAnswer Reason = "INVALID_ANSWER" // the answer does not keep to the schema, also after a repair
	BudgetSpent   Reason = "BUDGET_SPENT"
)

const reasonDetail = "reason"

// ReasonOf returns why there is no answer; "" for nil, and for what is no error
// of this room, such as one of a context.
func ReasonOf(err error) Reason {
	e, ok := errors.AsType[*apperr.Error](err)
	if !ok {
		return ""
	}
	reason, _ := e.Details[reasonDetail].(Reason)
	return reason
}

// codes are those that the graph shows.
var codes = map[Reason]apperr.Code{
	NotConfigured: apperr.Conflict,
	Rejected:      apperr.Unavailable,
	Refused:       apperr.Unavailable,
	Truncated:     apperr.Unavailable,
	Unavailable:   apperr.Unavailable,
	InvalidAnswer: apperr.Unavailable,
	BudgetSpent:   apperr.RateLimited,
}

func failed(reason Reason, cause error, format string, args ...any) error {
	return apperr.Wrap(cause, codes[reason], format, args...).With(reasonDetail, reason)
}

// ErrNotConfigured is the answer of a client without a provider.
var ErrNotConfigured = failed(NotConfigured, nil,
	"no language model is configured; set SEMANTEST_LLM_BASE_URL and SEMANTEST_LLM_MODEL, and SEMANTEST_LLM_API_KEY where the endpoint wants a key (semantest llm check tells what it can do)")

// final says that no other provider is asked: another one would be asked to do
// what this one refuses, or nobody waits any more.
func final(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	switch ReasonOf(err) {
	case Refused, Truncated, BudgetSpent:
		return true
	case NotConfigured, Rejected, Unavailable, InvalidAnswer:
		return false
	}
	return apperr.CodeOf(err) == apperr.InvalidInput
}
