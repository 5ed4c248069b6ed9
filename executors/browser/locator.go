package browser

import (
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// locator is spec.Locator as the agent reads it.
type locator struct {
	Role        string `json:"role,omitempty"`
	Name        string `json:"name,omitempty"`
	Label       string `json:"label,omitempty"`
	Placeholder string `json:"placeholder,omitempty"`
	Text        string `json:"text,omitempty"`
	TestID      string `json:"testId,omitempty"`
	CSS         string `json:"css,omitempty"`
	XPath       string `json:"xpath,omitempty"`
	Exact       bool   `json:"exact,omitempty"`
	Nth         *int   `json:"nth,omitempty"`
	Attribute   string `json:"attribute,omitempty"`
}

func wire(l spec.Locator) locator {
	return locator{
		Role: l.Role, Name: l.Name, Label: l.Label, Placeholder: l.Placeholder, Text: l.Text,
		TestID: l.TestID, CSS: l.CSS, XPath: l.XPath, Exact: l.Exact, Nth: l.Nth,
	}
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

	doc driver.Document // in which the element is
}

// prepare waits until the element can be used in the way that kind says, or
// explains why it cannot.
func (st *step) prepare(l spec.Locator, kind string, control bool) (prepared, error) {
	var last prepared
	for {
		var p prepared
		doc, err := st.page.Call(st.ctx, "prepare", map[string]any{
			"locator": wire(l), "kind": kind, "control": control, "budget": st.budget(),
		}, &p)
		switch {
		case err != nil && st.late(err):
			return last, st.gaveUp(unready(meant(l), last, st.limit))
		case err != nil:
			return last, err
		case p.Ready:
			p.doc = doc
			st.report.Set("element", p.Element)
			return p, nil
		case p.Why == "several" || p.Why == "invalid":
			return p, unready(meant(l), p, st.limit)
		}
		last = p
		if st.over() {
			return last, st.gaveUp(unready(meant(l), last, st.limit))
		}
	}
}
