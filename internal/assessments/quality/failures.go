package quality

import (
	"fmt"
	"io"
	"strings"
)

// Failure is one kind of failure of a run, told once however many cases have it.
type Failure struct {
	ID         string   `json:"id"` // of the cluster
	Title      string   `json:"title"`
	Operation  string   `json:"operation,omitempty"`
	Cause      string   `json:"cause"`      // UNKNOWN where the evidence is not clear
	Why        string   `json:"why"`        // of the cause
	Quote      string   `json:"quote"`      // word for word
	Count      int      `json:"count"`      // results
	Cases      []string `json:"cases"`      // keys, the first ones
	CaseCount  int      `json:"caseCount"`  // different cases
	New        bool     `json:"new"`        // whether no earlier run had it
	FlakyShare float64  `json:"flakyShare"` // of the results, those that passed when they were tried again
}

// mostCases bounds how many cases a row names.
const mostCases = 5

// kind is a kind of failure as tables show it.
type kind struct{ Title, Of, Quote, Cause, Why, Since, Cases string }

func kindsOf(list []Failure) []kind {
	out := make([]kind, 0, len(list))
	for _, f := range list {
		k := kind{Title: printable(f.Title), Of: printable(f.Operation), Quote: printable(f.Quote), Cause: "unknown", Why: printable(f.Why), Since: "known"}
		if f.Cause != "" {
			k.Cause = printable(strings.ToLower(strings.ReplaceAll(f.Cause, "_", " ")))
		}
		if f.New {
			k.Since = "new"
		}
		if f.FlakyShare > 0 {
			k.Since += fmt.Sprintf(", %.0f %% passed later", 100*f.FlakyShare)
		}
		named := f.Cases[:min(len(f.Cases), mostCases)]
		k.Cases = printable(strings.Join(named, ", "))
		if more := f.CaseCount - len(named); more > 0 {
			k.Cases += fmt.Sprintf(" and %d more", more)
		}
		if f.Count != f.CaseCount {
			k.Cases += fmt.Sprintf(" (%d results)", f.Count)
		}
		out = append(out, k)
	}
	return out
}

// textKinds bounds the kinds of failures that a terminal shows.
const textKinds = 5

// WriteTextFailures writes for a terminal the kinds of failures of a run, the most
// frequent first; nothing without any.
func WriteTextFailures(w io.Writer, list []Failure) error {
	if len(list) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("Failures by kind\n")
	for i, k := range kindsOf(list) {
		if i == textKinds {
			fmt.Fprintf(&b, "  and %d more kinds\n", len(list)-i)
			break
		}
		what := k.Quote
		if k.Of != "" {
			what += ", in " + k.Of
		}
		cause := "cause unknown"
		if k.Cause != "unknown" {
			cause = k.Cause + ": " + k.Why
		}
		fmt.Fprintf(&b, "  %d × %s\n      %s\n      %s; %s\n", list[i].Count, cut(what), fold(k.Cases, 6), fold(cause, 6), k.Since)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownFailures(b *strings.Builder, list []Failure) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\n## Failures by kind\n\n| Failure | Cases | Cause | Since |\n| --- | --- | --- | --- |\n")
	for _, k := range kindsOf(list) {
		what := escape(k.Quote)
		if k.Of != "" {
			what += ", in " + escape(k.Of)
		}
		fmt.Fprintf(b, "| %s | %s | %s: %s | %s |\n", what, escape(k.Cases), escape(k.Cause), escape(k.Why), k.Since)
	}
}
