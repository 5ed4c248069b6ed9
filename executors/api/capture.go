package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// maxCaptured bounds what the detail of a step shows of a captured value.
const maxCaptured = 200

// capture sets the variables that a step takes from its answer. One that is not
// found is a check that did not pass.
func (a *attempt) capture(captures map[string]spec.Capture, in *response, r *executors.Report) {
	shown := map[string]any{}
	for _, name := range sorted(captures) {
		c := captures[name]
		value, err := take(c, in)
		if err != nil {
			r.Check(failedCheck("capture "+name, "a value from "+source(c), "nothing",
				fmt.Sprintf("the variable %s could not be captured from %s: %s", name, source(c), err)))
			continue
		}
		a.task.Scope.Set(name, value)
		shown[name] = a.showCaptured(c, value)
	}
	if len(shown) > 0 {
		r.Set("captured", shown)
	}
}

func (a *attempt) showCaptured(c spec.Capture, value any) any {
	if c.Secret || c.Cookie != "" || har.Sensitive(c.Header) {
		return hidden
	}
	if text, ok := value.(string); ok {
		return excerpt.Of(a.task.Scope.Mask(text), maxCaptured)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%T", value)
	}
	if len(data) > maxCaptured {
		return excerpt.Of(a.task.Scope.Mask(string(data)), maxCaptured)
	}
	return value
}

// source says where a capture looks.
func source(c spec.Capture) string {
	switch {
	case c.JSONPath != "":
		return "jsonpath " + c.JSONPath
	case c.Header != "":
		return "the header " + c.Header
	case c.XPath != "":
		return "xpath " + c.XPath
	case c.Regex != "":
		return "the body by the expression " + c.Regex
	case c.Cookie != "":
		return "the cookie " + c.Cookie
	}
	return "the status"
}

func take(c spec.Capture, in *response) (any, error) {
	switch {
	case c.JSONPath != "":
		found, err := in.find(c.JSONPath)
		if err != nil {
			return nil, err
		}
		if len(found.nodes) == 0 {
			return nil, errors.New("there is no such value in the body")
		}
		return plain(found.nodes[0]), nil
	case c.Header != "":
		values := in.header.Values(c.Header)
		if len(values) == 0 {
			return nil, errors.New("the answer has no such header")
		}
		return strings.Join(values, ", "), nil
	case c.Regex != "":
		return takeRegex(c.Regex, in.body)
	case c.Cookie != "":
		return in.cookie(c.Cookie)
	case c.XPath != "":
		value, found, err := in.findXPath(c.XPath)
		if err != nil {
			return nil, err
		}
		if list, ok := value.([]any); ok && found > 1 {
			value = list[0]
		}
		if found == 0 {
			return nil, errors.New("there is no such node in the body")
		}
		return value, nil
	case c.Status:
		return int64(in.status), nil
	}
	return nil, errors.New("the capture says no place: give it jsonpath, header, xpath, regex, cookie or status")
}

func takeRegex(expression string, body []byte) (any, error) {
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("the expression is wrong: %s", cause(err))
	}
	m := re.FindSubmatch(body)
	if m == nil {
		return nil, errors.New("the body does not match")
	}
	if len(m) > 1 {
		return string(m[1]), nil
	}
	return string(m[0]), nil
}

// plain turns numbers into the types that variables have.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil && !math.IsInf(f, 0) {
			return f
		}
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = plain(e)
		}
		return out
	}
	return v
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
