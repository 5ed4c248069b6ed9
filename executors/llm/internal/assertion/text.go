package assertion

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// equals compares texts as they are, and with a list or mapping the JSON that the
// output is.
func equals(a Assertion, out Output) (Verdict, error) {
	switch a.Value.(type) {
	case []any, map[string]any:
		want, err := roundTrip(a.Value)
		if err != nil {
			return Verdict{}, err
		}
		var got any
		if err := json.Unmarshal([]byte(out.Text), &got); err != nil {
			return verdict(false, "the output is no JSON: %s", brief(out.Text))
		}
		return verdict(reflect.DeepEqual(want, got), "the output is %s", brief(out.Text))
	}
	want, err := textOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	return verdict(out.Text == want, "the output is %s, and should be %s", brief(out.Text), brief(want))
}

// roundTrip gives a value of YAML the types of JSON.
func roundTrip(v any) (out any, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the value is no JSON: %w", err)
	}
	return out, json.Unmarshal(text, &out)
}

func contains(folded bool) func(Assertion, Output) (Verdict, error) {
	return func(a Assertion, out Output) (Verdict, error) {
		want, err := textOf(a.Value)
		if err != nil {
			return Verdict{}, err
		}
		return verdict(has(out.Text, want, folded), "%s does not stand in the output %s", brief(want), brief(out.Text))
	}
}

// containsAll scores the share that is there; all of it must be.
func containsAll(folded bool) func(Assertion, Output) (Verdict, error) {
	return func(a Assertion, out Output) (Verdict, error) {
		all, err := textsOf(a.Value)
		if err != nil {
			return Verdict{}, err
		}
		var missing []string
		for _, want := range all {
			if !has(out.Text, want, folded) {
				missing = append(missing, brief(want))
			}
		}
		return Verdict{
			Pass:   len(missing) == 0,
			Score:  1 - float64(len(missing))/float64(len(all)),
			Reason: fmt.Sprintf("%s: not in the output %s", strings.Join(missing, ", "), brief(out.Text)),
		}, nil
	}
}

func containsAny(folded bool) func(Assertion, Output) (Verdict, error) {
	return func(a Assertion, out Output) (Verdict, error) {
		all, err := textsOf(a.Value)
		if err != nil {
			return Verdict{}, err
		}
		for _, want := range all {
			if has(out.Text, want, folded) {
				return verdict(true, "")
			}
		}
		return verdict(false, "none of %d texts stands in the output %s", len(all), brief(out.Text))
	}
}

func has(text, want string, folded bool) bool {
	if folded {
		return strings.Contains(strings.ToLower(text), strings.ToLower(want))
	}
	return strings.Contains(text, want)
}

func startsWith(a Assertion, out Output) (Verdict, error) {
	want, err := textOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	return verdict(strings.HasPrefix(out.Text, want), "the output begins with %s", brief(out.Text))
}

func matches(a Assertion, out Output) (Verdict, error) {
	pattern, err := patternOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	return verdict(pattern.MatchString(out.Text), "/%s/ does not match the output %s", pattern, brief(out.Text))
}

func wordCount(a Assertion, out Output) (Verdict, error) {
	least, most, err := countOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	n := len(strings.Fields(out.Text))
	switch {
	case least >= 0 && n < least:
		return verdict(false, "the output has %d words, and should have %d at least", n, least)
	case most >= 0 && n > most:
		return verdict(false, "the output has %d words, and should have %d at most", n, most)
	}
	return verdict(true, "")
}

// What is compared letter by letter is bounded: the work grows with the product
// of both lengths.
const mostLetters = 20_000

const defaultDistance = 5

// distance counts the letters that must be inserted, removed or changed; the
// threshold is the most that may be.
func distance(a Assertion, out Output) (Verdict, error) {
	want, err := textOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	longer := max(utf8.RuneCountInString(want), utf8.RuneCountInString(out.Text))
	if longer > mostLetters {
		return Verdict{}, fmt.Errorf("texts of %d letters are not compared, %d is the limit", longer, mostLetters)
	}
	limit := float64(defaultDistance)
	if a.Threshold != nil {
		limit = *a.Threshold
	}
	d := levenshtein.ComputeDistance(out.Text, want)
	v := Verdict{Pass: float64(d) <= limit, Score: 1, Reason: fmt.Sprintf("the output is %d letters away, and should be %g at most", d, limit)}
	if longer > 0 {
		v.Score = 1 - float64(d)/float64(longer)
	}
	return v, nil
}
