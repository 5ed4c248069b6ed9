package accept

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/spec"
)

// Runs is how often a case is performed before it is called steady.
const Runs = 5

// Fault is something that is done to the answers of the target.
type Fault string

// The faults, each of every answer.
const (
	Sound       Fault = ""             // nothing
	ServerError Fault = "server_error" // the status is 500
	EmptyAnswer Fault = "empty_answer" // there is nothing in the body
	OtherValues Fault = "other_values" // each text and number in the body is another one
)

// Faults lists the faults that a case may notice.
func Faults() []Fault { return []Fault{ServerError, EmptyAnswer, OtherValues} }

// Ending is how one attempt of a case ended.
type Ending struct {
	Outcome spec.Outcome
	Error   string
	Failed  []string // names of the checks that did not pass, in their order
}

// Performer performs cases against the target. It may be called from several
// goroutines.
type Performer interface {
	Perform(ctx context.Context, plan *spec.Plan, files map[string][]byte, fault Fault) Ending
	// Able reports whether there is somebody to perform cases of a kind.
	Able(kind spec.Kind) bool
}

// Filter judges the cases of one set.
type Filter struct {
	Frame     draft.Frame
	Cites     []draft.Cite // what a case may stand on
	Universe  []string
	Existing  []spec.Case // of the plan that the cases are for
	Kinds     []spec.Kind // that may be proposed; empty for all
	Performer Performer   // nil for checks without a run
	MaxCases  int         // how many are proposed at most
	Coverage  float64     // 0–1: enough is proposed when so much is covered
	Export    func(plan *spec.Plan) (skipped string, err error)
	Progress  func(v Verdict, tried, of int) // called for each case that is judged, one after the other
}

// atOnce is how many cases are performed at the same time.
const atOnce = 3

// Judge judges cases until enough of them are proposed, and returns those that
// were judged, in their order, with the share of the universe that the proposed
// ones cover. When ctx ends, what was not judged yet is proposed with what is
// known of it.
func (f *Filter) Judge(ctx context.Context, cases []draft.Case) ([]Verdict, float64) {
	j := &judging{Filter: f, prints: map[string]string{}, ids: map[string]bool{}, covered: map[string]bool{}}
	for _, c := range f.Existing {
		j.prints[fingerprint(c)], j.ids[c.ID] = c.ID, true
	}
	var out []Verdict
	rest := append([]draft.Case(nil), cases...)
	for len(rest) > 0 && !j.enough() {
		batch := j.next(&rest)
		out = append(out, j.batch(ctx, batch, len(cases)-len(rest), len(cases))...)
	}
	return out, j.coverage()
}

// judging is the state of one call.
type judging struct {
	*Filter
	prints   map[string]string // of cases that are there: their ids
	ids      map[string]bool
	covered  map[string]bool
	proposed int
}

func (j *judging) enough() bool {
	return j.MaxCases > 0 && j.proposed >= j.MaxCases || j.proposed > 0 && j.Coverage > 0 && j.coverage() >= j.Coverage
}

func (j *judging) coverage() float64 {
	if len(j.Universe) == 0 {
		return 0
	}
	n := 0
	for _, item := range j.Universe {
		if j.covered[item] {
			n++
		}
	}
	return float64(n) / float64(len(j.Universe))
}

// next takes the cases that add most, as many as are performed at once.
func (j *judging) next(rest *[]draft.Case) []draft.Case {
	var out []draft.Case
	expected := map[string]bool{}
	for len(out) < atOnce && len(*rest) > 0 && (j.MaxCases == 0 || j.proposed+len(out) < j.MaxCases) {
		best, most := 0, -1
		for i, c := range *rest {
			n := 0
			for _, item := range c.Covers {
				if !j.covered[item] && !expected[item] {
					n++
				}
			}
			if n > most {
				best, most = i, n
			}
		}
		c := (*rest)[best]
		*rest = append((*rest)[:best], (*rest)[best+1:]...)
		for _, item := range c.Covers {
			expected[item] = true
		}
		out = append(out, c)
	}
	return out
}

func (j *judging) batch(ctx context.Context, cases []draft.Case, tried, of int) []Verdict {
	out := make([]Verdict, len(cases))
	plans := make([]*spec.Plan, len(cases))
	for i, c := range cases {
		out[i], plans[i] = j.read(c)
	}
	var all errgroup.Group
	for i := range out {
		if out[i].State == Rejected {
			continue
		}
		all.Go(func() error { j.perform(ctx, &out[i], plans[i]); return nil })
	}
	_ = all.Wait() // the functions return no error
	for i := range out {
		j.settle(&out[i])
		if j.Progress != nil {
			j.Progress(out[i], tried-len(out)+i+1, of)
		}
	}
	return out
}

// settle closes a verdict and counts what it covers.
func (j *judging) settle(v *Verdict) {
	v.Checks = append(v.Checks, Check{Name: Approved, Outcome: Skipped, Reason: "nobody has accepted it yet"})
	v.Confidence = confidence(v.Checks)
	if v.State != Proposed {
		return
	}
	j.proposed++
	for _, item := range v.Covers {
		j.covered[item] = true
	}
}

// perform makes the checks that need the target.
func (j *judging) perform(ctx context.Context, v *Verdict, plan *spec.Plan) {
	skip := func(reason string, names ...CheckName) {
		for _, name := range names {
			v.Checks = append(v.Checks, Check{Name: name, Outcome: Skipped, Reason: reason})
		}
	}
	switch {
	case j.Performer == nil:
		skip("nothing was performed", DryRun, Steady, NoticesFaults)
		return
	case !j.Performer.Able(plan.Cases[0].Kind):
		skip(fmt.Sprintf("nobody here performs cases of kind %s", plan.Cases[0].Kind), DryRun, Steady, NoticesFaults)
		return
	}
	first := j.Performer.Perform(ctx, plan, j.Frame.Files, Sound)
	switch {
	case ctx.Err() != nil:
		skip(late, DryRun, Steady, NoticesFaults)
		return
	case first.Outcome == spec.OutcomePassed:
		v.Checks = append(v.Checks, Check{Name: DryRun, Outcome: Passed})
	default:
		v.State = Rejected
		v.Checks = append(v.Checks, Check{Name: DryRun, Outcome: Failed, Reason: sentence(first)})
	}
	steady := j.steady(ctx, plan, first)
	v.Checks = append(v.Checks, steady)
	switch {
	case steady.Outcome == Failed:
		v.State = Rejected
	case v.State == Rejected:
		if steady.Outcome == Passed && first.Outcome == spec.OutcomeFailed && promised(v.Cites) {
			v.State = SuspectedDefect
		}
	case steady.Outcome == Passed:
		v.Checks = append(v.Checks, j.faults(ctx, v, plan))
		return
	}
	skip("it was not needed any more", NoticesFaults)
}

const late = "the time was up"

// promised reports whether a case stands on what somebody promises, and not on
// what the target was seen to do.
func promised(cites []draft.Cite) bool {
	for _, c := range cites {
		if c.Kind == draft.Page {
			return false
		}
	}
	return len(cites) > 0
}

// steady performs the case again: every run must end as the first one did.
func (j *judging) steady(ctx context.Context, plan *spec.Plan, first Ending) Check {
	for n := 2; n <= Runs; n++ {
		again := j.Performer.Perform(ctx, plan, j.Frame.Files, Sound)
		if ctx.Err() != nil {
			return Check{Name: Steady, Outcome: Skipped, Reason: late}
		}
		if again.Outcome != first.Outcome || strings.Join(again.Failed, "\n") != strings.Join(first.Failed, "\n") {
			return Check{Name: Steady, Outcome: Failed,
				Reason: fmt.Sprintf("flaky: run 1 was %s and run %d %s", ending(first), n, ending(again))}
		}
	}
	return Check{Name: Steady, Outcome: Passed}
}

// faults performs the case against the target with faults. One that every case
// of its kind must notice is a server error.
func (j *judging) faults(ctx context.Context, v *Verdict, plan *spec.Plan) Check {
	var noticed, unnoticed []string
	for _, fault := range Faults() {
		e := j.Performer.Perform(ctx, plan, j.Frame.Files, fault)
		if ctx.Err() != nil {
			return Check{Name: NoticesFaults, Outcome: Skipped, Reason: late}
		}
		if e.Outcome == spec.OutcomeFailed || e.Outcome == spec.OutcomeTimedOut {
			noticed = append(noticed, string(fault))
		} else {
			unnoticed = append(unnoticed, string(fault))
		}
	}
	if len(noticed) == 0 {
		v.State = Rejected
		return Check{Name: NoticesFaults, Outcome: Failed, Reason: "it passes whatever the target answers: none of " + strings.Join(unnoticed, ", ") + " made it fail"}
	}
	c := Check{Name: NoticesFaults, Outcome: Passed, Share: float64(len(noticed)) / float64(len(Faults()))}
	if len(unnoticed) > 0 {
		c.Reason = "it does not notice " + strings.Join(unnoticed, ", ")
	}
	return c
}

func ending(e Ending) string {
	if len(e.Failed) > 0 {
		return fmt.Sprintf("%s (%s)", e.Outcome, e.Failed[0])
	}
	return string(e.Outcome)
}

func sentence(e Ending) string {
	if e.Error != "" {
		return fmt.Sprintf("it is %s: %s", e.Outcome, e.Error)
	}
	return "it is " + string(e.Outcome)
}
