package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

// What an element must have to take the place of one that is gone. Both are
// ours: there is no outside source for them.
const (
	healScore  = 0.8  // likeness, of 1
	healMargin = 0.15 // to the next best

	healLimit = 5 * time.Second // for all of it, after the step's own time
)

var errMissing = errors.New("the element is not there")

func missing(err error) error {
	if errors.Is(err, errMissing) {
		return err
	}
	return nil
}

// heal does a step with the element that took the place of one that is gone,
// where the plan allows it and it is clear which one that is. A person looks at
// what it did: the plan is not changed.
func (r *run) heal(ctx context.Context, s spec.BrowserStep, report *executors.Report, err error) error {
	if !r.task.Use.Heal || missing(err) == nil || ctx.Err() != nil {
		return err
	}
	l, kind := healable(&s)
	if l == nil || l.Frame != nil || l.Within != nil {
		return err
	}
	st := newStep(ctx, r, report, healLimit)
	defer st.cancel()
	var got struct{ List []offer }
	if _, failed := st.page.Call(st.ctx, "offers", map[string]any{"max": maxOffered}, &got); failed != nil {
		return err
	}
	found := likeliest(*l, kind, got.List)
	best, by := 0, "likeness"
	switch {
	case len(found) == 0:
		return err
	case len(found) > 1 && found[0].score-found[1].score < healMargin:
		best, by = st.pickHealed(*l, found), "model"
	}
	if best < 0 {
		report.Set("notHealed", fmt.Sprintf("%s could be meant", plural(len(found), "element", "several elements")))
		return err
	}
	from, was := l.String(), *l
	o := found[best].offer
	*l = spec.Locator{Role: o.Role, Name: o.Name, Exact: o.Name != ""}
	if o.Several {
		l.Nth = &o.Nth
	}
	if again := st.do(s); again != nil {
		return err
	}
	report.Set("healed", map[string]any{"status": "healed", "from": from, "to": l.String(), "score": found[best].score, "by": by})
	report.Check(executors.Check{Name: "healed " + from, Passed: true, Expected: from, Actual: l.String()})
	r.proposeHealing(ctx, report, s.Action(), was, *l)
	return nil
}

// healable is the locator of a step that acts, and what its element takes: text,
// a choice, or anything.
func healable(s *spec.BrowserStep) (*spec.Locator, string) {
	switch {
	case s.Click != nil:
		return copied(&s.Click).at(func(c *spec.Click) *spec.Locator { return &c.Locator }), "click"
	case s.DblClick != nil:
		return copied(&s.DblClick).at(func(c *spec.Click) *spec.Locator { return &c.Locator }), "click"
	case s.Fill != nil:
		return copied(&s.Fill).at(func(f *spec.Fill) *spec.Locator { return &f.Locator }), "text"
	case s.Select != nil:
		return copied(&s.Select).at(func(c *spec.Select) *spec.Locator { return &c.Locator }), "select"
	case s.Check != nil:
		return copied(&s.Check).v, "tick"
	case s.Uncheck != nil:
		return copied(&s.Uncheck).v, "tick"
	case s.Hover != nil:
		return copied(&s.Hover).v, "click"
	case s.Tap != nil:
		return copied(&s.Tap).v, "click"
	}
	return nil, ""
}

// owned is a value of a step that may be changed: the plan's own stays as it is.
type owned[T any] struct{ v *T }

func copied[T any](p **T) owned[T] {
	v := **p
	*p = &v
	return owned[T]{&v}
}

func (o owned[T]) at(f func(*T) *spec.Locator) *spec.Locator { return f(o.v) }

// likeness is how like an element is to one that is looked for.
type likeness struct {
	offer
	score float64
}

// likeliest lists the elements that are like enough, the likest first.
func likeliest(l spec.Locator, kind string, offered []offer) []likeness {
	var out []likeness
	for _, o := range offered {
		if s := roleLikeness(l.Role, kind, o.Role) * textLikeness(l, o); s >= healScore {
			out = append(out, likeness{o, s})
		}
	}
	slices.SortStableFunc(out, func(a, b likeness) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return out
}

// families are roles that stand for one another when a page is built anew.
var families = map[string][]string{
	"click":  {"button", "link", "menuitem", "tab"},
	"text":   {"textbox", "searchbox", "combobox", "spinbutton"},
	"select": {"combobox", "listbox"},
	"tick":   {"checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"},
}

func roleLikeness(wanted, kind, has string) float64 {
	family := families[kind]
	switch {
	case wanted == has:
		return 1
	case wanted == "" && (kind == "click" || slices.Contains(family, has)):
		return 1
	case slices.Contains(family, wanted) && slices.Contains(family, has):
		return 0.9
	}
	return 0
}

// textLikeness compares what a locator says with what the element has in the
// same place, or as its name.
func textLikeness(l spec.Locator, o offer) float64 {
	for _, pair := range []struct{ wanted, has string }{
		{l.Name, o.Name}, {l.Label, o.Label}, {l.Placeholder, o.Placeholder}, {l.Text, o.Text}, {l.Title, o.Title},
		{l.TestID, o.TestID}, {nameInCSS(l.CSS), ""},
	} {
		if pair.wanted != "" {
			return max(alike(pair.wanted, pair.has), alike(pair.wanted, o.Name))
		}
	}
	return 0
}

var simpleCSS = regexp.MustCompile(`^[a-z]*(?:#|\.|\[data-testid=["']?)([\w-]+)["']?\]?$`)

// nameInCSS is the name in a selector such as #pay-now.
func nameInCSS(selector string) string {
	if m := simpleCSS.FindStringSubmatch(strings.TrimSpace(selector)); m != nil {
		return m[1]
	}
	return ""
}

var separators = regexp.MustCompile(`[\s_\-–—.:!?…]+`)

// alike is 1 for texts that differ in case and punctuation only, and 0 for
// nothing in common: one less the share of letters to change.
func alike(a, b string) float64 {
	a = strings.TrimSpace(separators.ReplaceAllString(strings.ToLower(short(a, 200)), " "))
	b = strings.TrimSpace(separators.ReplaceAllString(strings.ToLower(short(b, 200)), " "))
	if a == "" || b == "" {
		return 0
	}
	longest := max(len([]rune(a)), len([]rune(b)))
	return 1 - float64(levenshtein.ComputeDistance(a, b))/float64(longest)
}

// pickHealed lets the model decide between elements that are about as like; -1
// when it does not, or there is none.
func (st *step) pickHealed(l spec.Locator, found []likeness) int {
	if st.model == nil || !st.model.Configured() {
		return -1
	}
	offered := make([]offer, len(found))
	for i, f := range found {
		offered[i] = f.offer
	}
	ask := question(st.task.Scope.Mask, st.task.ProjectID, st.task.RunID, spec.Act{Do: "use the element that was " + l.String() + " before the page changed"}, offered)
	ask.Purpose = "heal"
	answer, err := st.model.Generate(st.ctx, ask)
	var got choice
	if err != nil || answer.Decode(&got) != nil || got.Index >= len(found) {
		return -1
	}
	return got.Index
}

// proposeHealing keeps what would have to change in the plan, for a person.
func (r *run) proposeHealing(ctx context.Context, report *executors.Report, action string, from, to spec.Locator) {
	text := fmt.Sprintf("--- %[1]s, step %[2]d\n+++ %[1]s, step %[2]d\n-  %[3]s: %[4]s\n+  %[3]s: %[5]s\n",
		r.task.Case.ID, report.Index+1, action, inPlan(from), inPlan(to))
	r.attach(ctx, report, executors.Attachment{Name: "healed.diff", Kind: executors.AttachmentLog, ContentType: "text/x-diff; charset=utf-8",
		Step: report.Index, Body: io.NopCloser(bytes.NewReader([]byte(text)))})
}

// inPlan writes the words of a locator as a plan has them.
func inPlan(l spec.Locator) string {
	var out []string
	for _, f := range []struct{ key, value string }{
		{"role", l.Role}, {"name", l.Name}, {"label", l.Label}, {"placeholder", l.Placeholder}, {"text", l.Text},
		{"title", l.Title}, {"testId", l.TestID}, {"css", l.CSS},
	} {
		if f.value != "" {
			out = append(out, fmt.Sprintf("%s: %q", f.key, f.value))
		}
	}
	if l.Exact {
		out = append(out, "exact: true")
	}
	if l.Nth != nil {
		out = append(out, fmt.Sprintf("nth: %d", *l.Nth))
	}
	return "{" + strings.Join(out, ", ") + "}"
}

var _ Model = (*llm.Client)(nil)
