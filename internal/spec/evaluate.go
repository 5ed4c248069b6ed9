package spec

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Actual is what was found for a matcher to judge. The zero Actual is "there
// is no such value". An Actual that is written as a literal is judged by the
// rules of JSON values; the functions below say what a subject is, so that
// `equals: 5` holds for the text 5 where the subject can only be text.
type Actual struct {
	Value  any  // any JSON value, any Go number, json.Number, time.Duration
	Exists bool // false: there is no such value, and Value is not read
	as     subject
}

type subject int

const (
	asJSON subject = iota
	asText
	asNumber
	asDuration
)

// JSONActual is a value out of a JSON document: types count, so that the text
// "5" and the number 5 differ.
func JSONActual(v any) Actual { return Actual{Value: v, Exists: true} }

// TextActual is a header, a body, a cookie, what a page shows: always text.
func TextActual(s string) Actual { return Actual{Value: s, Exists: true, as: asText} }

// NumberActual is a status code or a count. What it is compared with may be
// text that holds a number, as variables of the plan are text.
func NumberActual(n int) Actual { return Actual{Value: int64(n), Exists: true, as: asNumber} }

// DurationActual is a measured time; it is compared with 500ms, 2s and so on.
func DurationActual(d time.Duration) Actual { return Actual{Value: d, Exists: true, as: asDuration} }

// NoActual says that there is no such value.
func NoActual() Actual { return Actual{} }

// Verdict is the judgement of one matcher. The texts are bounded to about 500
// bytes each.
type Verdict struct {
	Name     string // "equals 201"; the subject is put before it: "status equals 201"
	Passed   bool
	Expected string
	Actual   string // "nothing" where there is no value
	Message  string // when it did not pass: "should equal 201, but is 404"; the subject is put before it
}

// IsZero reports whether no matcher is set.
func (m Matcher) IsZero() bool {
	return m.Equals == nil && m.NotEquals == nil && m.Contains == nil && m.NotContains == nil &&
		m.Matches == "" && m.In == nil && m.Exists == nil && m.LT == nil && m.LTE == nil &&
		m.GT == nil && m.GTE == nil && m.Length == nil && m.Type == ""
}

// Evaluate judges what was found by every matcher that is set, in the order of
// the fields. Where none is set it asks that there is a value. Where there is
// no value, every matcher but `exists: false` fails, the negative ones too: a
// value that is missing is not taken for one that differs.
func (m Matcher) Evaluate(a Actual) []Verdict {
	j := judge{actual: a, shown: "nothing"}
	if a.Exists {
		j.shown = show(a.Value)
	}
	if m.IsZero() {
		j.exists(true)
	}
	j.equality(m)
	j.containing(m)
	if m.Matches != "" {
		j.matches(m.Matches)
	}
	if m.In != nil {
		j.in(m.In)
	}
	if m.Exists != nil {
		j.exists(*m.Exists)
	}
	j.ordering(m)
	if m.Length != nil {
		j.length(*m.Length)
	}
	if m.Type != "" {
		j.typed(m.Type)
	}
	return j.verdicts
}

// judge collects the verdicts on one value.
type judge struct {
	actual   Actual
	shown    string
	verdicts []Verdict
}

// add appends a verdict; should completes the sentence "it should …", and
// problem, when there is one, says why the two cannot be compared.
func (j *judge) add(name, expected, should string, passed bool, problem string) {
	v := Verdict{Name: bound(name), Expected: bound(expected), Actual: j.shown, Passed: passed && j.actual.Exists}
	if !v.Passed {
		v.Message = "should " + bound(should)
		switch {
		case !j.actual.Exists:
			v.Message += ", but there is no such value"
		case problem != "":
			v.Message += ", but " + problem
		default:
			v.Message += ", but is " + j.shown
		}
	}
	j.verdicts = append(j.verdicts, v)
}

func (j *judge) equality(m Matcher) {
	if m.Equals != nil {
		w := show(m.Equals.V)
		j.add("equals "+w, w, "equal "+w, equalTo(j.actual, m.Equals.V), "")
	}
	if m.NotEquals != nil {
		w := show(m.NotEquals.V)
		j.add("not equals "+w, "not "+w, "not equal "+w, !equalTo(j.actual, m.NotEquals.V), "")
	}
}

func (j *judge) containing(m Matcher) {
	if m.Contains != nil {
		w := show(m.Contains.V)
		holds, problem := contains(j.actual, m.Contains.V)
		j.add("contains "+w, "contains "+w, "contain "+w, holds, problem)
	}
	if m.NotContains != nil {
		w := show(m.NotContains.V)
		holds, problem := contains(j.actual, m.NotContains.V)
		j.add("not contains "+w, "does not contain "+w, "not contain "+w, !holds && problem == "", problem)
	}
}

func (j *judge) matches(pattern string) {
	text, isText := textOf(j.actual.Value)
	holds, problem := false, ""
	if re, err := regexp.Compile(pattern); err != nil {
		problem = "the expression is wrong: " + bound(err.Error())
	} else if !isText {
		problem = "is " + typeName(j.actual.Value) + ", which is not text"
	} else {
		holds = re.MatchString(text)
	}
	j.add("matches "+pattern, "matches "+pattern, "match "+pattern, holds, problem)
}

func (j *judge) in(values []Value) {
	holds := false
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v.V
		holds = holds || equalTo(j.actual, v.V)
	}
	w := show(list)
	j.add("in "+w, "one of "+w, "be one of "+w, holds, "")
}

func (j *judge) exists(want bool) {
	if want {
		j.add("exists", "a value", "exist", true, "")
		return
	}
	v := Verdict{Name: "does not exist", Expected: "nothing", Actual: j.shown, Passed: !j.actual.Exists}
	if !v.Passed {
		v.Message = "should not exist, but is " + j.shown
	}
	j.verdicts = append(j.verdicts, v)
}

func (j *judge) ordering(m Matcher) {
	for _, o := range []struct {
		want        *Value
		words, sign string
		holds       func(cmp int) bool
	}{
		{m.LT, "less than", "<", func(c int) bool { return c < 0 }},
		{m.LTE, "at most", "<=", func(c int) bool { return c <= 0 }},
		{m.GT, "greater than", ">", func(c int) bool { return c > 0 }},
		{m.GTE, "at least", ">=", func(c int) bool { return c >= 0 }},
	} {
		if o.want == nil {
			continue
		}
		w := showBare(o.want.V)
		cmp, problem := order(j.actual, o.want.V)
		j.add(o.words+" "+w, o.sign+" "+w, "be "+o.words+" "+w, problem == "" && o.holds(cmp), problem)
	}
}

func (j *judge) length(want int) {
	w := fmt.Sprint(want)
	n, ok := lengthOf(j.actual.Value)
	problem := fmt.Sprintf("has length %d: %s", n, j.shown)
	if !ok {
		problem = "is " + typeName(j.actual.Value) + ", which has no length"
	}
	j.add("length "+w, "length "+w, "have length "+w, ok && n == want, problem)
}

func (j *judge) typed(want string) {
	name := typeName(j.actual.Value)
	holds := name == want || want == "number" && name == "integer"
	j.add("type "+want, want, "be of type "+want, holds, fmt.Sprintf("is %s: %s", name, j.shown))
}

// lengthOf counts the characters of text, the elements of a list and the keys
// of a mapping.
func lengthOf(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v), true
	case []any:
		return len(v), true
	case map[string]any:
		return len(v), true
	}
	return 0, false
}

// typeName names the JSON type of a value.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case time.Duration, Duration:
		return "duration"
	case StatusClass:
		return "status class"
	default:
		n, ok := numberOf(v)
		if !ok {
			return fmt.Sprintf("%T", v)
		}
		if n.whole || n.float == math.Trunc(n.float) {
			return "integer"
		}
		return "number"
	}
}

// textOf is a scalar as text: what a template or a text comparison uses. It
// reports false for lists, mappings and null.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return fmt.Sprint(v), true
	case json.Number:
		return v.String(), true
	case time.Duration:
		return v.String(), true
	case Duration:
		return v.String(), true
	case StatusClass:
		return v.String(), true
	}
	if n, ok := numberOf(v); ok {
		return strings.TrimSpace(n.String()), true
	}
	return "", false
}
