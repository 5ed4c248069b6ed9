package report

import (
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/spec"
)

// Run is one execution of a plan with all that is worth telling of it.
type Run struct {
	ID          string
	Plan        string // name of the plan
	PlanVersion int    // 0 when the plan is not stored
	Environment string
	Status      string // PASSED, FAILED, ERRORED, CANCELLED; in any case of letters
	Error       string // why the run itself went wrong, one sentence
	StartedAt   time.Time
	FinishedAt  time.Time
	URL         string // the run in the dashboard; http or https, may be empty
	Generator   string // program and version, such as "semantest 1.2.0"
	Seed        string // what makes random choices repeatable, may be empty
	Gates       []Gate
	Assessment  *rules.Assessment // by the rules; nil where nobody has assessed the run
	Judged      *rules.Assessment // by a language model; nil unless one was asked
	Panel       *quality.Panel    // how the model's judgement came about
	Failures    []quality.Failure // by kind, the most results first
	Results     []Result          // in the order of the plan
}

// Gate is a limit on the whole run and whether it was kept.
type Gate struct {
	Name    string // successRate
	Passed  bool
	Limit   string // ">= 95 %"
	Actual  string // "92.5 %"
	Message string // one sentence when it was not kept
}

// Result is one case of the run.
type Result struct {
	ID        string
	CaseID    string
	Name      string // what people read; CaseID when empty
	Kind      spec.Kind
	Tags      []string
	Matrix    map[string]string // the combination that the case ran with
	Outcome   spec.Outcome      // empty counts as cancelled: the run ended before the case
	Error     string            // why it is not passed, or the reason of a skip
	StartedAt time.Time
	Duration  time.Duration // from the first attempt's begin to the last one's end
	URL       string
	Attempts  []Attempt // in order; empty for a case that was not run
}

// Attempt is one try of a case.
type Attempt struct {
	Number    int // from 1
	Outcome   spec.Outcome
	Error     string
	Worker    string
	StartedAt time.Time
	Duration  time.Duration
	Steps     []Step
	Artifacts []Artifact
	Metrics   []Metric
	Logs      []Log
}

// Step is one ordered action of an attempt.
type Step struct {
	Index     int // from 0
	Name      string
	Action    string // the plan's word: click
	Outcome   spec.Outcome
	Error     string
	StartedAt time.Time // zero for a step that was not reached
	Duration  time.Duration
	Checks    []Check
	Detail    map[string]any // JSON-like; request and response are shown as an exchange
}

// Check is one assertion and its judgement.
type Check struct {
	Name     string
	Passed   bool
	Expected string
	Actual   string
	Message  string
}

// Artifact is something that was kept of an attempt.
type Artifact struct {
	Name        string
	Kind        string // screenshot, console, body, log
	ContentType string
	Size        int64  // bytes
	Step        int    // index of its step, -1 for the whole attempt
	Path        string // where the file lies relative to the report, may be empty
	URL         string // where a server gives it, may be empty
	Body        []byte // the content, for HTML to show; may be nil
}

// Metric is one measured value.
type Metric struct {
	Name  string
	Unit  string // ms, By, 1
	Value float64
}

// Log is a line for people who look into a failure.
type Log struct {
	Level   string // debug, info, warn, error
	Message string
	At      time.Time
}

// Title is what people read: the name, or the case's id, and the combination
// of the matrix that tells it from its siblings.
func (r Result) Title() string {
	title := r.Name
	if title == "" {
		title = r.CaseID
	}
	if len(r.Matrix) > 0 {
		title += " [" + r.combination() + "]"
	}
	return title
}

// Duration is the run's length; zero while it has no end.
func (r Run) Duration() time.Duration {
	if r.FinishedAt.Before(r.StartedAt) {
		return 0
	}
	return r.FinishedAt.Sub(r.StartedAt)
}

// Counts says how many results have each outcome; those with none are left out.
func (r Run) Counts() map[spec.Outcome]int {
	counts := map[spec.Outcome]int{}
	for _, res := range r.Results {
		counts[res.Outcome]++
	}
	return counts
}

// settled returns the run with an outcome for everything.
func (r Run) settled() Run {
	r.Results = slices.Clone(r.Results)
	for i := range r.Results {
		res := &r.Results[i]
		res.Outcome = settle(res.Outcome)
		res.Attempts = slices.Clone(res.Attempts)
		for j := range res.Attempts {
			a := &res.Attempts[j]
			a.Outcome = settle(a.Outcome)
			a.Steps = slices.Clone(a.Steps)
			for k := range a.Steps {
				a.Steps[k].Outcome = settle(a.Steps[k].Outcome)
			}
		}
	}
	return r
}

func settle(o spec.Outcome) spec.Outcome {
	if o == "" {
		return spec.OutcomeCancelled
	}
	return o
}

func (r Result) combination() string {
	names := make([]string, 0, len(r.Matrix))
	for name := range r.Matrix {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + "=" + r.Matrix[name]
	}
	return strings.Join(names, ", ")
}

// reason is the best sentence about why a result is not passed.
func (r Result) reason() string {
	if r.Error != "" {
		return r.Error
	}
	if len(r.Attempts) == 0 {
		return ""
	}
	last := r.Attempts[len(r.Attempts)-1]
	if last.Error != "" {
		return last.Error
	}
	for _, s := range last.Steps {
		if !s.Outcome.Good() && s.Error != "" {
			return s.Error
		}
	}
	return ""
}
