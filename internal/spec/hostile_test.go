package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// limit is far above what reading takes; it only catches work that grows by
// the square of a plan, on machines of any speed.
const limit = 20 * time.Second

func TestHostileSourcesAreBounded(t *testing.T) { //nolint:tparallel // each is timed: one after the other
	t.Parallel()
	const size = spec.MaxSourceBytes
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, max(0, (size-len(head)-len(tail))/len(unit))) + tail
	}
	count := func(head, tail string, unit func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for next := unit(0); b.Len()+len(next)+len(tail) < size; next = unit(b.Len()) {
			b.WriteString(next)
		}
		return b.String() + tail
	}
	const head = "version: '1'\nname: n\n"
	const step = head + "cases:\n- id: a\n  kind: api\n  steps:\n  - http:\n      url: /\n"
	bomb := func() string {
		var b strings.Builder
		b.WriteString(step + "      json:\n        - &a0 [x,x,x,x,x,x,x,x,x]\n")
		for i := 1; i < 30; i++ {
			fmt.Fprintf(&b, "        - &a%d [%s*a%d]\n", i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 8), i-1)
		}
		return b.String()
	}
	long := strings.Repeat("x", 400_000)
	for name, source := range map[string]string{
		"open brackets":         fill("", "[", ""),
		"nested mappings":       fill("", "{a: ", ""),
		"nested JSON":           fill(`{"a":`, "[", ""),
		"balanced JSON":         `{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}",
		"deep body":             step + "      json: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"dashes":                fill("", "- ", ""),
		"question marks":        fill("", "? ", ""),
		"comments":              fill("", "#\n", ""),
		"items with comments":   fill("", "- #\n", ""),
		"documents":             fill("", "---\n", ""),
		"aliases of aliases":    bomb(),
		"aliases of a long one": step + "      json:\n        - &a " + long + fill("\n        - [", "*a,", "]")[:300_000] + "]",
		"aliases below an unknown key": head + "x: &a " + long + "\ny: &b [" + strings.Repeat("*a,", 1000) + "]\nz: [" +
			strings.Repeat("*b,", 1000) + "]\ncases: [{id: a, kind: api, steps: [{foo: [" + strings.Repeat("*b,", 1000) + "]}]}]",
		"a circle below an unknown key": head + "cases: [{id: a, kind: api, steps: [{foo: &a [*a, *a]}]}]",
		"unknown keys":                  count(head, "", func(i int) string { return fmt.Sprintf("k%d: 1\n", i) }),
		"unknown keys in a step":        count(step, "", func(i int) string { return fmt.Sprintf("      hedaer%d: 1\n", i) }),
		"long keys":                     head + long + ":\n" + fill("  ", "- "+long[:50]+":\n  ", "")[:500_000],
		"many references":               fill(step+"      body: '", "${{a}}", "'"),
		"many list references":          fill(step+"      json: [", "'${{a}}',", "]"),
		"many env entries":              count(head+"env:\n", "", func(i int) string { return fmt.Sprintf("  a%d: ${{ a%d }}\n", i, i+18) }),
		"many tags":                     fill(head+"tags: [", "a,", "]"),
		"many expressions": count(step, "", func(i int) string {
			return "  - http: /\n    check:\n" + strings.Repeat("    - {body: {matches: '(\\pL{1,30}){1,30}'}}\n", 100)
		}),
		"many schemas":     fill(step+"    check:\n", "    - schema: {type: object}\n", ""),
		"a large schema":   count(step+"    check:\n    - schema:\n        properties:\n", "", func(i int) string { return fmt.Sprintf("          a%d: {type: string}\n", i) }),
		"many patterns":    count(step+"    check:\n    - schema:\n        properties:\n", "", func(i int) string { return fmt.Sprintf("          a%d: {pattern: '(\\pL{1,30}){1,30}'}\n", i) }),
		"a long list":      fill(step+"      json: [", "1,", "1]"),
		"a large number":   step + "      json: 1" + strings.Repeat("0", 500_000),
		"an exponent":      step + "      json: 1e" + strings.Repeat("9", 500_000),
		"one line of JSON": fill(`{"version":"1","name":"n","x":[`, `"é",`, `1],"cases":[]}`),
		"a long url":       step + "      query: {a: '" + long + "'}",
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			plan, err := spec.Parse([]byte(source))
			if took := time.Since(began); took > limit {
				t.Errorf("took %s", took)
			} else {
				t.Logf("%s: %.300v", took.Round(time.Millisecond), err)
			}
			if err == nil && plan == nil {
				t.Error("neither a plan nor mistakes")
			}
			if mistakes := spec.MistakesOf(err); len(mistakes) > 100 {
				t.Errorf("%d mistakes are listed", len(mistakes))
			}
			if err != nil && len(err.Error()) > 200_000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}
