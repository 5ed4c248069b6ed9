package spec_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func val(v any) *spec.Value { return &spec.Value{V: v} }

func ptr[T any](v T) *T { return &v }

func TestEvaluate(t *testing.T) {
	t.Parallel()
	object := map[string]any{"a": []any{float64(1), "x"}, "b": nil}
	for name, c := range map[string]struct {
		matcher spec.Matcher
		actual  spec.Actual
		want    bool
	}{
		"whole and fraction are equal by magnitude": {spec.Matcher{Equals: val(int64(5))}, spec.JSONActual(5.0), true},
		"text five is not the number five":          {spec.Matcher{Equals: val(int64(5))}, spec.JSONActual("5"), false},
		"number five is not the text five":          {spec.Matcher{Equals: val("5")}, spec.JSONActual(int64(5)), false},
		"a header that reads five is five":          {spec.Matcher{Equals: val(int64(5))}, spec.TextActual("5"), true},
		"text from a variable equals a count":       {spec.Matcher{Equals: val("5")}, spec.NumberActual(5), true},
		"beyond 2^53 nothing is rounded":            {spec.Matcher{Equals: val(int64(1<<53 + 1))}, spec.JSONActual(float64(1 << 53)), false},
		"a literal number of any Go type":           {spec.Matcher{Equals: val(int64(7))}, spec.Actual{Value: uint8(7), Exists: true}, true},
		"json.Number":                               {spec.Matcher{Equals: val(1.5)}, spec.JSONActual(json.Number("1.50")), true},
		"true is not 1":                             {spec.Matcher{Equals: val(int64(1))}, spec.JSONActual(true), false},
		"null equals null":                          {spec.Matcher{Equals: val(nil)}, spec.JSONActual(nil), true},
		"null is not empty text":                    {spec.Matcher{Equals: val(nil)}, spec.JSONActual(""), false},
		"deep equality":                             {spec.Matcher{Equals: val(map[string]any{"a": []any{int64(1), "x"}, "b": nil})}, spec.JSONActual(object), true},
		"one key more":                              {spec.Matcher{Equals: val(map[string]any{"a": []any{int64(1), "x"}})}, spec.JSONActual(object), false},
		"order of a list counts":                    {spec.Matcher{Equals: val([]any{"x", int64(1)})}, spec.JSONActual([]any{1.0, "x"}), false},
		"not equals":                                {spec.Matcher{NotEquals: val("a")}, spec.JSONActual("b"), true},
		"a missing value does not differ":           {spec.Matcher{NotEquals: val("a")}, spec.NoActual(), false},
		"class of a status":                         {spec.Matcher{Equals: val(spec.StatusClass(2))}, spec.NumberActual(204), true},
		"another class":                             {spec.Matcher{Equals: val(spec.StatusClass(2))}, spec.NumberActual(304), false},
		"class from a variable":                     {spec.Matcher{Equals: val("2XX")}, spec.NumberActual(201), true},
		"classes and codes in a list":               {spec.Matcher{In: []spec.Value{{V: int64(404)}, {V: spec.StatusClass(2)}}}, spec.NumberActual(201), true},
		"none of a list":                            {spec.Matcher{In: []spec.Value{{V: int64(404)}}}, spec.NumberActual(201), false},
		"text holds text":                           {spec.Matcher{Contains: val("ell")}, spec.TextActual("hello"), true},
		"text holds a number":                       {spec.Matcher{Contains: val(int64(42))}, spec.TextActual("a42"), true},
		"a list holds an element":                   {spec.Matcher{Contains: val(int64(2))}, spec.JSONActual([]any{1.0, 2.0}), true},
		"a number holds nothing":                    {spec.Matcher{Contains: val("1")}, spec.JSONActual(1.0), false},
		"a number cannot fail to hold either":       {spec.Matcher{NotContains: val("1")}, spec.JSONActual(2.0), false},
		"does not contain":                          {spec.Matcher{NotContains: val("x")}, spec.TextActual("abc"), true},
		"matches":                                   {spec.Matcher{Matches: `^\d+$`}, spec.TextActual("12"), true},
		"matches a number's text":                   {spec.Matcher{Matches: `^12\.5$`}, spec.JSONActual(12.5), true},
		"matches refuses a list":                    {spec.Matcher{Matches: `.`}, spec.JSONActual([]any{}), false},
		"a wrong expression fails":                  {spec.Matcher{Matches: `(`}, spec.TextActual("("), false},
		"exists":                                    {spec.Matcher{Exists: ptr(true)}, spec.JSONActual(nil), true},
		"does not exist":                            {spec.Matcher{Exists: ptr(false)}, spec.NoActual(), true},
		"exists although it should not":             {spec.Matcher{Exists: ptr(false)}, spec.JSONActual(1), false},
		"no matcher asks that it exists":            {spec.Matcher{}, spec.NoActual(), false},
		"no matcher and a value":                    {spec.Matcher{}, spec.TextActual(""), true},
		"less than":                                 {spec.Matcher{LT: val(int64(5))}, spec.JSONActual(4.9), true},
		"not less than itself":                      {spec.Matcher{LT: val(int64(5))}, spec.JSONActual(5.0), false},
		"at most itself":                            {spec.Matcher{LTE: val(int64(5))}, spec.JSONActual(5.0), true},
		"greater":                                   {spec.Matcher{GT: val(int64(5))}, spec.JSONActual(5.1), true},
		"at least":                                  {spec.Matcher{GTE: val(int64(5))}, spec.JSONActual(4), false},
		"text that is a number has an order":        {spec.Matcher{GT: val(int64(100))}, spec.TextActual(" 250 "), true},
		"text that is none has no order":            {spec.Matcher{GT: val(int64(100))}, spec.TextActual("many"), false},
		"a time within its limit":                   {spec.Matcher{LTE: val("500ms")}, spec.DurationActual(499 * time.Millisecond), true},
		"a time beyond its limit":                   {spec.Matcher{LTE: val("500ms")}, spec.DurationActual(501 * time.Millisecond), false},
		"a time against a number has no unit":       {spec.Matcher{LTE: val(int64(500))}, spec.DurationActual(time.Millisecond), false},
		"a duration in JSON":                        {spec.Matcher{LT: val("2s")}, spec.JSONActual("1500ms"), true},
		"equal durations":                           {spec.Matcher{Equals: val("1m30s")}, spec.DurationActual(90 * time.Second), true},
		"characters, not bytes":                     {spec.Matcher{Length: ptr(3)}, spec.TextActual("æøå"), true},
		"elements":                                  {spec.Matcher{Length: ptr(2)}, spec.JSONActual([]any{1, 2}), true},
		"a number has no length":                    {spec.Matcher{Length: ptr(1)}, spec.JSONActual(1), false},
		"type integer":                              {spec.Matcher{Type: "integer"}, spec.JSONActual(5.0), true},
		"an integer is a number":                    {spec.Matcher{Type: "number"}, spec.JSONActual(int64(5)), true},
		"a fraction is no integer":                  {spec.Matcher{Type: "integer"}, spec.JSONActual(5.5), false},
		"type null":                                 {spec.Matcher{Type: "null"}, spec.JSONActual(nil), true},
		"type object":                               {spec.Matcher{Type: "object"}, spec.JSONActual(object), true},
		"every matcher must hold":                   {spec.Matcher{GT: val(int64(1)), LT: val(int64(2))}, spec.JSONActual(3), false},
		"a huge number in JSON is no number":        {spec.Matcher{GT: val(int64(1))}, spec.JSONActual(json.Number("1e999999999")), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			passed := true
			for _, v := range c.matcher.Evaluate(c.actual) {
				passed = passed && v.Passed
				if v.Passed == (v.Message != "") {
					t.Errorf("a message belongs to a verdict that did not pass: %+v", v)
				}
			}
			if passed != c.want {
				t.Errorf("passed %v, want %v: %+v", passed, c.want, c.matcher.Evaluate(c.actual))
			}
		})
	}
}

func TestEvaluateTexts(t *testing.T) {
	t.Parallel()
	m := spec.Matcher{
		Equals: val(int64(201)), NotContains: val("x"), Matches: "^a", In: []spec.Value{{V: "a"}, {V: nil}},
		Exists: ptr(true), LT: val("500ms"), Length: ptr(3), Type: "string",
	}
	want := []spec.Verdict{
		{Name: "equals 201", Expected: "201", Actual: `{"b":[1,"é"]}`, Message: `should equal 201, but is {"b":[1,"é"]}`},
		{Name: `not contains "x"`, Expected: `does not contain "x"`, Actual: `{"b":[1,"é"]}`,
			Message: `should not contain "x", but is object, which is neither text nor a list`},
		{Name: "matches ^a", Expected: "matches ^a", Actual: `{"b":[1,"é"]}`, Message: "should match ^a, but is object, which is not text"},
		{Name: `in ["a",null]`, Expected: `one of ["a",null]`, Actual: `{"b":[1,"é"]}`, Message: `should be one of ["a",null], but is {"b":[1,"é"]}`},
		{Name: "exists", Passed: true, Expected: "a value", Actual: `{"b":[1,"é"]}`},
		{Name: "less than 500ms", Expected: "< 500ms", Actual: `{"b":[1,"é"]}`, Message: `should be less than 500ms, but is {"b":[1,"é"]}, which is not a duration`},
		{Name: "length 3", Expected: "length 3", Actual: `{"b":[1,"é"]}`, Message: `should have length 3, but has length 1: {"b":[1,"é"]}`},
		{Name: "type string", Expected: "string", Actual: `{"b":[1,"é"]}`, Message: `should be of type string, but is object: {"b":[1,"é"]}`},
	}
	if diff := cmp.Diff(want, m.Evaluate(spec.JSONActual(map[string]any{"b": []any{1, "é"}}))); diff != "" {
		t.Error(diff)
	}
	none := spec.Matcher{Equals: val("a")}.Evaluate(spec.NoActual())
	if diff := cmp.Diff([]spec.Verdict{{Name: `equals "a"`, Expected: `"a"`, Actual: "nothing",
		Message: `should equal "a", but there is no such value`}}, none); diff != "" {
		t.Error(diff)
	}
}

func TestEvaluateBoundsWhatItPrints(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("æ", 1<<20)
	many := make([]any, 1<<16)
	for i := range many {
		many[i] = map[string]any{long[:100]: long}
	}
	for name, actual := range map[string]spec.Actual{"text": spec.TextActual(long), "list": spec.JSONActual(many)} {
		for _, v := range (spec.Matcher{Equals: val(long), Matches: "^b", LT: val(int64(1))}).Evaluate(actual) {
			for _, text := range []string{v.Name, v.Expected, v.Actual, v.Message} {
				if len(text) > 1200 || strings.ContainsRune(text, '\uFFFD') {
					t.Errorf("%s: %d bytes: %.80s", name, len(text), text)
				}
			}
		}
	}
}

func TestStatusClass(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"1xx": true, "5XX": true, "0xx": false, "6xx": false, "2x": false, "20x": false, "": false, "2xxx": false} {
		class, ok := spec.ParseStatusClass(text)
		if ok != want {
			t.Errorf("ParseStatusClass(%q) = %v, want %v", text, ok, want)
		}
		if ok && class.String() != strings.ToLower(text) {
			t.Errorf("%q became %q", text, class)
		}
	}
}
