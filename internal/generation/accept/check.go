package accept

import "github.com/semantest/semantest/internal/generation/draft"

// CheckName names one check of a generated case.
type CheckName string

// The checks, in the order in which they are made.
const (
	SchemaValid       CheckName = "schema_valid"       // it is a case of the plan language
	AllowedHosts      CheckName = "allowed_hosts"      // it asks the target and nobody else
	AllowedActions    CheckName = "allowed_actions"    // it does only what generated cases may do
	NoSecrets         CheckName = "no_secrets"         // it holds no credentials
	CitesSource       CheckName = "cites_source"       // what it stands on is in the source
	ReferencesResolve CheckName = "references_resolve" // files and variables are there
	NotADuplicate     CheckName = "not_a_duplicate"    // no other case does the same
	AddsCoverage      CheckName = "adds_coverage"      // it looks at what none before it does
	ExportCompiles    CheckName = "export_compiles"    // what it is exported to is read by its language
	DryRun            CheckName = "dry_run"            // it passes
	Steady            CheckName = "steady"             // five runs of it end alike
	NoticesFaults     CheckName = "notices_faults"     // it fails when the target does
	Approved          CheckName = "approved"           // a person has accepted it
)

// CheckNames lists the checks in their order.
func CheckNames() []CheckName {
	return []CheckName{SchemaValid, AllowedHosts, AllowedActions, NoSecrets, CitesSource, ReferencesResolve,
		NotADuplicate, AddsCoverage, ExportCompiles, DryRun, Steady, NoticesFaults, Approved}
}

// Outcome is how a check ended.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // it could not be made, or there was no need; the reason says why
)

// Check is one check with its outcome.
type Check struct {
	Name    CheckName `json:"name"`
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason,omitempty"`
	Share   float64   `json:"share,omitempty"` // of NoticesFaults: of the faults that were noticed
}

// State is what becomes of a case.
type State string

// The states.
const (
	Proposed        State = "proposed"         // a person may accept it
	Accepted        State = "accepted"         // a person has
	Rejected        State = "rejected"         // a check or a person has
	SuspectedDefect State = "suspected_defect" // the target does not do what the source says
)

// Verdict is a case with what was found about it.
type Verdict struct {
	draft.Case
	ID, Name   string
	Kind       string
	State      State
	Checks     []Check
	Confidence float64 // 0–1, from the checks
}

// Reasons says why the case is what it is, one sentence for each check that
// did not pass.
func (v Verdict) Reasons() []string {
	var out []string
	for _, c := range v.Checks {
		if c.Outcome == Failed {
			out = append(out, c.Reason)
		}
	}
	return out
}

// confidence is the share of the checks that passed, a person's aside; the check
// of faults counts by the share of those that it noticed. What was not checked
// counts as not passed.
func confidence(checks []Check) float64 {
	sum := 0.0
	for _, c := range checks {
		switch {
		case c.Outcome != Passed:
		case c.Name == NoticesFaults:
			sum += c.Share
		default:
			sum++
		}
	}
	return sum / float64(len(CheckNames())-1)
}
