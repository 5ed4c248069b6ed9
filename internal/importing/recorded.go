package importing

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/spec"
)

// Recorded is a browser session that is to become a plan.
type Recorded struct {
	URL      string // at which it began; its origin becomes BASE_URL
	Name     string // of the plan; from the URL when empty
	Browser  string // empty: the default one
	Device   string
	Viewport *spec.Viewport // where there is no device
	Secrets  []string       // variables that the steps refer to
	Steps    []spec.BrowserStep
	Notes    []string
}

// Steps writes browser steps as a list in YAML, each as short as the plan has it.
func Steps(steps []spec.BrowserStep) ([]byte, error) {
	list := make([]any, 0, len(steps))
	for _, s := range steps {
		list = append(list, stepNode(s))
	}
	return encoded(toNode(list))
}

// Plan makes a plan of a session. A step that no plan can hold is left out, and
// named in a note.
func (r Recorded) Plan() (*Result, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is no address of a page", line(r.URL, 200, ""))
	}
	d := newDraft(cmp.Or(r.Name, "Recorded at "+u.Host))
	for _, n := range r.Notes {
		d.note("%s", n)
	}
	origin := u.Scheme + "://" + u.Host
	d.env[spec.VarBaseURL] = origin
	list := []any{}
	r.Steps = slices.Clone(r.Steps)
	for i, s := range r.Steps {
		if s.Goto != nil {
			s.Goto = &spec.Goto{URL: relative(s.Goto.URL, origin)}
		}
		list = append(list, stepNode(s))
		r.Steps[i] = s
	}
	if r.fits(list...) != nil { // of most recordings all steps do
		list = r.without(d, list)
	}
	if len(list) == 0 {
		return nil, errNothing
	}
	for _, name := range r.Secrets {
		d.note("give the secret %s its value when you run the plan", name)
	}
	return d.browserPlan(r, "# Recorded by semantest record. It is yours to change.\n", []any{r.only(list)})
}

// browserPlan writes the plan and reads it again.
func (d *draft) browserPlan(r Recorded, header string, cases []any) (*Result, error) {
	doc := r.document(line(d.name, 100, "Recorded"), d.env[spec.VarBaseURL], cases)
	data, err := encoded(doc.node())
	if err != nil {
		return nil, err
	}
	run := "# Run it: semantest run PLAN"
	for _, name := range r.Secrets {
		run += " --var " + name + "=…"
	}
	data = append([]byte(header+run+"\n"), data...)
	if _, err := spec.Parse(data); err != nil {
		return nil, fmt.Errorf("it makes no plan that can be read: %s", firstLine(err.Error()))
	}
	if d.dropped > 0 {
		d.notes = append(d.notes, fmt.Sprintf("and %d notes more", d.dropped))
	}
	return &Result{Plan: data, Notes: d.notes}, nil
}

// without leaves out the steps that no plan can hold.
func (r Recorded) without(d *draft, all []any) []any {
	list := []any{}
	for i, node := range all {
		if err := r.fits(node); err != nil {
			s := r.Steps[i]
			d.note("step %d (%s) was left out: %s", i+1, line(s.Title(), 100, s.Action()), firstLine(err.Error()))
			continue
		}
		list = append(list, node)
	}
	return list
}

// fits checks steps in a plan of their own.
func (r Recorded) fits(steps ...any) error {
	data, err := encoded(r.document("Recorded", "http://localhost", []any{r.only(steps)}).node())
	if err != nil {
		return err
	}
	_, err = spec.Parse(data)
	return err
}

func (r Recorded) document(name, origin string, cases []any) *fields {
	env := mapping(spec.VarBaseURL, text(origin))
	if slices.ContainsFunc(cases, func(s any) bool { return mentions(toNode(s), "${{ OPEN }}") }) {
		env.add("OPEN", "${")
	}
	doc := mapping("version", text("1"), "name", name, "env", env)
	if len(r.Secrets) > 0 {
		doc.add("secrets", slices.Clone(r.Secrets))
	}
	doc.add("cases", cases)
	return doc
}

// only is the case of a recording.
func (r Recorded) only(steps []any) *fields {
	one := mapping("id", "recorded", "kind", "browser")
	if r.Browser != "" {
		one.add("browser", r.Browser)
	}
	switch {
	case r.Device != "":
		one.add("device", text(r.Device))
	case r.Viewport != nil:
		one.add("viewport", mapping("width", r.Viewport.Width, "height", r.Viewport.Height))
	}
	one.add("steps", steps)
	return one
}

// mentions reports whether a text is in one of a node's.
func mentions(n *yaml.Node, what string) bool {
	return strings.Contains(n.Value, what) || slices.ContainsFunc(n.Content, func(inner *yaml.Node) bool { return mentions(inner, what) })
}

func relative(address, origin string) string {
	rest, ok := strings.CutPrefix(address, origin)
	switch {
	case !ok || rest != "" && !strings.ContainsAny(rest[:1], "/?#"):
		return address
	case rest == "" || rest[0] != '/':
		return "/" + rest
	}
	return rest
}

func encoded(n *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(n); err != nil {
		return nil, fmt.Errorf("write the steps: %w", err)
	}
	return b.Bytes(), nil
}
