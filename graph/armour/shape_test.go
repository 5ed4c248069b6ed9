package armour_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semantest/semantest/graph/armour"
	"github.com/semantest/semantest/internal/apperr"
)

var limits = armour.Limits{}.WithDefaults()

// bomb doubles with each of its fragments.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("{...F0}")
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Query{...F%d ...F%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Query{a}", n)
	return b.String()
}

func nest(n int) string { return strings.Repeat("{a", n) + strings.Repeat("}", n) }

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, query string
		limit       string // empty when it passes
		actual      int
	}{
		{"one field", "{a}", "", 0},
		{"what does not parse", "{", "", 0},
		{"what is no text of GraphQL", "\x00\xff", "", 0},
		{"nothing", "", "", 0},

		{"as deep as may be", nest(10), "", 0},
		{"too deep", nest(11), "depth", 11},
		{"too deep through a fragment", "{a{b{c{d{e{...F}}}}}} fragment F on X{f{g{h{i{j{k}}}}}}", "depth", 11},
		{"too deep in an inline fragment", "{... on X{" + strings.Trim(nest(11), "{}") + "}}}}}}}}}}}" + "}", "depth", 11},
		{"too deep in a fragment that nothing spreads", "{a} fragment F on X" + nest(11), "depth", 11},
		{"too deep in the second operation", "query A{a} query B" + nest(11), "depth", 11},
		{"a million deep", nest(1_000_000), "document", 3_000_000},
		{"deep within the bytes", nest(30_000), "tokens", 90_000},

		{"the schema may be deeper", "{__schema{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a}}}}}}}}}}}}}}}}}}}}", "", 0},
		{"the schema too deep", "{__schema{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a}}}}}}}}}}}}}}}}}}}}}", "introspectionDepth", 21},
		{"the schema in a fragment", "{...F} fragment F on Query{__type(name:\"A\"){a{a{a{a{a{a{a{a{a{a{a}}}}}}}}}}}}", "", 0},

		{"a fragment of the schema", "{a} fragment F on __Type" + nest(12), "", 0},

		{"aliases", "{" + alias(20) + "}", "", 0},
		{"too many aliases", "{" + alias(21) + "}", "aliases", 21},
		{"too many aliases by spreading", "{a{...F} b{...F} c{...F}} fragment F on X{" + alias(7) + "}", "aliases", 21},
		{"100,000 aliases", "{" + alias(100_000) + "}", "document", 0},

		{"directives", "{a" + strings.Repeat("@skip(if:true)", 20) + "}", "", 0},
		{"too many directives", "{a" + strings.Repeat("@skip(if:true)", 21) + "}", "directives", 21},
		{"too many of the operation", "query" + strings.Repeat("@a", 21) + "{a}", "directives", 21},
		{"too many of a variable", "query($a:Int" + strings.Repeat("@a", 21) + "){a}", "directives", 21},
		{"too many of a spread", "{...F" + strings.Repeat("@a", 21) + "} fragment F on X{a}", "directives", 21},
		{"too many of a fragment", "{...F} fragment F on X" + strings.Repeat("@a", 21) + "{a}", "directives", 21},
		{"too many of an inline fragment", "{... on X" + strings.Repeat("@a", 21) + "{a}}", "directives", 21},

		{"duplicates", "{" + strings.Repeat("a ", 20) + "}", "", 0},
		{"too many duplicates", "{" + strings.Repeat("a ", 21) + "}", "duplicates", 21},
		{"duplicates in inline fragments", "{" + strings.Repeat("...{a} ", 21) + "}", "duplicates", 21},
		{"duplicate spreads", "{" + strings.Repeat("...F ", 21) + "} fragment F on X{a}", "duplicates", 21},
		{"10,000 duplicates", "{" + strings.Repeat("a ", 10_000) + "}", "tokens", 10_002},

		{"a small bomb", bomb(5), "", 0},
		{"a fragment bomb", bomb(30), "selections", 0},
		{"a bomb beyond all numbers", bomb(70), "selections", 0},
		{"a fragment that contains itself", "{...F} fragment F on X{a ...F}", "-", 0},
		{"fragments that contain one another", "{...F} fragment F on X{...G} fragment G on X{...F}", "-", 0},
		{"a fragment that nobody knows", "{...F}", "", 0},

		{"lists in a literal", "{a(b:" + strings.Repeat("[", 32) + strings.Repeat("]", 32) + ")}", "", 0},
		{"too many lists in a literal", "{a(b:" + strings.Repeat("[", 33) + strings.Repeat("]", 33) + ")}", "nesting", 33},
		{"too many objects in a literal", "{a(b:" + strings.Repeat("{c:", 33) + "1" + strings.Repeat("}", 33) + ")}", "nesting", 33},
		{"too many lists in a directive", "{a@b(b:" + strings.Repeat("[", 33) + strings.Repeat("]", 33) + ")}", "nesting", 33},
		{"too many lists in a default", "query($a:Int=" + strings.Repeat("[", 33) + strings.Repeat("]", 33) + "){a}", "nesting", 33},
		{"too many lists in a type", "query($a:" + strings.Repeat("[", 33) + "Int" + strings.Repeat("]", 33) + "){a}", "nesting", 33},

		{"a huge string", `{a(b:"` + strings.Repeat("x", 100<<10) + `")}`, "document", 0},
		{"comments", "{a" + strings.Repeat("#\n", 1000) + "}", "tokens", 1003},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := limits.Check(tt.query)
			if tt.limit == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("it passes")
			}
			if err.Extensions["code"] != apperr.InvalidInput {
				t.Errorf("code %v", err.Extensions["code"])
			}
			if tt.limit == "-" {
				return
			}
			actual, _ := err.Extensions["actual"].(int)
			most, _ := err.Extensions["max"].(int)
			if err.Extensions["limit"] != tt.limit || tt.actual != 0 && actual != tt.actual || actual <= most || most <= 0 {
				t.Errorf("refused with %v: %s; want limit %s with %d", err.Extensions, err.Message, tt.limit, tt.actual)
			}
		})
	}
}

func alias(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x%d:a ", i)
	}
	return b.String()
}

// FuzzShape looks for documents that the check takes long for, fails on, or
// measures differently when it measures again.
func FuzzShape(f *testing.F) {
	for _, seed := range []string{"{a}", nest(12), bomb(12), "{" + alias(22) + "}", "{...F} fragment F on X{a ...F}", "query($a:[Int]=[1]){a(b:{c:[\"\"\"x\"\"\"]})@d}", "{__schema{a}}", "\x00", "#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		first, again := limits.Check(query), limits.Check(query)
		switch {
		case (first == nil) != (again == nil):
			t.Fatalf("%v, then %v", first, again)
		case first == nil:
			return
		case first.Message != again.Message:
			t.Fatalf("%v, then %v", first, again)
		case first.Extensions["code"] != apperr.InvalidInput:
			t.Fatalf("code %v", first.Extensions["code"])
		}
		if limit := first.Extensions["limit"]; limit != nil && first.Extensions["actual"].(int) <= first.Extensions["max"].(int) {
			t.Fatalf("refused within the limit: %v", first.Extensions)
		}
	})
}
