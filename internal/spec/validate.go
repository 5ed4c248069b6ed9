package spec

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxExpandedCases bounds what the matrix makes of a plan.
const maxExpandedCases = 10_000

// What compiling the expressions and schemas of one plan may cost: a second or
// two, and about 100 MB.
const (
	maxRegexes        = 2_000
	maxSchemaNodes    = 20_000
	maxSchemaPatterns = 200
)

// validator checks what the shape of a plan cannot say. Where the decoder has
// already found a mistake, nothing is said that only follows from it.
type validator struct {
	*decoder
	plan   *Plan
	source []byte
	lines  []int // offsets of the lines of source, made when first needed

	// How much was looked at for variables, and compiled.
	walkDepth, walked, walkedBytes       int
	regexes, schemaNodes, schemaPatterns int
}

// at is the place of a field of the plan by its pointer; for a field that is
// not given, the place of the next pointer.
func (v *validator) at(pointers ...any) *place {
	for _, p := range pointers {
		if found := v.places[p]; found != nil {
			return found
		}
	}
	return v.places[v.plan]
}

// sound reports whether a value was given and read without a mistake.
func (v *validator) sound(pointer any) bool {
	p := v.places[pointer]
	return p != nil && !p.bad
}

func (v *validator) validate() {
	p := v.plan
	v.variableNames()
	seen := map[string]*place{}
	for i := range p.Cases {
		c := &p.Cases[i]
		if v.sound(&c.ID) {
			at := v.at(&c.ID)
			if first := seen[c.ID]; first != nil {
				v.report(at, "the case id %s is taken by the case in line %d; every id is unique", brief(c.ID), first.at.Line)
			} else {
				seen[c.ID] = at
			}
		}
		v.apiSteps(c)
		v.load(c)
		v.contract(c)
		v.llm(c)
		v.browserSteps(c)
		v.visual(c)
		v.accessible(c)
		v.performance(c)
		v.browsers(c)
	}
	v.browserList(&p.Use.Browser, p.Use.Browser, &p.Use.Browsers, p.Use.Browsers)
	v.viewportList(&p.Use.Viewport, p.Use.Viewport, &p.Use.Viewports, p.Use.Viewports)
	v.headers(&p.Use.Headers, p.Use.Headers)
	v.comparing(p.Use.Screenshot)
	v.use()
	v.setup(&p.Use.BrowserSetup)
	if p.WebServer != nil && v.sound(&p.WebServer.URL) {
		v.address(v.at(&p.WebServer.URL), p.WebServer.URL, false)
	}
	v.schedule()
	v.judge()
	v.size()
	v.variables()
}

func (v *validator) schedule() {
	s := v.plan.Schedule
	if s == nil {
		return
	}
	if v.sound(&s.TimeZone) {
		if _, err := ParseZone(s.TimeZone); err != nil {
			v.report(v.at(&s.TimeZone), "the time zone %s", err)
		}
	}
	if v.sound(&s.Cron) {
		if _, err := ParseCron(s.Cron, time.UTC); err != nil {
			v.report(v.at(&s.Cron), "the schedule %s", err)
		}
	}
}

// size checks the number of cases once the matrix has multiplied them.
func (v *validator) size() {
	p := v.plan
	if at := v.places[&p.Cases]; at == nil {
		return
	}
	total := 0
	for i := range p.Cases {
		total += combinations(p.matrixOf(p.Cases[i]), maxExpandedCases+1)
		if total > maxExpandedCases {
			v.report(v.at(&p.Matrix, &p.Cases[i].Matrix, &p.Cases), "the matrix makes more than %d cases of the plan", maxExpandedCases)
			return
		}
	}
	if g := p.Gates; g != nil && v.sound(&g.MinCases) && !v.at(&p.Cases).bad && *g.MinCases > total {
		v.report(v.at(&g.MinCases), "%q asks for %d cases, but the plan has %d", "minCases", *g.MinCases, total)
	}
}

// address checks a URL that holds no variable: http or https, and absolute
// unless relative ones are allowed.
func (v *validator) address(at *place, text string, relative bool) {
	if hasReference(text) {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		v.report(at, "%s is %s, which is not an address: %s", at.name(), brief(text), bound(cause(err).Error()))
	case relative && !u.IsAbs():
	default:
		if err := webAddress(u); err != nil {
			v.report(at, "%s is %s, which %s", at.name(), brief(text), err)
		}
	}
}

// headers checks the values of headers; the names are checked by their form.
func (v *validator) headers(pointer any, headers map[string]string) {
	seen := map[string]string{}
	for _, name := range sortedKeys(headers) {
		at := v.at(entry{pointer, name}, pointer)
		if strings.ContainsFunc(headers[name], func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }) {
			v.report(at, "the header %s contains a line break or another control character", brief(name))
		}
		lower := strings.ToLower(name)
		if other, twice := seen[lower]; twice {
			v.report(at.onKey(), "the header %s is also given as %s; names of headers ignore case", brief(name), brief(other))
		}
		seen[lower] = name
	}
}

// file checks a file:// reference: a path below the plan's folder.
func (v *validator) file(at *place, ref string) {
	if hasReference(ref) {
		v.report(at, "a file:// reference cannot hold a variable: the files of a plan are collected before it runs")
		return
	}
	if _, err := FilePath(ref); err != nil {
		v.report(at, "%s", err)
	}
}

// variableNames checks names that stand for variables: each has one meaning.
func (v *validator) variableNames() {
	p := v.plan
	for _, name := range sortedKeys(p.Env) {
		at := v.at(entry{&p.Env, name}, &p.Env).onKey()
		v.reserved(at, name)
		if i := slices.Index(p.Secrets, name); i >= 0 {
			v.report(v.at(&p.Secrets[i]), "%s is also a variable under env; a secret has no default", brief(name))
		}
	}
	for i, name := range p.Secrets {
		if !v.sound(&p.Secrets[i]) {
			continue
		}
		v.reserved(v.at(&p.Secrets[i]), name)
		if slices.Contains(p.Secrets[:i], name) {
			v.report(v.at(&p.Secrets[i]), "the secret %s is listed twice", brief(name))
		}
	}
	v.matrix(&p.Matrix, p.Matrix)
	for i := range p.Cases {
		v.matrix(&p.Cases[i].Matrix, p.Cases[i].Matrix)
	}
}

func (v *validator) reserved(at *place, name string) {
	if slices.Contains(builtins, name) {
		v.report(at, "the name %s is taken: every case has this variable", name)
	}
}

// matrix checks the names and the values of a matrix.
func (v *validator) matrix(pointer any, matrix map[string][]string) {
	p := v.plan
	for _, name := range sortedKeys(matrix) {
		at := v.at(entry{pointer, name}, pointer)
		v.reserved(at.onKey(), name)
		if _, ok := p.Env[name]; ok {
			v.report(at.onKey(), "%s is also a variable under env; remove one of them", brief(name))
		}
		if slices.Contains(p.Secrets, name) {
			v.report(at.onKey(), "%s is also a secret; remove one of them", brief(name))
		}
		seen := map[string]bool{}
		for i, value := range matrix[name] {
			at := v.at(&matrix[name][i], entry{pointer, name})
			switch {
			case at.bad:
			case len(value) > 100:
				v.report(at, "a value of the matrix has at most 100 bytes, but this one has %d", len(value))
			case !forms["line"].re.MatchString(value):
				v.report(at, "a value of the matrix %s", forms["line"].sentence)
			case seen[value]:
				v.report(at, "the value %s is listed twice", brief(value))
			}
			seen[value] = true
		}
	}
}
