package digest

import (
	"slices"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/apperr"
)

// Kind is what a section shows.
type Kind string

// The kinds of sections.
const (
	Summary       Kind = "SUMMARY"
	Trend         Kind = "TREND"
	Plans         Kind = "PLANS"
	NewlyBroken   Kind = "NEWLY_BROKEN"
	Flaky         Kind = "FLAKY"
	Slowest       Kind = "SLOWEST"
	Clusters      Kind = "CLUSTERS"
	Anomalies     Kind = "ANOMALIES"
	Accessibility Kind = "ACCESSIBILITY"
	Vitals        Kind = "VITALS"
	Text          Kind = "TEXT"
)

// titles are the usual ones, in the usual order; a text has none.
var titles = []struct {
	kind  Kind
	title string
}{
	{Summary, "Summary"}, {Trend, "Trend"}, {Plans, "Plans"}, {NewlyBroken, "Newly broken"}, {Clusters, "Failures by kind"}, {Flaky, "Flaky cases"},
	{Anomalies, "Anomalies"}, {Slowest, "Slowest cases"}, {Accessibility, "Accessibility"}, {Vitals, "Page performance"},
}

// Bounds of what a caller gives.
const (
	maxSections = 30
	maxTitle    = 200
	maxText     = 10_000
)

// Section is one part of a report.
type Section struct {
	Kind  Kind
	Title string // the usual one when empty
	Text  string // of a Text, in Markdown
}

// Sections are the given ones with their titles, or all usual ones where none is
// given.
func Sections(given []Section) ([]Section, error) {
	if len(given) == 0 {
		for _, t := range titles {
			given = append(given, Section{Kind: t.kind, Title: t.title})
		}
		return given, nil
	}
	if len(given) > maxSections {
		return nil, apperr.Invalid("sections", "a report has at most %d sections, not %d", maxSections, len(given))
	}
	out := slices.Clone(given)
	for i := range out {
		s := &out[i]
		switch {
		case utf8.RuneCountInString(s.Title) > maxTitle:
			return nil, apperr.Invalid("sections.title", "the title of section %d has more than %d characters", i+1, maxTitle)
		case utf8.RuneCountInString(s.Text) > maxText:
			return nil, apperr.Invalid("sections.text", "the text of section %d has more than %d characters", i+1, maxText)
		case s.Kind == Text && s.Text == "":
			return nil, apperr.Invalid("sections.text", "section %d is a text and has none", i+1)
		case s.Kind != Text && s.Text != "":
			return nil, apperr.Invalid("sections.text", "section %d shows facts; a text of one's own is a section of the kind TEXT", i+1)
		}
		known := s.Kind == Text
		for _, t := range titles {
			if t.kind == s.Kind {
				known = true
				if s.Title == "" {
					s.Title = t.title
				}
			}
		}
		if !known {
			return nil, apperr.Invalid("sections.kind", "there is no section %q", s.Kind)
		}
	}
	return out, nil
}
