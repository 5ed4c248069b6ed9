package quality

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// Report is what is told of a run.
type Report struct {
	AssessmentID string           `json:"assessmentId"`
	Judge        string           `json:"judge"` // RULES, LLM, PERSON
	CreatedAt    time.Time        `json:"createdAt"`
	Run          Run              `json:"run"`
	Assessment   rules.Assessment `json:"assessment"`
	Panel        *Panel           `json:"panel,omitempty"`  // of a model's judgement
	Failures     []Failure        `json:"failures"`         // by kind, the most results first
	Told         string           `json:"told,omitempty"`   // in the words of a language model; empty where none told
	ToldBy       string           `json:"toldBy,omitempty"` // who told it, or why nobody did; empty where nobody was asked

	Places map[string]string `json:"-"` // address of each result on the page that the section is a part of, such as #case-3
}

// Run is the run that was assessed.
type Run struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"` // of its plan
	Environment string         `json:"environment,omitempty"`
	Status      string         `json:"status"`
	StartedAt   *time.Time     `json:"startedAt"`
	FinishedAt  *time.Time     `json:"finishedAt"`
	Counts      map[string]int `json:"counts"` // results by outcome, those that there are
	Total       int            `json:"total"`
}

// WriteJSON writes the report as one JSON object.
func WriteJSON(w io.Writer, r Report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write the quality report: %w", err)
	}
	return nil
}

// Names of the criteria as people read them.
var names = map[rules.Criterion]string{
	rules.Functionality: "Functionality", rules.UI: "User interface", rules.Performance: "Performance", rules.Accessibility: "Accessibility",
}

// Headline says in a line how good a run is.
func Headline(a rules.Assessment) string {
	switch {
	case a.Status == rules.Pending:
		return "not assessed yet"
	case a.Score == nil:
		return "not assessed: " + a.Reason
	case a.Status == rules.Inconclusive:
		return fmt.Sprintf("inconclusive, %s of 1: %s", number(*a.Score), a.Reason)
	}
	return fmt.Sprintf("%s, %s of 1", strings.ToLower(string(a.Verdict)), number(*a.Score))
}

// Belief says in a sentence how far to believe an assessment.
func Belief(a rules.Assessment) string {
	word := "low"
	switch {
	case a.Confidence >= 0.75:
		word = "high"
	case a.Confidence >= 0.5:
		word = "fair"
	}
	return fmt.Sprintf("Confidence %s (%s): %.0f %% of what the weights ask for was measured.", number(a.Confidence), word, 100*a.Coverage)
}

// verdictAndReason parts a headline without a score, so that the reason can be told as
// it is.
func verdictAndReason(a rules.Assessment) (verdict, reason string) {
	line := Headline(a)
	if a.Reason == "" || !strings.HasSuffix(line, ": "+a.Reason) {
		return line, ""
	}
	return strings.TrimSuffix(line, ": "+a.Reason), a.Reason
}

// blank reports whether nothing was assessed, each criterion for the one reason that
// the whole has: a table of them would say it over and over.
func blank(a rules.Assessment) bool {
	for _, c := range a.Criteria {
		if c.Score != nil || c.Reason != a.Reason {
			return false
		}
	}
	return a.Score == nil
}

// missing counts the criteria that have no score.
func missing(a rules.Assessment) int {
	n := 0
	for _, c := range a.Criteria {
		if c.Score == nil {
			n++
		}
	}
	return n
}

// NoIssues says what it means that there are none.
func NoIssues(a rules.Assessment) string {
	if n := missing(a); n > 0 {
		return fmt.Sprintf("None in what could be assessed; %d of %d criteria could not.", n, len(a.Criteria))
	}
	return "What was measured shows none."
}

// NoAdvice says what it means that there is none.
func NoAdvice(a rules.Assessment) string {
	if n := missing(a); n > 0 {
		return fmt.Sprintf("Nothing follows from what could be assessed; %d of %d criteria could not.", n, len(a.Criteria))
	}
	return "Nothing: every criterion was measured and is good."
}

// Sum writes out how the score comes about, so that it can be checked by hand.
func Sum(a rules.Assessment) string {
	if a.Score == nil {
		return ""
	}
	var weighted, weights []string
	for _, c := range a.Criteria {
		if c.Score != nil && c.Weight > 0 {
			weighted = append(weighted, number(c.Weight)+" × "+number(*c.Score))
			weights = append(weights, number(c.Weight))
		}
	}
	sum := fmt.Sprintf("(%s) / (%s) = ", strings.Join(weighted, " + "), strings.Join(weights, " + "))
	if a.Cap != nil {
		return sum + fmt.Sprintf("%s, of which %s counts: %s", number(a.Cap.Before), number(a.Cap.Limit), printable(a.Cap.Reason))
	}
	return sum + number(*a.Score)
}

// row is a criterion as tables show it.
type row struct {
	Name, Weight, Score, Basis, Confidence, Why string
	Band                                        rules.Band
	Parts                                       []part
	More                                        int
	Percent                                     float64 // of the score, for a bar
}

// part is an addend of a score as tables show it.
type part struct{ Name, Subject, Value, Weight, Score, Aim string }

func rowsOf(a rules.Assessment) []row {
	var out []row
	for _, c := range a.Criteria {
		r := row{Name: names[c.Criterion], Weight: number(c.Weight), Score: "not assessed", Basis: c.Basis, Confidence: number(c.Confidence), Why: c.Why, Band: c.Band, More: c.MoreParts}
		if c.Score != nil {
			r.Score, r.Percent = number(*c.Score), 100**c.Score
		} else {
			r.Basis = c.Reason
		}
		for _, limit := range c.Caps {
			r.Basis += fmt.Sprintf("; %s, so %s is the most instead of %s", limit.Reason, number(limit.Limit), number(limit.Before))
		}
		r.Basis, r.Why = printable(r.Basis), printable(r.Why)
		for _, p := range c.Parts {
			r.Parts = append(r.Parts, partOf(p))
		}
		out = append(out, r)
	}
	return out
}

func partOf(p rules.Part) part {
	out := part{Name: printable(p.Name), Subject: printable(p.Subject), Weight: number(p.Weight), Score: number(p.Score)}
	if p.Value != nil {
		out.Value = measure(*p.Value, p.Unit)
	}
	if p.Good != nil && p.Median != nil {
		out.Aim = fmt.Sprintf("0.9 at %s, 0.5 at %s", measure(*p.Good, p.Unit), measure(*p.Median, p.Unit))
	}
	return out
}

func measure(x float64, unit string) string {
	text := strconv.FormatFloat(x, 'f', -1, 64)
	if unit == "ms" {
		text = strconv.FormatFloat(x, 'f', 0, 64)
	}
	if unit == "" || unit == "1" {
		return text
	}
	return text + " " + unit
}

// number writes a score with no more decimals than it has.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// Sources says in words what evidence names.
func Sources(list []rules.Evidence, count, most int) string {
	var out []string
	for i, e := range list {
		if i == most {
			break
		}
		out = append(out, source(e))
	}
	if more := count - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, "; ")
}

func source(e rules.Evidence) string {
	what := strings.ToLower(string(e.Kind))
	if e.Name != "" {
		what += " “" + e.Name + "”"
	}
	if e.Step != nil {
		what += fmt.Sprintf(" in step %d", *e.Step+1)
	}
	if e.CaseKey != "" {
		what += " of " + e.CaseKey
	}
	if e.ID != "" {
		what += " (" + e.ID + ")"
	}
	return what
}

// sentence tells of a run in one sentence.
func (r Run) sentence() string {
	var parts []string
	for _, outcome := range []string{"passed", "flaky", "failed", "timed out", "errored", "skipped", "cancelled"} {
		if n := r.Counts[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	text := fmt.Sprintf("The run %s", strings.ToLower(r.Status))
	if r.Environment != "" {
		text += " in " + r.Environment
	}
	if r.FinishedAt != nil {
		text += " at " + r.FinishedAt.UTC().Format("2006-01-02 15:04 MST")
	}
	if r.Total == 1 {
		return text + ": 1 case, " + strings.Join(parts, ", ") + "."
	}
	return text + fmt.Sprintf(": %d cases, %s.", r.Total, strings.Join(parts, ", "))
}
