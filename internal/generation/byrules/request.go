package byrules

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/importing"
)

// request is one request in the making.
type request struct {
	method, url string
	query       map[string]string
	headers     map[string]string
	body        any
	hasBody     bool
	name        string
}

// request makes what an operation asks for, path parameters by the values given
// or by the document's own examples, or says why it cannot.
func (g *openapi) request(op importing.Operation, values map[string]string) (request, string) {
	r := request{method: op.Method, query: map[string]string{}, headers: map[string]string{}}
	address := g.text(op.Path)
	for _, p := range op.Parameters {
		value := g.text(plain(p.Value))
		switch p.In {
		case "path":
			given, known := values[p.Name]
			switch {
			case known:
				value = given
			case !p.Given && !chosen(p.Schema):
				return r, fmt.Sprintf("the document gives no example of %s", p.Name)
			default:
				value = url.PathEscape(value)
			}
			address = strings.ReplaceAll(address, "{"+p.Name+"}", value)
		case "query":
			if p.Required {
				r.query[g.text(p.Name)] = value
			}
		case "header":
			if p.Required {
				r.headers[p.Name] = value
			}
		}
	}
	if strings.Contains(strings.ReplaceAll(address, "${{", ""), "{") || !strings.HasPrefix(address, "/") {
		return r, "its path cannot be filled in"
	}
	r.url = g.api.Prefix + address
	if op.Body != nil {
		r.body, r.hasBody = g.api.Literal(clone(op.Body.Value)), true
		if op.Body.MediaType != "application/json" {
			r.headers["Content-Type"] = op.Body.MediaType
		}
	}
	if op.Body == nil && (op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch) && len(op.Responses) > 0 && refusesBodies(op) {
		return r, "its body is no JSON"
	}
	return r, ""
}

// refusesBodies reports whether an operation speaks of bodies that it does not
// take, though none could be made for it.
func refusesBodies(op importing.Operation) bool {
	_, ok := op.Responses["415"]
	return ok
}

// chosen reports whether a schema names its values.
func chosen(schema map[string]any) bool { return schema["enum"] != nil || schema["const"] != nil }

func (g *openapi) text(s string) string {
	out, _ := g.api.Literal(s).(string)
	return out
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return "1"
	case []any:
		if len(v) > 0 {
			return plain(v[0])
		}
	}
	return fmt.Sprint(v)
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return v
}

// step writes a request with its checks.
func (r request) step(checks []draft.Pairs) draft.StepDoc {
	h := draft.Pairs{}
	if r.method != "GET" {
		h = append(h, "method", r.method)
	}
	h = append(h, "url", r.url)
	if len(r.query) > 0 {
		h = append(h, "query", r.query)
	}
	if len(r.headers) > 0 {
		h = append(h, "headers", r.headers)
	}
	if r.hasBody {
		h = append(h, "json", r.body)
	}
	return draft.StepDoc{Name: r.name, HTTP: h, Check: checks}
}

// maxChecks bounds the checks of one answer.
const maxChecks = 40

// answers are the checks of the answer with a status.
func (g *openapi) answers(op importing.Operation, status string) []draft.Pairs {
	checks := []draft.Pairs{{"status", statusValue(status)}}
	response := op.Responses[status]
	if response.MediaType != "" && !strings.Contains(response.MediaType, "*") {
		checks = append(checks, draft.Pairs{"header", "Content-Type", "contains", response.MediaType})
	}
	for _, name := range response.Headers {
		checks = append(checks, draft.Pairs{"header", name})
	}
	if response.Schema != nil {
		checks = append(checks, g.shape(response.Schema, "$", 0)...)
	}
	return checks[:min(len(checks), maxChecks)]
}

func statusValue(status string) any {
	if n, err := strconv.Atoi(status); err == nil {
		return n
	}
	return strings.ToLower(status)
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func member(path, name string) string {
	if plainName.MatchString(name) {
		return path + "." + name
	}
	return path + "['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "']"
}

// shape are the checks that a value is as its schema says, as far as what must
// be there goes.
func (g *openapi) shape(schema map[string]any, path string, depth int) []draft.Pairs {
	if kind, _ := schema["type"].(string); kind == "array" && depth == 0 {
		return []draft.Pairs{{"jsonpath", path, "type", "array"}}
	}
	properties, _ := schema["properties"].(map[string]any)
	wanted := map[string]bool{}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if s, ok := name.(string); ok && properties[s] != nil && !strings.Contains(s, "${{") {
			wanted[s] = true
		}
	}
	var out []draft.Pairs
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		own, at := g.api.Flat(properties[name]), member(path, name)
		out = append(out, g.value(own, at))
		if own["type"] == "object" && depth == 0 {
			out = append(out, g.shape(own, at, depth+1)...)
		}
	}
	return out
}

// value is the narrowest check that a schema allows.
func (g *openapi) value(s map[string]any, at string) draft.Pairs {
	check := draft.Pairs{"jsonpath", at}
	kind, _ := s["type"].(string)
	if v, ok := s["const"]; ok && scalar(v) {
		return append(check, "equals", g.api.Literal(v))
	}
	if list, _ := s["enum"].([]any); len(list) > 0 && len(list) <= 100 && !slices.ContainsFunc(list, func(v any) bool { return !scalar(v) }) {
		return append(check, "in", g.api.Literal(clone(list)))
	}
	if pattern, _ := s["pattern"].(string); pattern != "" && kind == "string" && len(pattern) <= 1000 && !strings.Contains(pattern, "${{") {
		if _, err := regexp.Compile(pattern); err == nil {
			return append(check, "matches", pattern)
		}
	}
	switch kind {
	case "":
		return append(check, "exists", true)
	case "integer", "number":
		check = append(check, "type", kind)
		if v, ok := bound(s, "minimum"); ok {
			check = append(check, "gte", v)
		}
		if v, ok := bound(s, "maximum"); ok {
			check = append(check, "lte", v)
		}
		return check
	}
	return append(check, "type", kind)
}

func scalar(v any) bool {
	switch v.(type) {
	case string, bool, int, int64, uint64, float64:
		return true
	}
	return false
}

// bound is a limit of numbers that a plan can say as it is.
func bound(s map[string]any, key string) (any, bool) {
	switch v := s[key].(type) {
	case int, int64, float64:
		return v, true
	}
	return nil, false
}
