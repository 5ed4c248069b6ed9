package spec

// Kind says which executor performs a case.
type Kind string

// The kinds that a plan may name.
const (
	KindAPI      Kind = "api"
	KindBrowser  Kind = "browser"
	KindLoad     Kind = "load"
	KindContract Kind = "contract"
	KindLLM      Kind = "llm"
)

// Kinds lists every kind in the order in which documents show them.
func Kinds() []Kind { return []Kind{KindAPI, KindBrowser, KindLoad, KindContract, KindLLM} }

// Values implements ent's EnumValues.
func (Kind) Values() []string { return names(Kinds()) }

// Outcome is how one case, attempt or step ended.
type Outcome string

// The outcomes. Flaky is given only to a result: a later attempt passed after
// an earlier one had failed.
const (
	OutcomePassed    Outcome = "passed"
	OutcomeFailed    Outcome = "failed"
	OutcomeFlaky     Outcome = "flaky"
	OutcomeTimedOut  Outcome = "timed_out"
	OutcomeErrored   Outcome = "errored"
	OutcomeSkipped   Outcome = "skipped"
	OutcomeCancelled Outcome = "cancelled"
)

// Outcomes lists every outcome, best first.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomePassed, OutcomeFlaky, OutcomeSkipped, OutcomeFailed,
		OutcomeTimedOut, OutcomeErrored, OutcomeCancelled,
	}
}

// Values implements ent's EnumValues.
func (Outcome) Values() []string { return names(Outcomes()) }

// Good reports whether the outcome leaves its run passed.
func (o Outcome) Good() bool {
	return o == OutcomePassed || o == OutcomeFlaky || o == OutcomeSkipped
}

// Retryable reports whether another attempt may be made after this outcome.
func (o Outcome) Retryable() bool {
	return o == OutcomeFailed || o == OutcomeTimedOut || o == OutcomeErrored
}

func names[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}
