package rules

import (
	"fmt"
	"math"
)

// Anomaly is a value of a case that does not fit the runs before, twice in a row.
type Anomaly struct {
	ResultID, CaseKey string
	Metric, Subject   string
	Unit              string
	Value, Low, High  float64
	Effect            float64 // difference from the mean as a share of it
	Runs              int     // that it was judged by
	Above             bool
}

// issue tells an anomaly. Whether more is worse depends on the metric, so it is
// moderate whatever its side.
func (a Anomaly) issue() Issue {
	what := a.Metric
	if a.Subject != "" {
		what += " (" + a.Subject + ")"
	}
	side := "below"
	if a.Above {
		side = "above"
	}
	by := ""
	if a.Effect != 0 {
		by = fmt.Sprintf(", %.0f %% from the mean", 100*math.Abs(a.Effect))
	}
	return Issue{
		Criterion: Performance, Severity: SeverityModerate,
		Title:         fmt.Sprintf("%s of %s is %s what was expected, for the second run in a row", what, a.CaseKey, side),
		Detail:        fmt.Sprintf("%s where %d runs before let expect %s to %s%s", amount(a.Value, a.Unit), a.Runs, amount(a.Low, a.Unit), amount(a.High, a.Unit), by),
		Evidence:      []Evidence{{Kind: EvidenceMetric, ID: a.ResultID, CaseKey: a.CaseKey, Name: a.Metric}},
		EvidenceCount: 1,
	}
}

// amount writes a value with its unit, to four digits.
func amount(x float64, unit string) string {
	text := fmt.Sprintf("%.4g", x)
	if math.Abs(x) >= 1000 && math.Abs(x) < 1e15 {
		text = fmt.Sprintf("%.0f", x)
	}
	if unit == "" || unit == "1" {
		return text
	}
	return text + " " + unit
}
