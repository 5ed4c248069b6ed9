package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Act says in words what a person would do. A language model chooses the element
// and the way once; what it chose is recorded, and performed without it then.
type Act struct {
	Do    string `yaml:"do" doc:"What to do, in words: one thing with one element." required:"true" short:"true" min:"1" max:"500" pattern:"line" example:"accept the cookie dialog"`
	Value string `yaml:"value" doc:"Text that a field is filled with. Without it nothing is typed. No secret: use fill for those." max:"1000" example:"Earl Grey"`
}

// RecordedAct is what an act step came to, in a form that people review.
type RecordedAct struct {
	Case   string `yaml:"case" json:"case"`                         // id
	Act    string `yaml:"act" json:"act"`                           // as the plan says it
	Page   string `yaml:"page" json:"page"`                         // path of the page, with * for what looks like an id
	Action string `yaml:"action" json:"action"`                     // one of ActActions
	Role   string `yaml:"role" json:"role"`                         // of the element
	Name   string `yaml:"name,omitempty" json:"name,omitempty"`     // of the element, whole
	Nth    *int   `yaml:"nth,omitempty" json:"nth,omitempty"`       // among those of the same role and name
	Option string `yaml:"option,omitempty" json:"option,omitempty"` // of select: its text
}

// Bounds of a file of recorded acts.
const (
	MaxActs      = 1000
	maxActsBytes = 1 << 20
)

// ActActions are the ways in which an act may be done.
func ActActions() []string {
	return []string{"click", "dblclick", "hover", "fill", "select", "check", "uncheck"}
}

type actsFile struct {
	Version string        `yaml:"version"`
	Acts    []RecordedAct `yaml:"acts"`
}

const actsHead = `# What the act steps of the plan came to. semantest run --update-acts writes it;
# look at its changes as at those of the plan.
`

// ParseActs reads a file of recorded acts. An empty one holds none.
func ParseActs(source []byte) ([]RecordedAct, error) {
	if len(source) > maxActsBytes {
		return nil, fmt.Errorf("a file of acts has at most %d bytes", maxActsBytes)
	}
	if len(bytes.TrimSpace(source)) == 0 {
		return nil, nil
	}
	var f actsFile
	d := yaml.NewDecoder(bytes.NewReader(source))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("it is no file of acts: %w", err)
	}
	if f.Version != "1" || len(f.Acts) > MaxActs {
		return nil, fmt.Errorf(`a file of acts begins with version: "1" and holds at most %d`, MaxActs)
	}
	for i, a := range f.Acts {
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("act %d: %w", i+1, err)
		}
	}
	return f.Acts, nil
}

func (a RecordedAct) check() error {
	switch {
	case a.Case == "" || a.Act == "" || a.Page == "":
		return fmt.Errorf("it needs case, act and page")
	case !slices.Contains(ActActions(), a.Action):
		return fmt.Errorf("there is no action %s; use one of %s", brief(a.Action), strings.Join(ActActions(), ", "))
	case !slices.Contains(roles, a.Role):
		return fmt.Errorf("%s is not an ARIA role", brief(a.Role))
	case len(a.Name) > 1000 || len(a.Option) > 1000 || a.Nth != nil && (*a.Nth < 0 || *a.Nth > 10000):
		return fmt.Errorf("its name or option is longer than 1000 bytes, or nth is no index")
	case a.Action == "select" && a.Option == "":
		return fmt.Errorf("select needs an option")
	}
	return nil
}

// RenderActs writes a file of acts, by case, act and page.
func RenderActs(acts []RecordedAct) ([]byte, error) {
	acts = slices.Clone(acts)
	slices.SortFunc(acts, func(a, b RecordedAct) int {
		return strings.Compare(a.Case+"\x00"+a.Act+"\x00"+a.Page, b.Case+"\x00"+b.Act+"\x00"+b.Page)
	})
	b := bytes.NewBufferString(actsHead)
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	if err := e.Encode(actsFile{"1", acts}); err != nil {
		return nil, fmt.Errorf("write the acts: %w", err)
	}
	return b.Bytes(), nil
}

// Step is the ordinary step that the act stands for. value is that of the plan's
// step, for a field.
func (a RecordedAct) Step(value string) BrowserStep {
	l := Locator{Role: a.Role, Name: a.Name, Exact: a.Name != "", Nth: a.Nth}
	switch a.Action {
	case "dblclick":
		return BrowserStep{DblClick: &Click{Locator: l}}
	case "hover":
		return BrowserStep{Hover: &l}
	case "fill":
		return BrowserStep{Fill: &Fill{Locator: l, Value: value}}
	case "select":
		return BrowserStep{Select: &Select{Locator: l, Option: a.Option}}
	case "check":
		return BrowserStep{Check: &l}
	case "uncheck":
		return BrowserStep{Uncheck: &l}
	}
	return BrowserStep{Click: &Click{Locator: l}}
}
