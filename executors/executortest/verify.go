package executortest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// maxSentence bounds an error's text, in bytes: it is shown on one line.
const maxSentence = 2000

// Verify returns every way in which a finished attempt broke the contract:
// what Execute returned, the order and content of the events, the attachments.
// steps is the number of steps that must be reported; -1 does not ask.
func (r *Recorder) Verify(steps int, outcome spec.Outcome, err error) error {
	v := &verifier{independent: r.Independent}
	v.returned(outcome, err)
	for _, e := range r.Events() {
		v.event(e)
	}
	v.end(steps, outcome)
	v.attachments(r.Attachments())
	for _, late := range r.Late() {
		v.fail("the sink was used after Execute had returned: %s", late)
	}
	return errors.Join(v.errs...)
}

type verifier struct {
	errs     []error
	open     *executors.StepStarted
	next     int // index of the step that comes next
	branch   int // of the newest step
	skipping bool
	failed   bool // a step of this branch, or outside of any, did not pass
	bad      int  // steps that neither passed nor were skipped
	skipped  int

	independent bool
}

func (v *verifier) fail(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf(format, args...))
}

func (v *verifier) returned(outcome spec.Outcome, err error) {
	switch {
	case !slices.Contains(spec.Outcomes(), outcome):
		v.fail("Execute returned the outcome %q, which is none", outcome)
	case outcome == spec.OutcomeFlaky:
		v.fail("Execute returned flaky, which only a result can be")
	case outcome == spec.OutcomePassed && err != nil:
		v.fail("Execute returned passed and the error %q", err)
	case outcome != spec.OutcomePassed && err == nil:
		v.fail("Execute returned %s without an error that says why", outcome)
	}
	if err != nil {
		v.sentence("the error of Execute", err.Error())
	}
	if u, ok := errors.AsType[*executors.Unreachable](err); ok {
		host, port, splitErr := net.SplitHostPort(u.Target)
		if _, numErr := strconv.ParseUint(port, 10, 16); splitErr != nil || numErr != nil || host == "" || host != strings.ToLower(host) {
			v.fail("the error of Execute says that %q is unreachable, which is no host:port in lower case", u.Target)
		}
		if outcome == spec.OutcomePassed {
			v.fail("Execute returned passed although its target is unreachable")
		}
	}
}

func (v *verifier) sentence(what, text string) {
	switch {
	case strings.TrimSpace(text) == "":
		v.fail("%s is empty", what)
	case strings.ContainsAny(text, "\r\n"):
		v.fail("%s is more than one line: %q", what, text)
	case len(text) > maxSentence:
		v.fail("%s has %d bytes, more than %d", what, len(text), maxSentence)
	}
}

func (v *verifier) event(e executors.Event) {
	switch e := e.(type) {
	case executors.StepStarted:
		v.started(e)
	case executors.StepFinished:
		v.finished(e)
	case executors.Metric:
		if e.Name == "" || e.At.IsZero() || math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
			v.fail("the metric %+v lacks a name, a time or a finite value", e)
		}
	case executors.Pulse:
		for _, n := range []float64{e.Rate, e.P95, e.Failed} {
			if math.IsNaN(n) || math.IsInf(n, 0) || n < 0 {
				v.fail("the pulse %+v has a value that is none", e)
			}
		}
		if v.open == nil || e.At.IsZero() {
			v.fail("the pulse %+v belongs to no step, or lacks a time", e)
		}
	case executors.Log:
		if !slices.Contains([]string{"debug", "info", "warn", "error"}, e.Level) || e.At.IsZero() {
			v.fail("the log line %+v lacks a known level or a time", e)
		}
	}
}

func (v *verifier) started(e executors.StepStarted) {
	if v.open != nil {
		v.fail("step %d started before step %d had finished", e.Index, v.open.Index)
	}
	if e.Branch != 0 && e.Branch != v.branch {
		v.skipping, v.failed = false, false // what the steps beside it came to does not matter
	}
	if e.Branch == 0 && v.bad > 0 {
		v.failed = true
	}
	v.branch = e.Branch
	if v.skipping {
		v.fail("step %d started after a step had been skipped", e.Index)
	}
	if v.failed && !v.independent {
		v.fail("step %d started after a step that did not pass", e.Index)
	}
	if e.Index != v.next {
		v.fail("step %d started where %d was due", e.Index, v.next)
	}
	if e.Name == "" || e.Action == "" || e.At.IsZero() {
		v.fail("StepStarted %d lacks a name, an action or a time", e.Index)
	}
	v.open = &e
}

func (v *verifier) finished(e executors.StepFinished) {
	if e.Index != v.next {
		v.fail("step %d finished where %d was due", e.Index, v.next)
	}
	v.next = e.Index + 1
	if e.Outcome == spec.OutcomeSkipped {
		v.skipping = true
		v.skipped++
		if v.open != nil {
			v.fail("step %d was started and then skipped", e.Index)
			v.open = nil
		}
		return
	}
	if v.open == nil {
		v.fail("step %d finished with %s and was never started", e.Index, e.Outcome)
	} else if v.open.Index != e.Index || v.open.Name != e.Name || v.open.Action != e.Action {
		v.fail("step %d (%s, %s) finished while %d (%s, %s) was open",
			e.Index, e.Name, e.Action, v.open.Index, v.open.Name, v.open.Action)
	}
	v.open = nil
	v.content(e)
}

func (v *verifier) content(e executors.StepFinished) {
	where := fmt.Sprintf("step %d", e.Index)
	passed := e.Outcome == spec.OutcomePassed
	if !passed {
		v.bad++
		v.failed = true
	}
	if e.Outcome == spec.OutcomeFlaky || !slices.Contains(spec.Outcomes(), e.Outcome) {
		v.fail("%s has the outcome %q", where, e.Outcome)
	}
	if passed && e.Error != "" {
		v.fail("%s passed with the error %q", where, e.Error)
	}
	if !passed {
		v.sentence("the error of "+where, e.Error)
	}
	if e.StartedAt.IsZero() || e.Duration < 0 || e.Duration > time.Since(e.StartedAt)+time.Second {
		v.fail("%s has the times %s and %s", where, e.StartedAt, e.Duration)
	}
	for _, c := range e.Checks {
		if c.Name == "" {
			v.fail("%s has a check without a name", where)
		}
		if passed && !c.Passed {
			v.fail("%s passed although the check %q did not", where, c.Name)
		}
		if !c.Passed {
			v.sentence(fmt.Sprintf("the message of the check %q of %s", c.Name, where), c.Message)
		}
	}
	if _, err := json.Marshal(e.Detail); err != nil {
		v.fail("the detail of %s is not JSON: %v", where, err)
	}
}

func (v *verifier) end(steps int, outcome spec.Outcome) {
	if v.open != nil {
		v.fail("step %d was started and never finished", v.open.Index)
	}
	if steps >= 0 && v.next != steps {
		v.fail("%d of %d steps were reported", v.next, steps)
	}
	if outcome == spec.OutcomePassed && v.bad+v.skipped > 0 {
		v.fail("the attempt passed although a step did not")
	}
	if outcome != spec.OutcomePassed && v.next > 0 && v.bad+v.skipped == 0 {
		v.fail("the attempt is %s although every step passed", outcome)
	}
}

func (v *verifier) attachments(all []Recorded) {
	names := map[string]bool{}
	for _, a := range all {
		if a.ReadErr != nil {
			v.fail("the body of the attachment %q cannot be read: %v", a.Name, a.ReadErr)
		}
		if a.Name == "" || a.Kind == "" || a.ContentType == "" {
			v.fail("the attachment %q lacks a name, a kind or a content type", a.Name)
		}
		if names[a.Name] {
			v.fail("the attachment name %q is used twice", a.Name)
		}
		names[a.Name] = true
		if a.Step < -1 || a.Step >= max(v.next, 1) {
			v.fail("the attachment %q belongs to step %d of %d", a.Name, a.Step, v.next)
		}
	}
}
