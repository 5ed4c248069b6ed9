package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// generated is what a person reads of a generation.
type generated struct {
	rows      []generatedRow
	notes     []string
	generator string
	coverage  float64       // 0–1
	age       time.Duration // of a model's answer that was given before; 0 for one that was not
}

type generatedRow struct {
	id, kind, state string
	confidence      float64
	against, worth  string // the first reason against it, and what else is worth knowing
}

// hear takes what a check says of the case.
func (r *generatedRow) hear(name, outcome, reason string) {
	switch {
	case reason == "", name == "approved":
	case outcome == "failed":
		if r.against == "" {
			r.against = reason
		}
	case r.worth == "" && name != "export_compiles":
		r.worth = reason
	}
}

// why is the first reason against a case, or what is worth knowing of it.
func (r *generatedRow) why() string {
	if r.against != "" {
		return r.against
	}
	return r.worth
}

func (g *generated) print(sys Sys) error {
	w := tabwriter.NewWriter(sys.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CASE\tKIND\tSTATE\tCONFIDENCE\tWHY")
	count := 0
	for _, r := range g.rows {
		if r.state == "proposed" {
			count++
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%.2f\t%s\n", printable(r.id), r.kind, stateWord(r.state), r.confidence, printable(r.why()))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the cases: %w", err)
	}
	for _, note := range g.notes {
		_, _ = fmt.Fprintln(sys.Stderr, "note: "+printable(note))
	}
	by := printable(g.generator)
	if g.age > 0 {
		by += fmt.Sprintf(" (an answer that was given %s ago)", max(g.age.Round(time.Second), time.Second))
	}
	_, _ = fmt.Fprintf(sys.Stdout, "%s proposed by %s, covering %.0f %% of what the source describes.\n", plural(count, "case"), by, 100*g.coverage)
	return nil
}

// judged tells of a case that was judged.
func judged(sys Sys, tried, of int, id, state string) {
	_, _ = fmt.Fprintf(sys.Stderr, "checking %d of %d: %s is %s\n", tried, of, printable(id), stateWord(state))
}

func stateWord(state string) string { return strings.ReplaceAll(state, "_", " ") }
