package exporting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

type export struct {
	plan   *spec.Plan
	out    *Result
	told   int                          // bytes of out.Left
	matrix map[string]map[string]string // by the key of a case
}

// plainValue is a value of a matrix that means the same in every language and
// between all kinds of quotes.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9 _./:@+-]*$`)

// combination notes the values that a case has of its matrix, and says what keeps
// it from being carried over.
func (e *export) combination(c spec.ExpandedCase) string {
	for name, value := range c.Matrix {
		if !plainValue.MatchString(value) {
			return "the value of " + name + " in its matrix"
		}
		if c.Kind == spec.KindBrowser && (name == "viewport" || name == "browser") {
			return "its " + name
		}
	}
	e.matrix[c.Key] = c.Matrix
	return ""
}

// fixed puts the values of the matrix into the code of a case.
func (e *export) fixed(key, code string) string {
	for name, value := range e.matrix[key] {
		code = regexp.MustCompile(`\$\{\{\s*`+regexp.QuoteMeta(name)+`\s*\}\}`).ReplaceAllLiteralString(code, value)
	}
	return code
}

// left names what is not carried over and returns the sentence, for a comment.
func (e *export) left(format string, args ...any) string {
	text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	e.out.Left = append(e.out.Left, text)
	e.told += len(text)
	return text
}

// fits says whether there is room for more beside what is written so far.
func (e *export) fits(written *bytes.Buffer) error {
	if written.Len()+e.told > maxExported {
		return ErrTooLarge
	}
	return nil
}

// shared names what the plan says for all cases and no export has.
func (e *export) shared() {
	use := e.plan.Use
	for _, s := range []struct {
		name string
		set  bool
	}{
		{"use.auth", use.Auth != nil}, {"use.proxy", use.Proxy != nil}, {"use.tls", use.TLS != nil},
		{"gates", e.plan.Gates != nil}, {"use.retries", use.Retries != nil && *use.Retries > 0},
		{"webServer", e.plan.WebServer != nil}, {"schedule", e.plan.Schedule != nil}, {"use.heal", use.Heal},
	} {
		if s.set {
			e.left("%s of the plan", s.name)
		}
	}
}

// env are the variables that an export begins with; secrets come from its
// environment.
func (e *export) env() (names []string, values map[string]string) {
	values = maps.Clone(e.plan.Env)
	if values == nil {
		values = map[string]string{}
	}
	if values[spec.VarBaseURL] == "" {
		values[spec.VarBaseURL] = "http://localhost:8080"
	}
	for _, name := range e.plan.Secrets {
		values[name] = ""
	}
	return slices.Sorted(maps.Keys(values)), values
}

// exchange is one HTTP step as every export has it.
type exchange struct {
	title, method, url string
	headers            [][2]string
	query              [][2]string
	form               [][2]string
	json               any
	hasJSON            bool
	body               *string
	checks             []check
	captures           [][2]string // name and subject
	follow             bool
	notes              []string // what is lacking
}

// check is one assertion: a subject as the helpers know it, and the matcher as
// JSON.
type check struct {
	subject string
	matcher map[string]any
}

// exchangeOf reads a step; why says what keeps it from being carried over.
func (e *export) exchangeOf(caseID string, s spec.APIStep) (x exchange, why string) {
	h := s.HTTP
	switch {
	case h == nil:
		return x, "the step " + s.Title()
	case s.Until != nil:
		return x, "until of " + s.Title()
	case h.Auth != nil, h.Proxy != nil, h.File != "", len(h.Multipart) > 0, h.Compress != "", h.Save != "", h.Chunked:
		return x, "how " + s.Title() + " is sent"
	}
	x = exchange{title: s.Title(), method: h.MethodOr("GET"), url: h.URL, body: h.Body, follow: h.FollowRedirects == nil || *h.FollowRedirects}
	headers := maps.Clone(e.plan.Use.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	maps.Copy(headers, h.Headers)
	for _, k := range slices.Sorted(maps.Keys(headers)) {
		x.headers = append(x.headers, [2]string{k, headers[k]})
	}
	x.query, x.form = pairs(h.Query), pairs(h.Form)
	if h.JSON != nil {
		x.json, x.hasJSON = h.JSON.V, true
	}
	for _, name := range slices.Sorted(maps.Keys(s.Capture)) {
		c := s.Capture[name]
		subject, ok := captured(c)
		if !ok {
			return x, fmt.Sprintf("the capture %s of %s", name, s.Title())
		}
		x.captures = append(x.captures, [2]string{name, subject})
	}
	for _, c := range s.Checks {
		subject, m, ok := asserted(c)
		if !ok {
			x.notes = append(x.notes, e.left("case %s, %s: a check that is not of the status, a header, the body or a plain JSONPath", caseID, s.Title()))
			continue
		}
		x.checks = append(x.checks, check{subject, matcherOf(m)})
	}
	return x, ""
}

func pairs(m map[string]spec.StringList) [][2]string {
	var out [][2]string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		for _, v := range m[k] {
			out = append(out, [2]string{k, v})
		}
	}
	return out
}

// exchanges are the steps of a case, or why it is left out.
func (e *export) exchanges(id string, steps []spec.APIStep) ([]exchange, string) {
	var out []exchange
	for _, s := range steps {
		x, why := e.exchangeOf(id, s)
		if why != "" {
			return nil, why
		}
		out = append(out, x)
	}
	return out, ""
}

var plainPath = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[-?[0-9]+\]|\['[^'\\]+'\])*$`)

func captured(c spec.Capture) (string, bool) {
	switch {
	case c.JSONPath != "":
		return c.JSONPath, plainPath.MatchString(c.JSONPath)
	case c.Header != "":
		return "header " + c.Header, true
	case c.Status:
		return "status", true
	}
	return "", false
}

func asserted(c spec.Check) (string, spec.Matcher, bool) {
	switch {
	case c.Status != nil:
		return "status", *c.Status, true
	case c.Body != nil:
		return "body", *c.Body, true
	case c.Header != "":
		return "header " + c.Header, c.Matcher, true
	case c.JSONPath != "" && plainPath.MatchString(c.JSONPath):
		return c.JSONPath, c.Matcher, true
	}
	return "", spec.Matcher{}, false
}

// matcherOf is a matcher as the helpers of all exports read it.
func matcherOf(m spec.Matcher) map[string]any {
	out := map[string]any{}
	for name, v := range map[string]*spec.Value{"equals": m.Equals, "notEquals": m.NotEquals, "contains": m.Contains, "notContains": m.NotContains,
		"lt": m.LT, "lte": m.LTE, "gt": m.GT, "gte": m.GTE} {
		if v != nil {
			out[name] = v.V
		}
	}
	if m.Matches != "" {
		out["matches"] = m.Matches
	}
	if len(m.In) > 0 {
		list := make([]any, len(m.In))
		for i, v := range m.In {
			list[i] = v.V
		}
		out["in"] = list
	}
	if m.Exists != nil {
		out["exists"] = *m.Exists
	}
	if m.Length != nil {
		out["length"] = *m.Length
	}
	if m.Type != "" {
		out["type"] = m.Type
	}
	if len(out) == 0 {
		out["exists"] = true
	}
	return out
}

// literal is a value as JSON, which JavaScript reads too.
func literal(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write a value: %w", err)
	}
	return string(data), nil
}

// identifier makes a name of words: upper says whether it begins in capitals.
func identifier(words string) string {
	var b strings.Builder
	up := true
	for _, r := range words {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			text := string(r)
			if up {
				text = strings.ToUpper(text)
			}
			b.WriteString(text)
			up = false
		default:
			up = true
		}
	}
	return b.String()
}

// fileName makes the name of a file of a plan's name.
func fileName(words string) string {
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(words), "_"), "_")
	if name == "" {
		name = "plan"
	}
	return name[:min(len(name), 60)]
}

func quoted(text string) string { return strconv.Quote(text) }
