package importing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of what is read and made.
const (
	// MaxSource bounds a source: 64 MiB.
	MaxSource = 64 << 20

	maxSteps = 400 // of one case
	maxCases = 100
	maxBody  = 32 << 10 // of one request in the plan
	maxNotes = 50
	maxNote  = 300 // bytes of each
)

// Result is a plan and what people should know about it.
type Result struct {
	Plan  []byte   // YAML that spec.Parse reads
	Notes []string // one sentence each: what was left out, what must be given
}

// draft is a plan in the making.
type draft struct {
	name      string
	env       map[string]string
	secrets   map[string]string // by value: the variable that stands for it
	secretIDs []string
	insecure  bool
	cases     []draftCase
	notes     []string
	mostNotes int // maxNotes when zero
	dropped   int // notes beyond the bound
}

type draftCase struct {
	id, name string
	steps    []step
}

// step is one request.
type step struct {
	name     string
	method   string
	url      string
	headers  map[string]string
	query    map[string][]string
	json     any
	hasJSON  bool
	form     map[string][]string
	parts    []part
	body     string
	graphql  *graphqlBody
	noFollow bool
	basic    *[2]string
	status   any // the matcher of the status
}

type part struct{ name, value string }

type graphqlBody struct {
	query     string
	variables map[string]any
}

func newDraft(name string) *draft {
	return &draft{name: name, env: map[string]string{}, secrets: map[string]string{}}
}

func (d *draft) note(format string, args ...any) {
	if len(d.notes) >= cmp.Or(d.mostNotes, maxNotes) {
		d.dropped++
		return
	}
	text := excerpt.Line(fmt.Sprintf(format, args...), maxNote)
	if !slices.Contains(d.notes, text) {
		d.notes = append(d.notes, text)
	}
}

// secret returns the reference that stands for a value which a plan must not
// hold, such as a token.
func (d *draft) secret(name, value string) string {
	if known, ok := d.secrets[value]; ok {
		return "${{ " + known + " }}"
	}
	id := name
	for n := 2; slices.Contains(d.secretIDs, id); n++ {
		id = fmt.Sprintf("%s_%d", name, n)
	}
	if len(d.secretIDs) >= 50 {
		id = d.secretIDs[0]
	} else {
		d.secretIDs = append(d.secretIDs, id)
	}
	d.secrets[value] = id
	d.note("give the secret %s its value when you run the plan", id)
	return "${{ " + id + " }}"
}

// base makes addresses that begin at the most frequent origin relative to
// BASE_URL.
func (d *draft) base(origin string) {
	counts := map[string]int{}
	d.each(func(s *step) {
		if u, err := url.Parse(s.url); err == nil && u.Host != "" {
			counts[u.Scheme+"://"+u.Host]++
		}
	})
	if origin == "" {
		for _, o := range slices.Sorted(maps.Keys(counts)) {
			if counts[o] > counts[origin] {
				origin = o
			}
		}
	}
	if origin == "" {
		return
	}
	d.env["BASE_URL"] = origin
	d.each(func(s *step) {
		if rest, ok := strings.CutPrefix(s.url, origin); ok && (rest == "" || rest[0] == '/' || rest[0] == '?') {
			if s.url = rest; rest == "" || rest[0] == '?' {
				s.url = "/" + rest
			}
		}
	})
}

func (d *draft) each(f func(*step)) {
	for i := range d.cases {
		for k := range d.cases[i].steps {
			f(&d.cases[i].steps[k])
		}
	}
}

var errNothing = errors.New("it holds no request that a plan could make")

// result writes the plan and reads it again: what does not parse is never given
// out.
func (d *draft) result() (*Result, error) {
	cases := []any{}
	for _, c := range d.cases {
		if len(c.steps) == 0 {
			continue
		}
		if len(cases) == maxCases {
			d.note("the plan has %d cases; what comes behind them was left out", maxCases)
			break
		}
		cases = append(cases, c.node(d))
	}
	if len(cases) == 0 {
		return nil, errNothing
	}
	doc := mapping("version", text("1"), "name", line(d.name, 100, "Imported"))
	if len(d.env) > 0 {
		doc.add("env", stringMap(d.env))
	}
	if len(d.secretIDs) > 0 {
		slices.Sort(d.secretIDs)
		doc.add("secrets", d.secretIDs)
	}
	if d.insecure {
		doc.add("use", mapping("tls", mapping("insecure", true)))
	}
	doc.add("cases", cases)
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(doc.node()); err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	if _, err := spec.Parse(b.Bytes()); err != nil {
		return nil, fmt.Errorf("it makes no plan that can be read: %s", firstLine(err.Error()))
	}
	if d.dropped > 0 {
		d.notes = append(d.notes, fmt.Sprintf("and %d notes more", d.dropped))
	}
	return &Result{Plan: b.Bytes(), Notes: d.notes}, nil
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

func (c draftCase) node(d *draft) *fields {
	steps := make([]any, 0, len(c.steps))
	for i, s := range c.steps {
		if i == maxSteps {
			d.note("the case %s has more than %d requests; the rest was left out", c.id, maxSteps)
			break
		}
		steps = append(steps, s.node())
	}
	out := mapping("id", text(c.id))
	if c.name != "" && c.name != c.id {
		out.add("name", line(c.name, 200, ""))
	}
	out.add("kind", text("api"))
	out.add("steps", steps)
	return out
}

func (s step) node() *fields {
	out := &fields{}
	if s.name != "" {
		out.add("name", line(s.name, 200, ""))
	}
	if s.graphql != nil {
		g := mapping("url", text(s.url), "query", text(s.graphql.query))
		if len(s.graphql.variables) > 0 {
			g.add("variables", value(s.graphql.variables))
		}
		if len(s.headers) > 0 {
			g.add("headers", stringMap(s.headers))
		}
		out.add("graphql", g)
	} else {
		out.add("http", s.http())
	}
	if s.status != nil {
		out.add("check", []any{mapping("status", s.status)})
	}
	return out
}

func (s step) http() *fields {
	h := &fields{}
	if s.method != "" && s.method != "GET" {
		h.add("method", text(s.method))
	}
	h.add("url", text(s.url))
	if len(s.query) > 0 {
		h.add("query", lists(s.query))
	}
	if len(s.headers) > 0 {
		h.add("headers", stringMap(s.headers))
	}
	switch {
	case s.hasJSON:
		h.add("json", value(s.json))
	case len(s.form) > 0:
		h.add("form", lists(s.form))
	case len(s.parts) > 0:
		parts := make([]any, len(s.parts))
		for i, p := range s.parts {
			parts[i] = mapping("name", text(p.name), "value", text(p.value))
		}
		h.add("multipart", parts)
	case s.body != "":
		h.add("body", text(s.body))
	}
	if s.basic != nil {
		h.add("auth", mapping("basic", mapping("username", text(s.basic[0]), "password", text(s.basic[1]))))
	}
	if s.noFollow {
		h.add("followRedirects", false)
	}
	return h
}

// caseID makes the id of a case out of words.
func caseID(words string, taken map[string]bool) string {
	var b strings.Builder
	for _, r := range strings.ToLower(words) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 80 {
			break
		}
	}
	id := "api." + cmp.Or(strings.Trim(b.String(), "-"), "requests")
	unique := id
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", id, n)
	}
	taken[unique] = true
	return unique
}
