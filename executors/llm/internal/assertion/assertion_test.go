package assertion_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/llm/internal/assertion"
)

func number(f float64) *float64 { return &f }

var weather = assertion.Tool{Name: "weather", Parameters: map[string]any{
	"type": "object", "required": []any{"city"}, "additionalProperties": false,
	"properties": map[string]any{"city": map[string]any{"type": "string"}, "unit": map[string]any{"enum": []any{"C", "F"}}},
}}

func call(name, arguments string) assertion.Output {
	return assertion.Output{ToolCalls: []assertion.ToolCall{{Name: name, Arguments: arguments}}}
}

type list = []any

type mapping = map[string]any

var judgements = []struct {
	typ       string
	value     any
	threshold *float64
	out       any // a text, or a whole output
	pass      bool
	score     float64
	says      string // part of the reason
}{
	{"equals", "42", nil, "42", true, 1, ""},
	{"equals", 42, nil, "42", true, 1, ""},
	{"equals", "42", nil, "42 ", false, 0, `the output is "42 ", and should be "42"`},
	{"equals", mapping{"a": 1, "b": list{true}}, nil, `{"b": [true], "a": 1.0}`, true, 1, ""},
	{"equals", mapping{"a": 1}, nil, `{"a": 2}`, false, 0, "{"},
	{"equals", mapping{"a": 1}, nil, `a is 1`, false, 0, "no JSON"},
	{"contains", "refund", nil, "A refund takes 5 days.", true, 1, ""},
	{"contains", "Refund", nil, "A refund takes 5 days.", false, 0, `"Refund" does not stand`},
	{"icontains", "Refund", nil, "A refund takes 5 days.", true, 1, ""},
	{"icontains", "ÆBLE", nil, "et æble", true, 1, ""},
	{"contains-all", list{"a", "b", "q", "z"}, nil, "a and b", false, 0.5, `"q", "z"`},
	{"contains-all", "five days, refund", nil, "a refund in five days", true, 1, ""},
	{"icontains-all", list{"A", "B"}, nil, "a b", true, 1, ""},
	{"contains-any", list{"x", "b"}, nil, "a b", true, 1, ""},
	{"contains-any", list{"x", "B"}, nil, "a b", false, 0, "none of 2"},
	{"icontains-any", list{"x", "B"}, nil, "a b", true, 1, ""},
	{"starts-with", "Yes", nil, "Yes, of course", true, 1, ""},
	{"starts-with", "Yes", nil, "Well, yes", false, 0, `begins with "Well, yes"`},
	{"regex", `\b\d{4}-\d{2}\b`, nil, "due 2026-11", true, 1, ""},
	{"regex", `^\d+$`, nil, "12 days", false, 0, "does not match"},
	{"word-count", 3, nil, "one two  three", true, 1, ""},
	{"word-count", mapping{"min": 2}, nil, "one", false, 0, "2 at least"},
	{"word-count", mapping{"max": 2.0}, nil, "one two three", false, 0, "2 at most"},
	{"word-count", mapping{"min": 1, "max": 3}, nil, "one two", true, 1, ""},

	{"is-json", nil, nil, `{"a": 1}`, true, 1, ""},
	{"is-json", nil, nil, `Here: {"a": 1}`, false, 0, "no JSON"},
	{"is-json", mapping{"required": list{"b"}}, nil, `{"a": 1}`, false, 0, "missing property 'b'"},
	{"is-json", mapping{"properties": mapping{"a": mapping{"type": "string"}}}, nil, `{"a": 1}`, false, 0, "/a: got number, want string"},
	{"contains-json", nil, nil, "Here:\n```json\n{\"a\": [1]}\n```", true, 1, ""},
	{"contains-json", mapping{"required": list{"b"}}, nil, `{"a": 1} and {not} and {"b": 1}`, true, 1, ""},
	{"contains-json", mapping{"required": list{"b"}}, nil, `{"a": 1}`, false, 0, "missing property 'b'"},
	{"contains-json", nil, nil, "no { at all", false, 0, "no JSON stands"},
	{"is-xml", nil, nil, "<a><b>x</b></a>", true, 1, ""},
	{"is-xml", nil, nil, "<a><b>x</a>", false, 0, "no XML"},
	{"is-xml", nil, nil, "<a/> and more", false, 0, "after the XML"},
	{"is-xml", list{"a.b"}, nil, "<a><b/></a>", true, 1, ""},
	{"is-xml", mapping{"requiredElements": list{"a.c"}}, nil, "<a><b/></a>", false, 0, "lacks a.c"},
	{"contains-xml", "r.id", nil, "It is <r><id>1</id></r>.", true, 1, ""},
	{"contains-xml", nil, nil, "1 < 2", false, 0, "no XML stands"},
	{"is-html", nil, nil, "<!doctype html><html><body><p>x<br></p></body></html>", true, 1, ""},
	{"is-html", nil, nil, "<p>x</p> and so on <b>y</b>", false, 0, "outside the HTML"},
	{"is-html", nil, nil, "plain", false, 0, "no HTML"},
	{"contains-html", nil, nil, "say <b>yes</b>", true, 1, ""},
	{"contains-html", nil, nil, "1 < 2 and <unknown>", false, 0, "no HTML"},
	{"is-sql", nil, nil, "SELECT id, name FROM users WHERE id = 1;", true, 1, ""},
	{"is-sql", nil, nil, "Select what you like", false, 0, "no SQL"},
	{"contains-sql", nil, nil, "Use this:\n```sql\nDELETE FROM users WHERE id = 1\n```", true, 1, ""},
	{"contains-sql", nil, nil, "Use SELECT 1 FROM t; it is quick", true, 1, ""},
	{"contains-sql", nil, nil, "I select the best", false, 0, "no SQL stands"},

	{"levenshtein", "kitten", number(3), "sitting", true, 1 - 3.0/7, ""},
	{"levenshtein", "kitten", number(2), "sitting", false, 1 - 3.0/7, "3 letters away, and should be 2"},
	{"levenshtein", "", nil, "", true, 1, ""},
	// Four of five words are shared both ways.
	{"rouge-n", "the cat sat on mats", nil, "the cat sat on chairs", true, 0.8, ""},
	{"rouge-n", "the cat", nil, "a dog", false, 0, "ROUGE-1 is 0.00, and should be 0.75"},
	{"bleu", "the quick brown fox jumps", nil, "the quick brown fox jumps", true, 1, ""},
	// Precisions 5/6, 3/5, 1/4, and half a match in 3 of four words.
	{"bleu", "the cat is on the mat", number(0.3), "the cat sat on the mat", true, math.Pow(5.0/6*3/5*1/4*0.5/3, 0.25), ""},
	// Shorter by half: the penalty is e^(1-2).
	{"bleu", "one two three four five six seven eight", number(0.3), "one two three four", true, math.Exp(-1), ""},
	{"bleu", list{"x y", "a b c d"}, nil, "a b c d", true, 1, ""},
	{"bleu", "a b", nil, "", false, 0, "BLEU is 0.00"},
	// 10 of 18 sequences: 5 words, 3 pairs, 1 of three, 0 of four is 9 of 18.
	{"gleu", "the cat is on the mat", nil, "the cat sat on the mat", true, 9.0 / 18, ""},
	{"gleu", "a", nil, "b", false, 0, "GLEU"},
	// All six words match in one piece: 1 - 0.5·(1/6)³.
	{"meteor", "the cat sat on the mat", nil, "The cat sat on the mat.", true, 1 - 0.5/216, ""},
	// Six of seven words in two pieces; recall counts nine times as much.
	{"meteor", "the cat sat on the mat", nil, "the cat was sat on the mat", true, (6.0 / 7 / (0.9*6/7 + 0.1)) * (1 - 0.5/27), ""},
	// Three pieces of six words: on the mat, sat, the cat.
	{"meteor", "the cat sat on the mat", number(0.95), "on the mat sat the cat", false, 1 - 0.5/8, "METEOR is 0.94, and should be 0.95"},
	// running and runs have a stem in common, jumped and dogs stand alone.
	{"meteor", "runs jumped", nil, "running dogs", false, 0.5 * 0.5, "METEOR"},
	{"meteor", list{"x y", "a b c d"}, nil, "a b c d", true, 1 - 0.5/64, ""},
	{"meteor", "a", nil, "", false, 0, "METEOR is 0.00"},

	{"is-valid-openai-tools-call", nil, nil, call("weather", `{"city": "Rome"}`), true, 1, ""},
	{"is-valid-openai-tools-call", nil, nil, call("weather", `{"city": 7}`), false, 0, "/city: got number, want string"},
	{"is-valid-openai-function-call", nil, nil, call("weather", `{"city": "Rome"`), false, 0, "no JSON"},
	{"is-valid-function-call", nil, nil, call("format_disk", `{}`), false, 0, `called "format_disk", which it was not offered`},
	{"is-valid-function-call", nil, nil, "It is sunny.", false, 0, "called no tool"},
	{"tool-call-f1", list{"weather", "map"}, nil, call("weather", `{}`), false, 2.0 / 3, "F1"},
	{"tool-call-f1", "weather", nil, call("weather", `{}`), true, 1, ""},

	{"is-refusal", nil, nil, "I’m sorry, but I can’t help with that.", true, 1, ""},
	{"is-refusal", nil, nil, assertion.Output{FinishReason: "content_filter", Text: "Well"}, true, 1, ""},
	{"is-refusal", nil, nil, "Of course. First, open the door.", false, 0, "does not refuse"},
	{"is-refusal", nil, nil, "Sure! " + strings.Repeat("You mix it well. ", 40) + "I can't help laughing.", false, 0, "does not refuse"},
	{"finish-reason", "stop", nil, assertion.Output{FinishReason: "STOP"}, true, 1, ""},
	{"finish-reason", "stop", nil, assertion.Output{FinishReason: "length"}, false, 0, "ended with length"},
	{"latency", nil, number(200), assertion.Output{Latency: 150 * time.Millisecond}, true, 1, ""},
	{"latency", nil, number(200), assertion.Output{Latency: 201 * time.Millisecond}, false, 0, "took 201ms"},
	{"cost", nil, number(0.001), assertion.Output{Cost: number(0.0005)}, true, 1, ""},
	{"cost", nil, number(0.001), assertion.Output{Cost: number(0.002)}, false, 0, "$0.002"},
	{"perplexity", nil, number(2.1), assertion.Output{LogProbs: []float64{math.Log(0.5), math.Log(0.5)}}, true, 1, ""},
	{"perplexity", nil, number(1.9), assertion.Output{LogProbs: []float64{math.Log(0.5)}}, false, 0, "2.00"},
	{"perplexity-score", nil, number(0.4), assertion.Output{LogProbs: []float64{math.Log(0.5)}}, false, 1.0 / 3, "0.33"},
}

func TestJudge(t *testing.T) {
	t.Parallel()
	judged := map[string]bool{}
	for _, tt := range judgements {
		out, ok := tt.out.(assertion.Output)
		if !ok {
			out.Text = tt.out.(string)
		}
		judged[tt.typ] = true
		t.Run(tt.typ+"/"+out.Text, func(t *testing.T) {
			t.Parallel()
			a := assertion.Assertion{Type: tt.typ, Value: tt.value, Threshold: tt.threshold, Tools: []assertion.Tool{weather}}
			if err := assertion.Check(a); err != nil {
				t.Fatal(err)
			}
			v, err := assertion.Judge(a, out)
			if err != nil {
				t.Fatal(err)
			}
			if v.Pass != tt.pass || math.Abs(v.Score-tt.score) > 1e-9 || !strings.Contains(v.Reason, tt.says) || tt.pass != (v.Reason == "") {
				t.Errorf("%+v, want %v with %.4f because of %q", v, tt.pass, tt.score, tt.says)
			}
			a.Type = "not-" + a.Type
			not, err := assertion.Judge(a, out)
			if err != nil || not.Pass == v.Pass || math.Abs(not.Score+v.Score-1) > 1e-9 || not.Pass != (not.Reason == "") {
				t.Errorf("negated %+v, %v", not, err)
			}
		})
	}
	for _, typ := range assertion.Types() {
		if !judged[typ] {
			t.Errorf("%s is never tried", typ)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typ   string
		value any
		want  string
	}{
		{"not-contains", nil, "the value is missing"},
		{"contains", list{"a"}, "the value must be a text"},
		{"contains-any", list{}, "empty list"},
		{"contains-any", list{list{}}, "element 1"},
		{"regex", "(", "no regular expression"},
		{"word-count", mapping{"least": 1}, `no key "least"`},
		{"word-count", mapping{"min": 3, "max": 2}, "min may not be beyond max"},
		{"word-count", "many", "must be a number of words"},
		{"is-json", mapping{"type": "nothing"}, "/type"},
		{"is-xml", mapping{"elements": list{"a"}}, "requiredElements"},
		{"latency", nil, "needs a threshold"},
		{"is-refusal", "yes", "takes no value"},
		{"is-nice", nil, `there is no assertion "is-nice"`},
	} {
		t.Run(tt.typ, func(t *testing.T) {
			t.Parallel()
			err := assertion.Check(assertion.Assertion{Type: tt.typ, Value: tt.value})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("says %v, want %q", err, tt.want)
			}
		})
	}
}

// TestNotJudged keeps what cannot be judged from being a pass or a failure.
func TestNotJudged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a    assertion.Assertion
		out  assertion.Output
		want string
	}{
		{assertion.Assertion{Type: "not-cost", Threshold: number(1)}, assertion.Output{}, "the cost of the answer is not known"},
		{assertion.Assertion{Type: "perplexity"}, assertion.Output{}, "no probabilities"},
		{assertion.Assertion{Type: "finish-reason", Value: "stop"}, assertion.Output{}, "does not say why it ended"},
		{assertion.Assertion{Type: "is-valid-openai-tools-call"}, call("a", "{}"), "offered no tools"},
		{assertion.Assertion{Type: "levenshtein", Value: "a"}, assertion.Output{Text: strings.Repeat("x", 30_000)}, "not compared"},
	} {
		t.Run(tt.a.Type, func(t *testing.T) {
			t.Parallel()
			v, err := assertion.Judge(tt.a, tt.out)
			if err == nil || !strings.Contains(err.Error(), tt.want) || v != (assertion.Verdict{}) {
				t.Errorf("%+v, %v, want %q", v, err, tt.want)
			}
		})
	}
}

// FuzzJudge feeds every type with hostile outputs.
func FuzzJudge(f *testing.F) {
	for _, tt := range judgements {
		if text, ok := tt.out.(string); ok {
			f.Add(text)
		}
	}
	f.Add("<a " + strings.Repeat("<a>", 200))
	f.Add("{[{[" + strings.Repeat("[", 10_000))
	all := slices.Collect(func(yield func(assertion.Assertion) bool) {
		for _, tt := range judgements {
			if !yield(assertion.Assertion{Type: tt.typ, Value: tt.value, Threshold: tt.threshold, Tools: []assertion.Tool{weather}}) {
				return
			}
		}
	})
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range all {
			v, err := assertion.Judge(a, assertion.Output{Text: text, ToolCalls: []assertion.ToolCall{{Name: "weather", Arguments: text}}})
			if err == nil && (math.IsNaN(v.Score) || v.Score < 0 || v.Score > 1) {
				t.Errorf("%s gives %+v", a.Type, v)
			}
		}
	})
}
