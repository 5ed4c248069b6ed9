package importing

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// maxScript bounds a test file: 1 MiB.
const maxScript = 1 << 20

// maxPlaywrightNotes bounds the notes: each says what was left out.
const maxPlaywrightNotes = 1000

// Playwright makes browser cases of a file of Playwright tests in TypeScript or
// JavaScript: of the calls that most tests are made of. What it does not
// understand it leaves out, and a note names its line.
func Playwright(data []byte) (*Result, error) {
	if len(data) > maxScript {
		return nil, fmt.Errorf("it has more than %d KiB", maxScript>>10)
	}
	tokens, err := lex(strings.ToValidUTF8(string(data), "\uFFFD"))
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	var all []statement
	for p.peek().kind != tokenEnd { // a brace too many does not end the file
		all = append(all, p.statements()...)
		p.at++
	}
	w := &playwright{draft: newDraft("Imported from Playwright"), taken: map[string]bool{}}
	w.mostNotes = maxPlaywrightNotes
	w.suite(all, nil, nil)
	return w.result()
}

// playwright is a file that is being read.
type playwright struct {
	*draft
	taken   map[string]bool
	cases   []browserCase
	secrets []string // variables of the environment
	nested  int
}

type browserCase struct {
	id, name string
	lines    []int // of the steps
	steps    []spec.BrowserStep
}

// names are what a script has given names to.
type names map[string]*expression

// suite reads the tests of a file or of a describe.
func (w *playwright) suite(all []statement, before []statement, outer names) {
	if !w.deeper(all) {
		return
	}
	defer func() { w.nested-- }()
	known := names{}
	for k, v := range outer {
		known[k] = v
	}
	before = slices.Clone(before)
	for _, s := range all { // what comes before each test may be written behind some
		if s.value != nil && s.name == "" && isMember(s.value) {
			if kind, _, body := callOf(s.value); kind == ".beforeEach" && body != nil {
				before = append(before, body.body...)
			}
		}
	}
	for _, s := range all {
		e := s.value
		switch {
		case e == nil:
		case s.name != "":
			known[s.name] = e
		case !isMember(e):
			w.leftOut(e.line, e)
		default:
			w.member(e, before, known)
		}
	}
}

// deeper notes what lies too deep to be read.
func (w *playwright) deeper(all []statement) bool {
	if w.nested < maxNesting {
		w.nested++
		return true
	}
	if len(all) > 0 && all[0].value != nil {
		w.note("line %d: what lies more than %d blocks deep was left out", all[0].value.line, maxNesting)
	}
	return false
}

func isMember(e *expression) bool { return e.kind == isChain && e.text == "test" && len(e.links) > 0 }

// callOf is what a call such as test.describe.only("…", () => {…}) says: ".describe.only",
// its title and its function, if it has one.
func callOf(e *expression) (kind, title string, body *expression) {
	for _, l := range e.links[:len(e.links)-1] {
		kind += "." + l.name
	}
	last := e.links[len(e.links)-1]
	if last.name != "" {
		kind += "." + last.name
	}
	if !last.call {
		return kind, "", nil
	}
	for _, a := range last.args {
		switch a.kind {
		case isText:
			title = a.text
		case isFunction:
			body = a
		default:
		}
	}
	return kind, title, body
}

// member reads test(…), test.describe(…) and their like.
func (w *playwright) member(e *expression, before []statement, known names) {
	kind, title, body := callOf(e)
	switch {
	case body == nil:
		w.leftOut(e.line, e)
	case kind == "" || kind == ".only":
		w.test(e.line, title, append(slices.Clone(before), body.body...), known)
	case kind == ".describe" || kind == ".describe.only" || kind == ".describe.serial" || kind == ".describe.parallel":
		w.suite(body.body, before, known)
	case kind == ".beforeEach": // read before
	default:
		w.leftOut(e.line, e)
	}
}

func (w *playwright) leftOut(at int, e *expression) {
	what := e.text
	if e.kind == isChain {
		for _, l := range e.links {
			if what += "." + l.name; l.name == "" {
				what = strings.TrimSuffix(what, ".")
			}
			if l.call {
				what += "()"
			}
		}
	}
	w.note("line %d: %s was left out: it is not understood", at, cmp.Or(line(what, 80, ""), "something"))
}

func (w *playwright) test(at int, title string, body []statement, known names) {
	own := names{}
	for k, v := range known {
		own[k] = v
	}
	c := &browserCase{id: "ui." + strings.TrimPrefix(caseID(title, w.taken), "api."), name: title}
	w.block(c, body, own)
	if len(c.steps) == 0 {
		w.note("line %d: the test %q was left out: nothing of it is understood", at, line(title, 80, ""))
		return
	}
	w.cases = append(w.cases, *c)
}

// block reads the statements of a test.
func (w *playwright) block(c *browserCase, body []statement, known names) {
	if !w.deeper(body) {
		return
	}
	defer func() { w.nested-- }()
	for _, s := range body {
		e := s.value
		switch {
		case e == nil:
		case s.name != "" && !w.does(e, known):
			known[s.name] = w.follow(e, known)
		case e.kind == isOther:
			w.leftOut(e.line, e)
		case isStep(e): // test.step("…", async () => {…})
			w.block(c, e.links[0].args[1].body, known)
		default:
			steps, err := w.steps(w.follow(e, known), known)
			if err != nil {
				w.note("line %d: %s was left out: %s", e.line, line(w.chain(e), 80, "something"), err)
				continue
			}
			for range steps {
				c.lines = append(c.lines, e.line)
			}
			c.steps = append(c.steps, steps...)
		}
	}
}

// does reports whether a value is more than a name for something: what is done in
// passing must not be lost.
func (w *playwright) does(e *expression, known names) bool {
	if e = w.follow(e, known); e.kind != isChain {
		return e.kind == isOther
	}
	f, err := w.find(e, known)
	if err != nil {
		return slices.ContainsFunc(e.links, func(l link) bool { return l.call })
	}
	return len(f.rest) > 0
}

func isStep(e *expression) bool {
	return e.kind == isChain && e.text == "test" && len(e.links) == 1 && e.links[0].name == "step" && len(e.links[0].args) > 1 &&
		e.links[0].args[1].kind == isFunction
}

func (w *playwright) chain(e *expression) string {
	if e.kind != isChain || len(e.links) == 0 {
		return e.text
	}
	last := e.links[len(e.links)-1].name
	return strings.TrimSuffix(e.text+" … "+last, " … ")
}

// follow puts what a name stands for in its place.
func (w *playwright) follow(e *expression, known names) *expression {
	if e.kind != isChain {
		return e
	}
	value, ok := known[e.text]
	if !ok || value == nil {
		return e
	}
	if len(e.links) == 0 {
		return value
	}
	if value.kind != isChain || len(value.links)+len(e.links) > maxNesting {
		return e
	}
	out := *value
	out.links = append(slices.Clone(value.links), e.links...)
	out.line = e.line
	return &out
}

var errUnknown = errors.New("it is not understood")

// result writes the plan and reads it again.
func (w *playwright) result() (*Result, error) {
	origin := w.origin()
	w.env[spec.VarBaseURL] = cmp.Or(origin, "http://localhost")
	if origin == "" {
		w.note("the addresses are relative: give their server when you run the plan, by --var BASE_URL=…")
	}
	slices.Sort(w.secrets)
	r := Recorded{Secrets: slices.Compact(w.secrets)}
	var list []any
	for _, c := range w.cases {
		if len(list) == maxCases {
			w.note("the plan has %d cases; the test %q and what comes behind it was left out", maxCases, c.name)
			break
		}
		var steps []any
		for i, s := range c.steps {
			if s.Goto != nil {
				s.Goto = &spec.Goto{URL: relative(s.Goto.URL, origin)}
			}
			node := stepNode(s)
			if err := r.fits(node); err != nil || len(steps) == maxSteps {
				w.note("line %d: %s was left out: %s", c.lines[i], line(s.Title(), 80, s.Action()), cmp.Or(reason(err), "a case has no more steps"))
				continue
			}
			steps = append(steps, node)
		}
		if len(steps) > 0 {
			list = append(list, mapping("id", text(c.id), "name", line(c.name, 200, c.id), "kind", "browser", "steps", steps))
		}
	}
	if len(list) == 0 {
		if len(w.notes) > 0 {
			return nil, fmt.Errorf("it holds no test of which something is understood: %s", w.notes[0])
		}
		return nil, errors.New("it holds no test")
	}
	return w.browserPlan(r, "# Imported from Playwright. What was not understood is not in it: see the notes.\n", list)
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return firstLine(err.Error())
}

// origin is that of the first absolute address.
func (w *playwright) origin() string {
	for _, c := range w.cases {
		for _, s := range c.steps {
			if s.Goto == nil {
				continue
			}
			if u, err := url.Parse(s.Goto.URL); err == nil && u.Host != "" {
				return u.Scheme + "://" + u.Host
			}
		}
	}
	return ""
}
