package spec

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// number is a number of any Go type: a whole one in int64, any other in
// float64.
type number struct {
	whole bool
	int   int64
	float float64
}

func (n number) String() string {
	if n.whole {
		return strconv.FormatInt(n.int, 10)
	}
	if abs := math.Abs(n.float); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.FormatFloat(n.float, 'e', -1, 64)
	}
	return strconv.FormatFloat(n.float, 'f', -1, 64)
}

// compare orders two numbers by magnitude and exactly: an int64 beyond 2^53 is
// not rounded to be compared with a float64.
func (n number) compare(m number) int {
	switch {
	case n.whole && m.whole:
		return cmp.Compare(n.int, m.int)
	case !n.whole && !m.whole:
		return cmp.Compare(n.float, m.float)
	case n.whole:
		return new(big.Float).SetInt64(n.int).Cmp(big.NewFloat(m.float))
	}
	return -m.compare(n)
}

// numberOf reads a value of any Go number type. NaN is not a number that can
// be compared.
func numberOf(v any) (number, bool) {
	switch v := v.(type) {
	case int64:
		return number{whole: true, int: v}, true
	case float64:
		return number{float: v}, !math.IsNaN(v)
	case json.Number:
		return parseNumber(v.String())
	case nil, bool, string, time.Duration, Duration, StatusClass:
		return number{}, false
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return number{whole: true, int: r.Int()}, true
	case r.CanUint():
		if u := r.Uint(); u <= math.MaxInt64 {
			return number{whole: true, int: int64(u)}, true
		}
		return number{float: float64(r.Uint())}, true
	case r.CanFloat():
		return number{float: r.Float()}, !math.IsNaN(r.Float())
	}
	return number{}, false
}

// parseNumber reads a number as JSON writes it.
func parseNumber(text string) (number, bool) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number{whole: true, int: i}, true
	}
	if text == "" || strings.Trim(text, "+-.eE0123456789") != "" {
		return number{}, false // ParseFloat also reads inf, nan, hexadecimal and underscores
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return number{}, false
	}
	return number{float: f}, true
}

// equalTo compares what was found with what the plan expects, by the rules of
// the subject.
func equalTo(a Actual, want any) bool {
	if !a.Exists {
		return false
	}
	switch a.as {
	case asText:
		if text, ok := textOf(want); ok {
			want = text
		}
	case asNumber:
		if text, ok := want.(string); ok {
			if class, ok := ParseStatusClass(text); ok {
				want = class
			} else if n, ok := parseNumber(strings.TrimSpace(text)); ok {
				return equal(a.Value, n.value())
			}
		}
	}
	return equal(a.Value, want)
}

func (n number) value() any {
	if n.whole {
		return n.int
	}
	return n.float
}

// equal compares two JSON values: numbers by magnitude, lists in order,
// mappings by key. A duration equals the text of an equal duration, and a code
// equals the class that it is in.
func equal(actual, want any) bool {
	if class, ok := want.(StatusClass); ok {
		n, isNumber := numberOf(actual)
		return isNumber && class.holds(n)
	}
	if d, ok := durationOf(actual, false); ok {
		w, ok := durationOf(want, true)
		return ok && d == w
	}
	if n, ok := numberOf(actual); ok {
		w, ok := numberOf(want)
		return ok && n.compare(w) == 0
	}
	switch a := actual.(type) {
	case nil:
		return want == nil
	case bool:
		w, ok := want.(bool)
		return ok && a == w
	case string:
		w, ok := want.(string)
		return ok && a == w
	case []any:
		w, ok := want.([]any)
		if !ok || len(a) != len(w) {
			return false
		}
		for i := range a {
			if !equal(a[i], w[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		w, ok := want.(map[string]any)
		if !ok || len(a) != len(w) {
			return false
		}
		for k := range a {
			wv, ok := w[k]
			if !ok || !equal(a[k], wv) {
				return false
			}
		}
		return true
	}
	return false
}

// contains reports whether text holds text or a list holds an element; the
// string says why neither can be said.
func contains(a Actual, want any) (bool, string) {
	if !a.Exists {
		return false, ""
	}
	if list, ok := a.Value.([]any); ok {
		for _, e := range list {
			if equal(e, want) {
				return true, ""
			}
		}
		return false, ""
	}
	text, ok := a.Value.(string)
	if !ok {
		return false, "is " + typeName(a.Value) + ", which is neither text nor a list"
	}
	part, ok := textOf(want)
	if !ok {
		return false, "is text, which cannot contain " + typeName(want)
	}
	return strings.Contains(text, part), ""
}

// order compares what was found with a limit, both as durations or both as
// numbers. Text that is a number counts as one, because headers, pages and
// variables have nothing but text. The string says why they cannot be compared.
func order(a Actual, want any) (int, string) {
	if !a.Exists {
		return 0, ""
	}
	actual := a.Value
	if d, ok := durationOf(actual, false); ok {
		w, ok := durationOf(want, true)
		if !ok {
			return 0, "the limit " + show(want) + " is not a duration such as 500ms"
		}
		return cmp.Compare(d, w), ""
	}
	if w, ok := looseNumber(want); ok {
		n, ok := looseNumber(actual)
		if !ok {
			return 0, "is " + show(actual) + ", which is not a number"
		}
		return n.compare(w), ""
	}
	if w, ok := durationOf(want, true); ok {
		d, ok := durationOf(actual, true)
		if !ok {
			return 0, "is " + show(actual) + ", which is not a duration"
		}
		return cmp.Compare(d, w), ""
	}
	return 0, "the limit " + show(want) + " is neither a number nor a duration"
}

// looseNumber is numberOf that also reads text.
func looseNumber(v any) (number, bool) {
	if text, ok := v.(string); ok {
		return parseNumber(strings.TrimSpace(text))
	}
	return numberOf(v)
}

// durationOf reads a duration; with text it also reads one from text.
func durationOf(v any, text bool) (time.Duration, bool) {
	switch v := v.(type) {
	case time.Duration:
		return v, true
	case Duration:
		return time.Duration(v), true
	case string:
		if text {
			d, err := ParseDuration(strings.TrimSpace(v))
			return time.Duration(d), err == nil
		}
	}
	return 0, false
}
