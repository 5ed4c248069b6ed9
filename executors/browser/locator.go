package browser

import (
	"errors"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// locator is spec.Locator as the agent of one document reads it.
type locator struct {
	Role        string   `json:"role,omitempty"`
	Name        string   `json:"name,omitempty"`
	Label       string   `json:"label,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Text        string   `json:"text,omitempty"`
	Alt         string   `json:"alt,omitempty"`
	Title       string   `json:"title,omitempty"`
	TestID      string   `json:"testId,omitempty"`
	CSS         string   `json:"css,omitempty"`
	XPath       string   `json:"xpath,omitempty"`
	Exact       bool     `json:"exact,omitempty"`
	HasText     string   `json:"hasText,omitempty"`
	HasNotText  string   `json:"hasNotText,omitempty"`
	Has         *locator `json:"has,omitempty"`
	HasNot      *locator `json:"hasNot,omitempty"`
	Within      *locator `json:"within,omitempty"`
	Nth         *int     `json:"nth,omitempty"`
	Attribute   string   `json:"attribute,omitempty"`
}

func wire(l spec.Locator) locator {
	return locator{
		Role: l.Role, Name: l.Name, Label: l.Label, Placeholder: l.Placeholder, Text: l.Text, Alt: l.Alt, Title: l.Title,
		TestID: l.TestID, CSS: l.CSS, XPath: l.XPath, Exact: l.Exact, HasText: l.HasText, HasNotText: l.HasNotText,
		Has: wireOf(l.Has), HasNot: wireOf(l.HasNot), Within: wireOf(l.Within), Nth: l.Nth,
	}
}

func wireOf(l *spec.Locator) *locator {
	if l == nil {
		return nil
	}
	return new(wire(*l))
}

// meant says which element a locator means, as far as it fits a sentence.
func meant(l spec.Locator) string { return short(l.String(), 200) }

// prepared is the agent's answer to prepare.
type prepared struct {
	Ready      bool     `json:"ready"`
	Element    string   `json:"element"`
	X          float64  `json:"x"`
	Y          float64  `json:"y"`
	Width      float64  `json:"width"`
	Height     float64  `json:"height"`
	How        string   `json:"how"`
	Type       string   `json:"type"`
	Empty      bool     `json:"empty"`
	Why        string   `json:"why"`
	Message    string   `json:"message"`
	Count      int      `json:"count"`
	List       []string `json:"list"`
	Candidates struct {
		Kind  string   `json:"kind"`
		Names []string `json:"names"`
	} `json:"candidates"`

	Depth     int     `json:"depth"` // how many steps of within outwards it is that something is wrong
	ViewX     float64 `json:"viewX"` // X and Y of a picture in the viewport
	ViewY     float64 `json:"viewY"`
	Multiple  bool    `json:"multiple"`
	Directory bool    `json:"directory"`
	Disabled  bool    `json:"disabled"`
	Checked   *bool   `json:"checked"` // of an aim with a tick; nil where it has no such state
	Radio     bool    `json:"radio"`

	doc    driver.Document // in which the element is
	frames []driver.Document
	part   string // of the locator that is wrong, where it is not its end
}

// aim is what is to be acted on, and how.
type aim struct {
	locator spec.Locator
	kind    string      // of the agent's prepare
	control bool        // what stands for it is meant, where it is hidden behind that
	at      *spec.Point // in it; nil for its middle
	tick    *bool       // the state that a click is to bring it into; nil where that does not matter
}

// prepare waits until the element can be used in the way that kind says, or
// explains why it cannot.
func (st *step) prepare(l spec.Locator, kind string) (prepared, error) {
	return st.prepareAt(aim{locator: l, kind: kind})
}

// prepareAt is prepare for any aim.
func (st *step) prepareAt(a aim) (prepared, error) {
	l := a.locator
	var last prepared
	for {
		p, err := st.look(a)
		switch {
		case errors.Is(err, driver.ErrNavigated) && !st.over():
			continue
		case err != nil && st.late(err) || errors.Is(err, driver.ErrNavigated):
			if last.Why == "" && errors.Is(err, driver.ErrNavigated) {
				last.Why = "its document is replaced again and again"
			}
			return last, st.gaveUp(unready(meant(l), last, st.limit))
		case err != nil:
			return last, err
		case p.Ready:
			st.report.Set("element", p.Element)
			return p, nil
		case p.Why == "several" || p.Why == "invalid" || p.Why == "no frame":
			return p, unready(meant(l), p, st.limit)
		}
		// The last look is a short one, and what it has only begun to see says little.
		if p.Why != justAppeared || last.Why == "" {
			last = p
		}
		if st.over() {
			return last, st.gaveUp(unready(meant(l), last, st.limit))
		}
	}
}

const justAppeared = "it has only just appeared"

// look prepares once, for at most a slice of the step's time.
func (st *step) look(a aim) (prepared, error) {
	l, kind := a.locator, a.kind
	s, lack, err := st.reach(l, st.budget())
	if err != nil || lack != nil {
		return orNothing(lack), err
	}
	arg := map[string]any{"locator": wire(l), "kind": kind, "control": a.control, "inputs": st.page.inputs.Load(), "budget": st.budget()}
	if a.at != nil {
		arg["position"] = map[string]float64{"x": a.at.X, "y": a.at.Y}
	}
	if a.tick != nil {
		arg["tick"] = *a.tick
	}
	var p prepared
	if err := st.callAt(&s, "prepare", arg, &p); err != nil {
		return p, err
	}
	p.doc, p.frames = s.doc, s.frames
	p.part = partOf(l, p.Depth)
	if p.Ready && a.tick != nil && p.settled(*a.tick) {
		return p, nil
	}
	if p.Ready && len(s.frames) > 0 && (kind == "pointer" || kind == "hover" || kind == "shot") {
		return st.outwards(p, kind)
	}
	return p, nil
}

func orNothing(p *prepared) prepared {
	if p == nil {
		return prepared{}
	}
	return *p
}

// partOf names the element within which, so many steps outwards, another one
// was to be found.
func partOf(l spec.Locator, depth int) string {
	for range depth {
		if l.Within == nil {
			break
		}
		l = *l.Within
	}
	if depth == 0 {
		return ""
	}
	return meant(l)
}
