package spec_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// oneStep returns the step of a plan with a single browser or api case.
func oneStep(t *testing.T, kind, step string) spec.Case {
	t.Helper()
	plan := parse(t, fmt.Sprintf("version: '1'\nname: n\nenv: {A: b}\ncases:\n  - id: a\n    kind: %s\n    steps:\n      - %s\n", kind, step))
	return plan.Cases[0]
}

func TestShortForms(t *testing.T) {
	t.Parallel()
	status := func(v ...any) *spec.Matcher {
		if len(v) == 1 {
			return &spec.Matcher{Equals: val(v[0])}
		}
		m := &spec.Matcher{}
		for _, e := range v {
			m.In = append(m.In, spec.Value{V: e})
		}
		return m
	}
	check := func(c spec.Check) spec.APIStep {
		return spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/"}, Checks: []spec.Check{c}}
	}
	for name, c := range map[string]struct {
		step string
		want spec.APIStep
	}{
		"request":         {"http: /path", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/path"}}},
		"code":            {"{http: /, check: [{status: 201}]}", check(spec.Check{Status: status(int64(201))})},
		"codes":           {"{http: /, check: [{status: [200, 204]}]}", check(spec.Check{Status: status(int64(200), int64(204))})},
		"class":           {"{http: /, check: [{status: 2XX}]}", check(spec.Check{Status: status(spec.StatusClass(2))})},
		"class and code":  {"{http: /, check: [{status: [2xx, 404]}]}", check(spec.Check{Status: status(spec.StatusClass(2), int64(404))})},
		"variable status": {`{http: /, check: [{status: "${{ A }}"}]}`, check(spec.Check{Status: status("${{ A }}")})},
		"body":            {"{http: /, check: [{body: 1.50}]}", check(spec.Check{Body: status("1.50")})},
		"duration":        {"{http: /, check: [{duration: 500ms}]}", check(spec.Check{Duration: &spec.Matcher{LTE: val("500ms")}})},
		"file":            {"{http: /, check: [{schema: 'file://a.json'}]}", check(spec.Check{Schema: &spec.Schema{File: "file://a.json"}})},
		"schema in place": {"{http: /, check: [{schema: {type: object, minProperties: 1}}]}",
			check(spec.Check{Schema: &spec.Schema{Inline: map[string]any{"type": "object", "minProperties": int64(1)}}})},
		"header as text": {"{http: /, check: [{header: X, equals: 0x10, in: [true, 010]}]}",
			check(spec.Check{Header: "X", Matcher: spec.Matcher{Equals: val("0x10"), In: []spec.Value{{V: "true"}, {V: "010"}}}})},
		"JSON keeps types": {"{http: /, check: [{jsonpath: $, equals: 010, in: [0x10, 1e3, null, yes, 1.5]}]}",
			check(spec.Check{JSONPath: "$", Matcher: spec.Matcher{Equals: val(int64(10)),
				In: []spec.Value{{V: int64(16)}, {V: 1000.0}, {V: nil}, {V: "yes"}, {V: 1.5}}}})},
		"null body":     {"http: {url: /, json: null}", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/", JSON: &spec.Value{}}}},
		"equals null":   {"{http: /, check: [{jsonpath: $, equals: null}]}", check(spec.Check{JSONPath: "$", Matcher: spec.Matcher{Equals: &spec.Value{}}})},
		"empty text":    {`http: {url: /, body: ""}`, spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/", Body: ptr("")}}},
		"query lists":   {"http: {url: /, query: {a: 1, b: [x, false]}}", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/", Query: map[string]spec.StringList{"a": {"1"}, "b": {"x", "false"}}}}},
		"a tagged text": {"http: {url: /, json: [!!str 5, 'x', 5]}", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/", JSON: val([]any{"5", "x", int64(5)})}}},
		"an alias":      {"http: {url: /, json: [&a {b: 1}, *a]}", spec.APIStep{HTTP: &spec.HTTPRequest{URL: "/", JSON: val([]any{map[string]any{"b": int64(1)}, map[string]any{"b": int64(1)}})}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]spec.APIStep{c.want}, oneStep(t, "api", c.step).APISteps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for step, want := range map[string]string{
		"goto: /cart":                                                "goto /cart",
		"click: {role: button, name: Pay}":                           `click button "Pay"`,
		"click: '#buy'":                                              "click #buy",
		"fill: {label: Email, value: secret}":                        `fill label "Email"`,
		"press: Enter":                                               "press Enter",
		"press: {label: Search, key: Control+A}":                     `press Control+A label "Search"`,
		"select: {label: Country, option: Denmark}":                  `select "Denmark" in label "Country"`,
		"wait: 1500ms":                                               "wait 1.5s",
		"wait: {visible: {text: Ready}}":                             `wait visible text "Ready"`,
		"wait: {load: networkidle}":                                  "wait networkidle",
		"hover: {testId: menu, nth: -1}":                             `hover test id "menu" [-1]`,
		"expect: {visible: {role: heading, name: Thanks}}":           `expect visible heading "Thanks"`,
		"expect: {count: {role: row}, gte: 2, lt: 5}":                "expect count of row less than 5 and at least 2",
		"expect: {text: .total, contains: 42}":                       `expect text of .total contains "42"`,
		"expect: {attribute: {css: a, attribute: href}, equals: /x}": `expect attribute href of a equals "/x"`,
		"expect: {url: /thanks}":                                     `expect url equals "/thanks"`,
		"expect: {title: {matches: '^a'}}":                           "expect title matches ^a",
		"expect: {console: clean}":                                   "expect console clean",
		"screenshot: thanks":                                         "screenshot thanks",
		"{check: '#a', name: Agree}":                                 "Agree",
		"goto: /" + strings.Repeat("æ", 300):                         "goto /" + strings.Repeat("æ", 97) + "…",
	} {
		s := oneStep(t, "browser", step).BrowserSteps[0]
		if got := s.Title(); got != want {
			t.Errorf("%s is called %q, want %q", step, got, want)
		}
		if action, _, _ := strings.Cut(strings.Trim(step, "{"), ":"); s.Action() != action {
			t.Errorf("%s has the action %q", step, s.Action())
		}
	}
	for step, want := range map[string]string{
		"http: /orders":                         "GET /orders",
		"http: {url: /orders, method: POST}":    "POST /orders",
		"{http: /orders, name: 'Ask ${{ A }}'}": "Ask ${{ A }}",
	} {
		if s := oneStep(t, "api", step).APISteps[0]; s.Title() != want || s.Action() != "http" {
			t.Errorf("%s is called %q with the action %q, want %q", step, s.Title(), s.Action(), want)
		}
	}
}

func TestMatrixExpansion(t *testing.T) {
	t.Parallel()
	plan := parse(t, `{version: "1", name: n, matrix: {lang: [da, en], size: [s]}, cases: [
		{id: a, name: "In ${{ lang }} and ${{ size }}", kind: api, matrix: {size: ["x y", "l,g"]}, steps: [{http: /}]},
		{id: b, kind: api, steps: [{http: /}]}]}`)
	var got []string
	for range 3 { // the order never changes
		got = nil
		for _, c := range plan.Expand() {
			got = append(got, c.Key+" | "+c.Title()+" | "+fmt.Sprint(c.Matrix))
		}
	}
	want := []string{
		`a[lang=da,size="x y"] | In da and x y | map[lang:da size:x y]`,
		`a[lang=da,size="l,g"] | In da and l,g | map[lang:da size:l,g]`,
		`a[lang=en,size="x y"] | In en and x y | map[lang:en size:x y]`,
		`a[lang=en,size="l,g"] | In en and l,g | map[lang:en size:l,g]`,
		"b[lang=da,size=s] | b | map[lang:da size:s]",
		"b[lang=en,size=s] | b | map[lang:en size:s]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	alone := parse(t, `{version: "1", name: n, cases: [{id: a, kind: api, steps: [{http: /}]}]}`).Expand()
	if len(alone) != 1 || alone[0].Key != "a" || len(alone[0].Matrix) != 0 {
		t.Errorf("without a matrix: %+v", alone)
	}
}

func TestBrowsers(t *testing.T) {
	t.Parallel()
	plan := parse(t, `{version: "1", name: n, use: {browsers: [chromium, webkit]}, matrix: {lang: [da, en]}, cases: [
		{id: all, name: "In ${{ browser }}", kind: browser, steps: [{goto: "/?b=${{ browser }}"}]},
		{id: some, kind: browser, browsers: [firefox], steps: [{goto: /}]},
		{id: one, kind: browser, browser: edge, steps: [{goto: /}]},
		{id: none, kind: api, steps: [{http: /}]}]}`)
	var got []string
	for _, c := range plan.Expand() {
		got = append(got, c.Key+" | "+c.Title()+" | "+c.Browser)
	}
	want := []string{
		"all[browser=chromium,lang=da] | In chromium | chromium",
		"all[browser=chromium,lang=en] | In chromium | chromium",
		"all[browser=webkit,lang=da] | In webkit | webkit",
		"all[browser=webkit,lang=en] | In webkit | webkit",
		"some[browser=firefox,lang=da] | some | firefox",
		"some[browser=firefox,lang=en] | some | firefox",
		"one[lang=da] | one | edge",
		"one[lang=en] | one | edge",
		"none[lang=da] | none | ",
		"none[lang=en] | none | ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatrixAtItsLimit(t *testing.T) {
	t.Parallel()
	hundred := "[" + strings.Join(strings.Fields(fmt.Sprint(numbers(100))), ",") + "]"
	hundred = strings.NewReplacer("[[", "[", "]]", "]").Replace(hundred)
	source := `{version: "1", name: n, matrix: {a: ` + hundred + `, b: ` + hundred + `}, cases: [{id: a, kind: api, steps: [{http: /}]}%s]}`
	plan := parse(t, fmt.Sprintf(source, ""))
	keys := map[string]bool{}
	for _, c := range plan.Expand() {
		keys[c.Key] = true
	}
	if len(keys) != 10_000 {
		t.Errorf("%d different cases, want 10000", len(keys))
	}
	if _, err := spec.Parse(fmt.Appendf(nil, source, `, {id: b, kind: api, matrix: {a: [x], b: [y]}, steps: [{http: /}]}`)); err == nil {
		t.Error("10001 cases pass")
	}
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestFiles(t *testing.T) {
	t.Parallel()
	got := parse(t, string(read(t, "testdata/plans/checkout.yaml"))).Files()
	if diff := cmp.Diff([]string{"images/cat.png", "order.schema.json"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilePath(t *testing.T) {
	t.Parallel()
	good := map[string]string{"file://a.json": "a.json", "file://./a/b.json": "a/b.json", "file://a..b/.hidden": "a..b/.hidden"}
	for ref, want := range good {
		if got, err := spec.FilePath(ref); err != nil || got != want {
			t.Errorf("FilePath(%q) = %q, %v", ref, got, err)
		}
	}
	for _, ref := range []string{
		"", "a.json", "file://", "file://.", "file:///etc/passwd", "file://../a", "file://a/../../b", "file://a/..", "file://a//b",
		"file://a/", `file://a\b`, "file://C:/a", "file://a?b", "file://a#b", "file://a\x00b", "http://a", "file://" + strings.Repeat("a", 600),
	} {
		if got, err := spec.FilePath(ref); err == nil {
			t.Errorf("FilePath(%q) = %q, want an error", ref, got)
		}
	}
}

func TestUnreadableSources(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"nothing":               {"", "line 1, column 1: the plan is empty"},
		"white space":           {" \n\t\n", "line 1, column 1: the plan is empty"},
		"a byte order mark":     {"\uFEFF", "line 1, column 1: the plan is empty"},
		"too large":             {strings.Repeat("#", spec.MaxSourceBytes+1), "line 1, column 1: the plan is larger than 1 MiB (1048577 bytes); divide it into several"},
		"Latin-1":               {"a: b\næ: \xe6", "line 2, column 4: the plan is not UTF-8: byte 0xE6"},
		"UTF-16":                {"\xff\xfea\x00", "line 1, column 1: the plan is not UTF-8 but UTF-16; save it as UTF-8"},
		"NUL":                   {"a: b\x00", "line 1, column 5: the plan contains a NUL byte"},
		"escape character":      {"a: b\r\nc: \x1b[31m", "line 2, column 4: the plan contains the control character U+001B"},
		"a mark inside":         {"a: b\n\uFEFFc: d", "line 2, column 1: a byte order mark stands inside the plan; remove it"},
		"the end of a document": {"version: '1'\n...\n---\na: b\n", "line 3, column 1: a second document begins here; a plan file holds one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.Parse([]byte(c.source))
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestJSONIsYAML reads the same plan in both forms and expects the same.
func TestJSONIsYAML(t *testing.T) {
	t.Parallel()
	const json = "\uFEFF{\r\n\t\"version\": \"1\",\t\"name\": \"\\ud83d\\ude00 \\u00e6\\/\",\n\t\"cases\": [{\"id\": \"a\", \"kind\": \"api\",\n" +
		"\t\t\"steps\": [{\"http\": {\"url\": \"/\", \"json\": {\"a\": [1, -2.5e3, true, null, \"5\", {}]}}}]}]\n}"
	const yaml = "version: '1'\nname: \"\U0001F600 æ/\"\ncases:\n- {id: a, kind: api, steps: [{http: {url: /, json: {a: [1, -2.5e3, true, null, '5', {}]}}}]}\n"
	if diff := cmp.Diff(parse(t, yaml), parse(t, json)); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesAreCapped(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	_, err := spec.Parse([]byte(b.String()))
	var m *spec.Mistakes
	if !errors.As(err, &m) {
		t.Fatal(err)
	}
	// 150 unknown keys, and version, name and cases are missing.
	if len(m.List) != 100 || m.More != 53 || !strings.HasSuffix(err.Error(), "\nand 53 more mistakes") {
		t.Errorf("%d listed, %d more: %s", len(m.List), m.More, err.Error()[len(err.Error())-100:])
	}
	if got := m.In("p.yaml"); !strings.HasPrefix(got, "p.yaml:1:1: ") || !strings.HasSuffix(got, "\nand 53 more mistakes") {
		t.Errorf("In: %.100s", got)
	}
	for i, one := range m.List[1:] {
		if one.Line < m.List[i].Line {
			t.Errorf("line %d comes after line %d", one.Line, m.List[i].Line)
		}
	}
	if spec.MistakesOf(fmt.Errorf("parse: %w", err)) == nil || spec.MistakesOf(errors.New("x")) != nil {
		t.Error("MistakesOf looks through wrapped errors, and only at those of Parse")
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	good := map[string]string{"500ms": "500ms", "30s": "30s", "90s": "1m30s", "5m": "5m", "60m": "1h", "1h30m": "1h30m", "1.5s": "1.5s", "0s": "0s"}
	for text, want := range good {
		if d, err := spec.ParseDuration(text); err != nil || d.String() != want {
			t.Errorf("ParseDuration(%q) = %s, %v; want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "5", "-1s", "+1s", "1us", "1ns", "1d", "s", "1 s", "1s ", "999999999h", "1..5s", ".5s"} {
		if d, err := spec.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %s, want an error", text, d)
		}
	}
}

func TestExpandedCasesDoNotShareTheirMatrix(t *testing.T) {
	t.Parallel()
	cases := parse(t, `{version: "1", name: n, matrix: {a: [x, y]}, cases: [{id: a, kind: api, steps: [{http: /}]}]}`).Expand()
	before := maps.Clone(cases[1].Matrix)
	cases[0].Matrix["a"] = "changed"
	if diff := cmp.Diff(before, cases[1].Matrix); diff != "" {
		t.Error(diff)
	}
}
