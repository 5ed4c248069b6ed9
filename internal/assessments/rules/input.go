package rules

// Input is what was measured. What is not there was not measured.
type Input struct {
	Weights   Weights // the zero value means DefaultWeights
	Results   []Result
	Vitals    []Vital
	Latencies []Latency
	Audits    []Audit
	Pictures  []Picture
	Layouts   []Layout
	Anomalies []Anomaly // they are told, and cost no score
}

// Weights of the criteria, at least one above 0. Only their proportions matter.
type Weights struct {
	UI            float64 `json:"ui"`
	Performance   float64 `json:"performance"`
	Accessibility float64 `json:"accessibility"`
	Functionality float64 `json:"functionality"`
}

func (w Weights) of(c Criterion) float64 {
	switch c {
	case UI:
		return w.UI
	case Performance:
		return w.Performance
	case Accessibility:
		return w.Accessibility
	}
	return w.Functionality
}

func (w Weights) sum() float64 { return w.UI + w.Performance + w.Accessibility + w.Functionality }

// normal is w with a sum of 1, and the defaults where nothing is weighed.
func (w Weights) normal() Weights {
	s := w.sum()
	if !(s > 0) { // also where it is no number
		return DefaultWeights()
	}
	return Weights{w.UI / s, w.Performance / s, w.Accessibility / s, w.Functionality / s}
}

// Outcome of a result as a judge sees it.
type Outcome int

// The outcomes. Unjudged ones say nothing of the target: it could not be reached,
// or the run was stopped.
const (
	Unjudged Outcome = iota
	Passed
	Flaky
	Failed
	Skipped
)

// Result is one case of the run.
type Result struct {
	ID, CaseKey string
	Outcome     Outcome
	Error       string // one sentence when it did not pass
	MustHave    bool   // whether a failure of it outweighs what passed
	Attempt     int
	Checks      []Check // that did not hold

	Cluster string // name of the kind of its failure; empty where nobody has named it
	Cause   string // of its failure in words; empty where it is not clear
	Known   bool   // whether an earlier run had the same kind
}

// Check is an assertion that did not hold.
type Check struct {
	Step    int // ordinal, from 0
	Name    string
	Message string
}

// Vital is a metric of a page, measured once or several times in one case.
type Vital struct {
	ResultID, CaseKey string
	Attempt           int
	Subject           string // the page, where a case measures several; may be empty
	Mobile            bool
	Metric            string    // LCP, CLS, INP, FCP, TBT or SI; others are left out
	Values            []float64 // ms; CLS has no unit
}

// Latency is the 95th percentile of an API's answers with what was asked for.
type Latency struct {
	ResultID, CaseKey string // empty where the run's cases are taken together
	Attempt           int
	P95, Objective    float64 // ms; without an objective it is left out
	Samples           int64
}

// Impact of an accessibility rule, as axe-core says it.
type Impact string

// The impacts.
const (
	Critical Impact = "critical"
	Serious  Impact = "serious"
	Moderate Impact = "moderate"
	Minor    Impact = "minor"
)

// Audit is what one audit of a page found, by rules. Rules that do not apply to
// the page are left out.
type Audit struct {
	ResultID, CaseKey string
	Attempt, Step     int
	Passed            []string
	Violations        []Violation
	Incomplete        []string // rules that a person has to decide
}

// Violation is a rule that elements of a page break.
type Violation struct {
	Rule     string
	Impact   Impact
	Help     string
	Elements int
	Where    string // selector of the first one
}

// Picture is a screenshot and what its comparison found.
type Picture struct {
	ComparisonID, ResultID, CaseKey string
	Name                            string
	ArtifactID                      string // what shows the difference, or what was seen
	Compared                        bool   // there was a baseline
	DiffRatio                       float64
	Accepted                        bool // a person said that the difference is right
}

// Layout is what one page was looked at for. A number below 0 says that the fact
// was not looked at.
type Layout struct {
	ResultID, CaseKey string
	Attempt, Step     int
	Page              string
	Overflow          float64 // CSS pixels by which the page is wider than the window
	BrokenImages      int
	Clipped           int // elements whose text is cut off
	ConsoleErrors     int
}
