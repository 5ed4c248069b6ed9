package digest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/excerpt"
)

// table is a section as both writers show it.
type table struct {
	Head  []string
	Rows  [][]string
	Empty string // what is said instead of a table without rows
}

// maxCell bounds what a cell holds of a text from outside.
const maxCell = 300

// tableOf is the table of a section; nil for those that are texts.
func tableOf(f Facts, k Kind) *table {
	switch k {
	case Trend:
		t := &table{Head: []string{"Day", "Runs", "Pass rate", "Score"}, Empty: "No run ended in this time."}
		for _, d := range f.Days {
			t.add(d.Date, strconv.Itoa(d.Runs), percent(d.PassRate), score(d.Score))
		}
		return t
	case Plans:
		t := &table{Head: []string{"Plan", "Runs", "Pass rate", "Newest run", "Score"}, Empty: "No run ended in this time."}
		for _, p := range f.Plans {
			t.add(p.Name, strconv.Itoa(p.Runs), percent(p.PassRate), strings.ToLower(p.Status), score(p.Score))
		}
		return t
	case NewlyBroken:
		t := &table{Head: []string{"Case", "Plan", "Reason"}, Empty: "No case that had passed fails now."}
		for _, c := range f.Broken {
			t.add(c.Key, c.Plan, c.Error)
		}
		return t
	case Flaky:
		t := &table{Head: []string{"Case", "Plan", "Passed later", "Of runs"}, Empty: "No case passed only when it was tried again."}
		for _, c := range f.Flaky {
			t.add(c.Key, c.Plan, strconv.Itoa(c.Flaky), strconv.Itoa(c.Runs))
		}
		return t
	case Slowest:
		t := &table{Head: []string{"Case", "Plan", "Mean", "Of runs"}, Empty: "No case passed in this time."}
		for _, c := range f.Slowest {
			t.add(c.Key, c.Plan, amount(c.MeanMS, "ms"), strconv.Itoa(c.Runs))
		}
		return t
	case Clusters:
		return clusters(f)
	case Anomalies:
		t := &table{Head: []string{"Case", "Metric", "Value", "Expected"}, Empty: "Nothing differs from the runs before, twice in a row."}
		for _, a := range f.Anomalies {
			t.add(a.Key, a.Metric, amount(a.Value, a.Unit), amount(a.Low, a.Unit)+" to "+amount(a.High, a.Unit))
		}
		return t
	case Accessibility:
		t := &table{Head: []string{"Plan", "Score"}, Empty: "No page was audited."}
		for _, s := range f.Accessibility {
			t.add(s.Plan, score(&s.Score))
		}
		return t
	case Vitals:
		t := &table{Head: []string{"Case", "Plan", "Metric", "Median", "Of values"}, Empty: "No page was measured."}
		for _, v := range f.Vitals {
			t.add(v.Key, v.Plan, v.Metric, amount(v.Median, v.Unit), strconv.Itoa(v.Values))
		}
		return t
	}
	return nil
}

func clusters(f Facts) *table {
	t := &table{Head: []string{"Failure", "Results", "Cases", "Cause", "Since"}, Empty: "Nothing failed."}
	for _, c := range f.Clusters {
		since := "known"
		if c.New {
			since = "new"
		}
		what := c.Quote
		if c.Operation != "" {
			what += ", in " + c.Operation
		}
		t.add(what, strconv.Itoa(c.Count), strconv.Itoa(c.CaseCount), strings.ToLower(strings.ReplaceAll(c.Cause, "_", " ")), since)
	}
	return t
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = clean(excerpt.Line(cells[i], maxCell))
	}
	t.Rows = append(t.Rows, cells)
}

// clean makes a text one line: without control characters, and those that turn the
// direction of writing.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func score(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *x)
}

func amount(x float64, unit string) string {
	text := strconv.FormatFloat(x, 'g', 3, 64)
	if math.Abs(x) >= 100 {
		text = strconv.FormatFloat(x, 'f', 0, 64)
	}
	if unit == "" || unit == "1" {
		return text
	}
	return text + " " + unit
}
