package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxReported bounds the list of mistakes that Parse returns.
	maxReported = 100

	// maxKept bounds how many are kept in order to choose the first ones from.
	maxKept = 300
)

// Mistake is one thing that is wrong in a plan.
type Mistake struct {
	Line       int    `json:"line"`                 // from 1
	Column     int    `json:"column"`               // from 1, in characters
	Path       string `json:"path"`                 // where it is in the plan: cases[2].steps[0].http.url; "" for the whole
	Message    string `json:"message"`              // one clear sentence, without a full stop
	Suggestion string `json:"suggestion,omitempty"` // what was probably meant; "" where nothing is near
}

// Error implements error: `line 12, column 7: unknown key "clik"; did you mean
// "click"?`.
func (m Mistake) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", m.Line, m.Column, m.Sentence())
}

// At is the mistake in the form that editors and terminals understand:
// `plan.yaml:12:7: unknown key "clik"; did you mean "click"?`.
func (m Mistake) At(file string) string {
	return fmt.Sprintf("%s:%d:%d: %s", file, m.Line, m.Column, m.Sentence())
}

// Sentence is the message with its suggestion, without the position.
func (m Mistake) Sentence() string {
	if m.Suggestion == "" {
		return m.Message
	}
	return fmt.Sprintf("%s; did you mean %q?", m.Message, m.Suggestion)
}

// Mistakes is the error of Parse: everything that is wrong in a plan, by
// position. At most 100 are listed.
type Mistakes struct {
	List []Mistake
	More int // how many were found beyond those listed
}

// Error implements error: one mistake a line, and how many more there are.
func (m *Mistakes) Error() string { return m.print(Mistake.Error) }

// In is Error with the positions in the form of Mistake.At.
func (m *Mistakes) In(file string) string {
	return m.print(func(one Mistake) string { return one.At(file) })
}

func (m *Mistakes) print(form func(Mistake) string) string {
	lines := make([]string, 0, len(m.List)+1)
	for _, one := range m.List {
		lines = append(lines, form(one))
	}
	switch {
	case m.More == 1:
		lines = append(lines, "and 1 more mistake")
	case m.More > 1:
		lines = append(lines, fmt.Sprintf("and %d more mistakes", m.More))
	}
	return strings.Join(lines, "\n")
}

// MistakesOf returns the mistakes in an error of Parse, nil for any other error.
func MistakesOf(err error) []Mistake {
	if m, ok := errors.AsType[*Mistakes](err); ok {
		return m.List
	}
	return nil
}

// collector gathers mistakes. It keeps a bounded number and counts the rest.
type collector struct {
	kept    []Mistake
	dropped int
}

func (c *collector) add(m Mistake) {
	if len(c.kept) >= maxKept {
		c.dropped++
		return
	}
	c.kept = append(c.kept, m)
}

// full reports whether further mistakes are only counted; suggestions for them
// need not be looked for.
func (c *collector) full() bool { return len(c.kept) >= maxKept }

// err returns the mistakes in order, nil where there are none. An anchor that
// is used twice brings the same mistake twice; it is told once.
func (c *collector) err() error {
	if len(c.kept) == 0 {
		return nil
	}
	slices.SortStableFunc(c.kept, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	list := slices.CompactFunc(c.kept, func(a, b Mistake) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Message == b.Message
	})
	m := &Mistakes{List: list, More: c.dropped}
	if len(list) > maxReported {
		m.List, m.More = slices.Clip(list[:maxReported]), c.dropped+len(list)-maxReported
	}
	return m
}

// mistake returns the error of a plan that cannot be read at all.
func mistake(line, column int, format string, args ...any) *Mistakes {
	return &Mistakes{List: []Mistake{{Line: line, Column: column, Message: fmt.Sprintf(format, args...)}}}
}

// brief quotes a text of the plan for use in a sentence.
func brief(text string) string {
	const most = 60
	if len(text) > most {
		return quote(cut(text, most) + "…")
	}
	return quote(text)
}

// sentenceList joins words: "a, b and c".
func sentenceList(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
