package spec_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestExpandString(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(map[string]any{
		"text": "a b", "n": int64(42), "f": 2.50, "big": 1e21, "yes": true, "null": nil, "json.number": json.Number("1.0"),
		"list": []any{int64(1), "x"}, "map": map[string]any{"k": nil}, "ref": "${{ text }}", "run.id": "run_1",
	}, map[string]string{"secret": "s3cret"})
	for name, c := range map[string]struct{ in, want, err string }{
		"none":               {in: "plain $ { } }} text", want: "plain $ { } }} text"},
		"one":                {in: "<${{ text }}>", want: "<a b>"},
		"no spaces":          {in: "${{text}}${{n}}", want: "a b42"},
		"numbers":            {in: "${{ n }} ${{ f }} ${{ big }} ${{ json.number }}", want: "42 2.5 1e+21 1.0"},
		"boolean and null":   {in: "${{ yes }}<${{ null }}>", want: "true<>"},
		"list and mapping":   {in: "${{ list }} ${{ map }}", want: `[1,"x"] {"k":null}`},
		"secret":             {in: "${{ secret }}", want: "s3cret"},
		"not expanded twice": {in: "${{ ref }}", want: "${{ text }}"},
		"dotted name":        {in: "${{ run.id }}", want: "run_1"},
		"unknown":            {in: "${{ text }} ${{ nope }}", err: "variable nope has no value"},
		"not closed":         {in: "a ${{ text", err: "not closed"},
		"bad name":           {in: "${{ a b }}", err: "not the name of a variable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scope.ExpandString(c.in)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestBuiltinsAreNewAtEachUse(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, nil)
	got, err := scope.ExpandString("${{ uuid }} ${{ uuid }} ${{ timestamp }}")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Fields(got)
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !form.MatchString(parts[0]) || !form.MatchString(parts[1]) || parts[0] == parts[1] {
		t.Errorf("two UUIDs are wanted, not %v", parts[:2])
	}
	at, err := time.Parse(time.RFC3339, parts[2])
	if err != nil || time.Since(at) > time.Hour || !strings.HasSuffix(parts[2], "Z") {
		t.Errorf("timestamp %q, %v", parts[2], err)
	}
}

func TestExpandCopiesDeeply(t *testing.T) {
	t.Parallel()
	step := spec.APIStep{
		Name: "Step ${{ n }}",
		HTTP: &spec.HTTPRequest{
			URL:     "/${{ n }}",
			Headers: map[string]string{"X-${{ n }}": "${{ s }}"},
			Query:   map[string]spec.StringList{"q": {"${{ s }}", "b"}},
			JSON: &spec.Value{V: map[string]any{
				"id": "${{ n }}", "text": "n=${{ n }}", "k${{ n }}": []any{"${{ list }}", int64(1), nil, true, 2.5},
			}},
			Body:            ptr("${{ s }}"),
			FollowRedirects: ptr(false),
		},
		Timeout: 5,
		Checks: []spec.Check{
			{Status: &spec.Matcher{In: []spec.Value{{V: spec.StatusClass(2)}, {V: "${{ n }}"}}}},
			{Schema: &spec.Schema{Inline: map[string]any{"const": "${{ n }}"}}},
			{JSONPath: "$.${{ s }}", Matcher: spec.Matcher{Equals: val("${{ null }}"), Length: ptr(3)}},
		},
		Capture: map[string]spec.Capture{"x": {Header: "X-${{ s }}"}},
	}
	before, err := json.Marshal(step)
	if err != nil {
		t.Fatal(err)
	}
	scope := spec.NewScope(map[string]any{"n": int64(7), "s": "text", "list": []any{int64(1)}, "null": nil}, nil)
	got, err := spec.Expand(scope, step)
	if err != nil {
		t.Fatal(err)
	}
	want := spec.APIStep{
		Name: "Step 7",
		HTTP: &spec.HTTPRequest{
			URL: "/7", Headers: map[string]string{"X-7": "text"}, Query: map[string]spec.StringList{"q": {"text", "b"}},
			JSON: &spec.Value{V: map[string]any{
				"id": int64(7), "text": "n=7", "k7": []any{[]any{int64(1)}, int64(1), nil, true, 2.5},
			}},
			Body: ptr("text"), FollowRedirects: ptr(false),
		},
		Timeout: 5,
		Checks: []spec.Check{
			{Status: &spec.Matcher{In: []spec.Value{{V: spec.StatusClass(2)}, {V: int64(7)}}}},
			{Schema: &spec.Schema{Inline: map[string]any{"const": int64(7)}}},
			{JSONPath: "$.text", Matcher: spec.Matcher{Equals: val(nil), Length: ptr(3)}},
		},
		Capture: map[string]spec.Capture{"x": {Header: "X-text"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got.HTTP.Headers["new"], got.HTTP.JSON.V.(map[string]any)["new"], got.Checks[0].Status.In[0].V = "x", "x", "x"
	*got.HTTP.FollowRedirects = true
	after, err := json.Marshal(step)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("the original has changed: %s", diff)
	}
}

func TestExpandErrors(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20)
	scope := spec.NewScope(map[string]any{"a": "same", "b": "same", "large": large, "list": []any{large, large}}, nil)
	many := make([]any, 20)
	for i := range many {
		many[i] = "${{ list }}"
	}
	for name, c := range map[string]struct {
		step spec.APIStep
		want string
	}{
		"says where":       {spec.APIStep{HTTP: &spec.HTTPRequest{Headers: map[string]string{"X": "${{ nope }}"}}}, `http: headers: "X": variable nope has no value`},
		"two keys alike":   {spec.APIStep{HTTP: &spec.HTTPRequest{Headers: map[string]string{"${{ a }}": "1", "${{ b }}": "2"}}}, `two keys become "same"`},
		"two keys in JSON": {spec.APIStep{HTTP: &spec.HTTPRequest{JSON: val(map[string]any{"${{ a }}": 1, "${{ b }}": 2})}}, `two keys become "same"`},
		"too large a text": {spec.APIStep{Name: strings.Repeat("${{ large }}", 20)}, "larger than 16 MiB"},
		"too large a body": {spec.APIStep{HTTP: &spec.HTTPRequest{JSON: val(many)}}, "larger than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := spec.Expand(scope, c.step); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	const secret = `p&ss/w"rd <1>`
	scope := spec.NewScope(nil, map[string]string{"A": secret, "B": "hunter2hunter", "C": "hunter2", "D": "ab", "E": "erXY"})
	asJSON, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain":           "token " + secret,
		"query":           "q=" + url.QueryEscape(secret),
		"path":            "/x/" + url.PathEscape(secret),
		"JSON":            "body " + strings.Trim(string(asJSON), `"`),
		"base64":          base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 for URLs": base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		got := scope.Mask(text)
		if !strings.Contains(got, "***") || strings.Contains(got, "ss") || strings.Contains(got, "rd") {
			t.Errorf("%s: %q became %q", name, text, got)
		}
	}
	for offset := range 6 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", offset) + "hunter2" + "!"))
		got := scope.Mask(text)
		if core := base64.StdEncoding.EncodeToString([]byte("hunter2")); !strings.Contains(got, "***") || strings.Contains(got, core[:6]) {
			t.Errorf("Basic credentials %q became %q", text, got)
		}
	}
	for in, want := range map[string]string{
		"hunter2hunter hunter2": "*** ***",
		"hunter2huntXY":         "***huntXY",
		"hunter2hunterXY":       "***", // two secrets that overlap
		"ab cab":                "ab cab",
		"nothing to hide":       "nothing to hide",
		"":                      "",
	} {
		if got := scope.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestResolveURL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ base, ref, want, err string }{
		"relative":            {base: "https://shop.test/app/", ref: "cart?a=1#b", want: "https://shop.test/app/cart?a=1#b"},
		"from the root":       {base: "https://shop.test/app/", ref: "/cart", want: "https://shop.test/cart"},
		"absolute":            {base: "https://shop.test", ref: "http://other.test:81/x", want: "http://other.test:81/x"},
		"absolute needs none": {ref: "https://other.test/", want: "https://other.test/"},
		"empty is the base":   {base: "https://shop.test/a", ref: "", want: "https://shop.test/a"},
		"no base":             {ref: "/cart", err: "BASE_URL has no value"},
		"base without scheme": {base: "shop.test", ref: "/cart", err: "does not begin with http"},
		"base of a file":      {base: "file:///etc/", ref: "passwd", err: "only http and https"},
		"file":                {base: "https://shop.test", ref: "file:///etc/passwd", err: "only http and https"},
		"script":              {base: "https://shop.test", ref: "javascript:alert(1)", err: "only http and https"},
		"no host":             {base: "https://shop.test", ref: "http:///x", err: "names no host"},
		"opaque":              {base: "https://shop.test", ref: "http:x", err: "names no host"},
		"cannot be read":      {base: "https://shop.test", ref: "http://[::1", err: "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]any{}
			if c.base != "" {
				vars["BASE_URL"] = c.base
			}
			got, err := spec.NewScope(vars, nil).ResolveURL(c.ref)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%q, %v; want the error %q", got, err, c.err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	plan := parse(t, `{version: "1", name: n, secrets: [KEY], matrix: {lang: [da]},
		env: {BASE_URL: "https://${{ HOST }}:${{ PORT }}", HOST: shop.test, PORT: 8080, AUTH: "k ${{ KEY }}",
			USER: "u-${{ uuid }}-${{ lang }}-${{ run.id }}", MAIL: "${{ USER }}@${{ HOST }}"},
		cases: [{id: a, kind: api, steps: [{http: /}]}]}`)
	secrets := map[string]string{"KEY": "s3cret"}
	vars, err := plan.Variables(map[string]string{"HOST": "${{ PORT }}"}, secrets)
	if err != nil {
		t.Fatal(err)
	}
	if got := vars["BASE_URL"]; got != "https://${{ PORT }}:8080" {
		t.Errorf("an override is taken as it is and reaches what refers to it: %v", got)
	}
	vars["lang"], vars["run.id"] = "da", "run_1"
	scope := spec.NewScope(vars, secrets)
	first, err := scope.ExpandString("${{ USER }} ${{ MAIL }} ${{ AUTH }}")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^(u-[0-9a-f-]{36}-da-run_1) u-[0-9a-f-]{36}-da-run_1@\$\{\{ PORT \}\} k s3cret$`).MatchString(first) {
		t.Errorf("got %q", first)
	}
	if again, err := scope.ExpandString("${{ USER }} ${{ MAIL }} ${{ AUTH }}"); err != nil || again != first {
		t.Errorf("a variable of env changed within one scope: %q, %v", again, err)
	}
	if user, _, _ := strings.Cut(first, " "); !strings.Contains(first, " "+user+"@") {
		t.Errorf("MAIL does not hold USER: %q", first)
	}
	if other, err := spec.NewScope(vars, secrets).ExpandString("${{ USER }}"); err != nil || strings.HasPrefix(first, other) {
		t.Errorf("another scope has the same uuid: %q, %v", other, err)
	}
	if _, err := spec.NewScope(map[string]any{"USER": vars["USER"]}, nil).ExpandString("${{ USER }}"); err == nil {
		t.Error("what needs a case has a value without one")
	}
}

func TestVariablesSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	plan := parse(t, `{version: "1", name: n, secrets: [KEY, PIN], env: {HOST: a}, cases: [{id: a, kind: api, steps: [{http: /}]}]}`)
	for name, c := range map[string]struct {
		overrides, secrets map[string]string
		want               string
	}{
		"both secrets":      {nil, map[string]string{"PIN": ""}, "the secrets KEY and PIN were not given"},
		"one secret":        {nil, map[string]string{"PIN": "1"}, "the secret KEY was not given"},
		"a secret in clear": {map[string]string{"KEY": "x"}, map[string]string{"PIN": "1", "KEY": "x"}, `"KEY" is a secret of the plan`},
		"a wrong name":      {map[string]string{"HOTS": "x"}, map[string]string{"PIN": "1", "KEY": "x"}, `no variable "HOTS" under env (did you mean "HOST"?)`},
	} {
		if _, err := plan.Variables(c.overrides, c.secrets); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := plan.Variables(map[string]string{"BASE_URL": "http://a"}, map[string]string{"PIN": "1", "KEY": "x"}); err != nil {
		t.Errorf("BASE_URL can always be given: %v", err)
	}
}

func TestVariablesDoNotMultiplyWithoutEnd(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: '1'\nname: n\nenv:\n  A0: xxxxxxxxxx\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&b, "  A%d: '%s'\n", i, strings.Repeat(fmt.Sprintf("${{ A%d }}", i-1), 10))
	}
	b.WriteString("cases: [{id: a, kind: api, steps: [{http: '/${{ A59 }}'}]}]\n")
	if _, err := parse(t, b.String()).Variables(nil, nil); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("error %v", err)
	}
}
