package rules

// Criterion is what a score is about.
type Criterion string

// The criteria.
const (
	UI            Criterion = "UI"
	Performance   Criterion = "PERFORMANCE"
	Accessibility Criterion = "ACCESSIBILITY"
	Functionality Criterion = "FUNCTIONALITY"
)

// Criteria lists them in the order in which they are told.
func Criteria() []Criterion { return []Criterion{Functionality, UI, Performance, Accessibility} }

// Status says whether there is a judgement.
type Status string

// The states of an assessment. Rules never leave one pending, which is the state
// of one that is still to be made, and are inconclusive where most cases could not
// be judged.
const (
	Pending      Status = "PENDING"
	Assessed     Status = "ASSESSED"
	NotAssessed  Status = "NOT_ASSESSED"
	Inconclusive Status = "INCONCLUSIVE"
)

// Band of a score.
type Band string

// The bands.
const (
	Good    Band = "GOOD"    // from 0.9
	Average Band = "AVERAGE" // from 0.5
	Poor    Band = "POOR"
)

// Assessment is a judgement on a run or a result. Scores and confidences are 0–1,
// rounded to four decimals.
type Assessment struct {
	RulesVersion string           `json:"rulesVersion"`
	Status       Status           `json:"status"`
	Reason       string           `json:"reason"`            // why there is no score, or none to rely on
	Verdict      Band             `json:"verdict,omitempty"` // empty without a score
	Score        *float64         `json:"score"`
	Cap          *Cap             `json:"cap,omitempty"` // what keeps the score below the mean of the criteria; nil without such a fact
	Confidence   float64          `json:"confidence"`
	Coverage     float64          `json:"coverage"`
	Weights      Weights          `json:"weights"`  // with a sum of 1
	Criteria     []CriterionScore `json:"criteria"` // all four

	Issues          []Issue          `json:"issues"` // the worst first
	Recommendations []Recommendation `json:"recommendations"`
	OmittedIssues   int              `json:"omittedIssues"` // that are not told
}

// CriterionScore is the judgement on one criterion.
type CriterionScore struct {
	Criterion  Criterion `json:"criterion"`
	Status     Status    `json:"status"` // ASSESSED or NOT_ASSESSED
	Reason     string    `json:"reason"` // why it is not assessed
	Weight     float64   `json:"weight"` // as asked for, the four together 1
	Share      float64   `json:"share"`  // of the score: the weight by the weights of what was measured
	Score      *float64  `json:"score"`
	Band       Band      `json:"band,omitempty"`
	Basis      string    `json:"basis"` // what it was computed from, in one sentence
	Caps       []Cap     `json:"caps"`
	Interval   *Interval `json:"interval"` // of functionality
	Coverage   float64   `json:"coverage"`
	Precision  float64   `json:"precision"`
	Confidence float64   `json:"confidence"` // coverage · precision
	Why        string    `json:"why"`        // of the confidence
	Parts      []Part    `json:"parts"`
	MoreParts  int       `json:"moreParts"` // that are not told
}

// Cap is a fact that a score cannot exceed.
type Cap struct {
	Limit  float64 `json:"limit"`
	Before float64 `json:"before"` // the score without it
	Reason string  `json:"reason"`
}

// Interval holds the true share of good cases with 95 % confidence, by Wilson.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Part is one addend of a criterion's score.
type Part struct {
	Name     string     `json:"name"`    // LCP, critical, visual
	Subject  string     `json:"subject"` // what it is about: a case's key and a device
	Value    *float64   `json:"value"`   // as measured
	Unit     string     `json:"unit"`
	Good     *float64   `json:"good"`   // value that scores 0.9
	Median   *float64   `json:"median"` // value that scores 0.5
	Weight   float64    `json:"weight"` // within the criterion, before it is divided by their sum
	Score    float64    `json:"score"`
	Evidence []Evidence `json:"evidence"`
}

// Severity of an issue.
type Severity string

// The severities.
const (
	SeverityCritical Severity = "CRITICAL"
	SeveritySerious  Severity = "SERIOUS"
	SeverityModerate Severity = "MODERATE"
	SeverityMinor    Severity = "MINOR"
)

// Issue is something that is wrong.
type Issue struct {
	Criterion     Criterion  `json:"criterion"`
	Severity      Severity   `json:"severity"`
	Title         string     `json:"title"`
	Detail        string     `json:"detail"`
	Evidence      []Evidence `json:"evidence"`
	EvidenceCount int        `json:"evidenceCount"` // also what is not listed
}

// Recommendation says what to do next.
type Recommendation struct {
	Criterion      Criterion  `json:"criterion"`
	Action         string     `json:"action"`
	Reason         string     `json:"reason"`         // quotes what was measured
	Gain           float64    `json:"gain"`           // of the score, when it comes to 0.9
	ConfidenceGain float64    `json:"confidenceGain"` // where it has something measured that was not
	Evidence       []Evidence `json:"evidence"`
	EvidenceCount  int        `json:"evidenceCount"`
}

// EvidenceKind says what a piece of evidence is.
type EvidenceKind string

// The kinds of evidence.
const (
	EvidenceResult     EvidenceKind = "RESULT"
	EvidenceCheck      EvidenceKind = "CHECK"
	EvidenceMetric     EvidenceKind = "METRIC"
	EvidenceArtifact   EvidenceKind = "ARTIFACT"
	EvidenceComparison EvidenceKind = "COMPARISON"
)

// Evidence names what a statement stands on. Checks and metrics have no id of
// their own: the result, the attempt, the step and the name find them.
type Evidence struct {
	Kind    EvidenceKind `json:"kind"`
	ID      string       `json:"id"` // of the result, the artifact or the comparison
	CaseKey string       `json:"caseKey"`
	Attempt int          `json:"attempt,omitempty"`
	Step    *int         `json:"step"`
	Name    string       `json:"name,omitempty"`  // of the check or the metric
	Quote   string       `json:"quote,omitempty"` // word for word
}
