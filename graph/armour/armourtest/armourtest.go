// Package armourtest holds what hostile clients send, for tests and for
// measurements: documents that cost far more than they weigh, and bodies that
// are no requests at all.
package armourtest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Document is an operation that must be refused whichever way it comes.
type Document struct {
	Name, Query string
	Variables   string // JSON; empty for none
	Limit       string // that must be named; one too large to be read names body
}

// Documents returns the operations.
func Documents() []Document {
	nest := func(n int) string { return strings.Repeat("{a", n) + strings.Repeat("}", n) }
	many := func(n int, one func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(one(i))
		}
		return b.String()
	}
	bomb := func(n int) string {
		return "{...F0}" + many(n, func(i int) string { return fmt.Sprintf("fragment F%d on Query{...F%d ...F%d}", i, i+1, i+1) }) +
			fmt.Sprintf("fragment F%d on Query{__typename}", n)
	}
	return []Document{
		{Name: "2 MB of fields within fields", Query: nest(700_000), Limit: "document"},
		{Name: "a million fields within fields", Query: nest(1_000_000), Limit: "document"},
		{Name: "fields within fields, of few bytes", Query: nest(400), Limit: "tokens"},
		{Name: "fields within fields, of few tokens", Query: nest(200), Limit: "depth"},
		{Name: "10,000 duplicate fields", Query: "{" + strings.Repeat("viewer{permissions} ", 10_000) + "}", Limit: "document"},
		{Name: "10,000 short duplicate fields", Query: "{" + strings.Repeat("a ", 10_000) + "}", Limit: "tokens"},
		{Name: "900 duplicate fields", Query: "{" + strings.Repeat("a ", 900) + "}", Limit: "duplicates"},
		{Name: "100,000 aliases", Query: "{" + many(100_000, func(i int) string { return fmt.Sprintf("a%d:__typename ", i) }) + "}", Limit: "document"},
		{Name: "300 aliases", Query: "{" + many(300, func(i int) string { return fmt.Sprintf("a%d:__typename ", i) }) + "}", Limit: "aliases"},
		{Name: "a fragment bomb of 2^30", Query: bomb(30), Limit: "selections"},
		{Name: "a fragment bomb of 2^90", Query: bomb(90), Limit: "selections"},
		{Name: "directives", Query: "{__typename" + strings.Repeat("@skip(if:false)", 120) + "}", Limit: "directives"},
		{Name: "many directives", Query: "{__typename" + strings.Repeat("@a", 20_000) + "}", Limit: "tokens"},
		{Name: "lists within lists in a literal", Query: "{node(id:" + strings.Repeat("[", 400) + strings.Repeat("]", 400) + "){id}}", Limit: "nesting"},
		{Name: "objects within objects in a literal", Query: "{node(id:" + strings.Repeat("{a:", 200) + "1" + strings.Repeat("}", 200) + "){id}}", Limit: "nesting"},
		{Name: "deep lists in a literal", Query: "{node(id:" + strings.Repeat("[", 40_000) + strings.Repeat("]", 40_000) + "){id}}", Limit: "tokens"},
		{
			Name: "lists within lists in variables", Query: "query($id:ID!){node(id:$id){id}}",
			Variables: `{"id":` + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + `}`, Limit: "nesting",
		},
		{
			Name: "deep objects in variables", Query: "query($id:ID!){node(id:$id){id}}",
			Variables: `{"id":` + strings.Repeat(`{"a":`, 30_000) + "1" + strings.Repeat("}", 30_000) + `}`, Limit: "nesting",
		},
		{Name: "a huge string", Query: `{node(id:"` + strings.Repeat("x", 200<<10) + `"){id}}`, Limit: "document"},
		{Name: "a page of pages", Query: "{plans(first:100){nodes{runs(first:100){nodes{results(first:100){nodes{id}}}}}}}", Limit: "complexity"},
	}
}

// JSON is the document as a request.
func (d Document) JSON() []byte {
	fields := map[string]any{"query": d.Query}
	if d.Variables != "" {
		fields["variables"] = json.RawMessage(d.Variables)
	}
	out, err := json.Marshal(fields)
	if err != nil { // deeper than the encoder goes
		query, _ := json.Marshal(d.Query) // a text
		return fmt.Appendf(nil, `{"query":%s,"variables":%s}`, query, d.Variables)
	}
	return out
}

// Body is what is no request, for POST and streams.
type Body struct {
	Name    string
	Content func() io.Reader
	Status  int
	Limit   string // that must be named, if one is hit
}

// Bodies returns them.
func Bodies() []Body {
	text := func(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }
	return []Body{
		{"100 MB", func() io.Reader { return io.LimitReader(spaces{}, 100<<20) }, 413, "body"},
		{"invalid UTF-8", text("{\"query\":\"{__typename #\xff\xfe}\"}"), 400, ""},
		{"null bytes", text("\x00\x00\x00\x00"), 400, ""},
		{"a null byte in a query", text("{\"query\":\"{__type\\u0000name}\"}"), 200, ""},
		{"a batch", text(`[{"query":"{__typename}"},{"query":"{__typename}"}]`), 400, "operations"},
		{"lists that never end", text(strings.Repeat("[", 100_000)), 400, "operations"},
		{"objects that never end", text(strings.Repeat(`{"query":`, 20_000)), 400, "nesting"},
		{"nothing", text(""), 400, ""},
		{"a text", text(`"{__typename}"`), 400, ""},
		{"a query that is a number", text(`{"query":1}`), 400, ""},
		{"two objects", text(`{"query":"{__typename}"}{"query":"{__typename}"}`), 400, ""},
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
