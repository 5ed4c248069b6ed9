package contract

import (
	"os"
	"testing"

	"github.com/semantest/semantest/internal/spec"
)

// FuzzDocument reads documents and makes requests from them: whatever a
// document says, it is refused with a sentence or answered with requests that
// HTTP can carry.
func FuzzDocument(f *testing.F) {
	orders, err := os.ReadFile("testdata/orders.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(orders)
	for _, s := range []string{
		`{"openapi":"3.0.3","paths":{"/a/{id}":{"get":{"parameters":[{"name":"id","in":"path","schema":{"type":"integer","minimum":9,"exclusiveMinimum":true}}],"responses":{"2XX":{}}}}}}`,
		`{"openapi":"3.1.0","paths":{"/a":{"post":{"requestBody":{"content":{"multipart/form-data":{"schema":{"properties":{"f":{"contentMediaType":"image/png"}}}}}}}}}}`,
		"openapi: 3.1.0\npaths: {/a: {get: {parameters: [{name: q, in: query, style: deepObject, schema: {type: object, properties: {a: {pattern: '^(a|b){2,3}$'}}}}]}}}",
		"openapi: 3.1.0\npaths: {/a: {$ref: '#/x'}}\nx: {get: {parameters: [{name: q, in: query, schema: {minimum: 1e308, multipleOf: 1e-300}}]}}",
		"openapi: 3.1.0\npaths: {/a: {get: {parameters: [{name: q, in: query, schema: {type: array, minItems: 1e9, uniqueItems: true}}]}}}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := loadDocument(data)
		if err != nil {
			if err.Error() == "" {
				t.Error("a document is refused without a word")
			}
			return
		}
		p := &planner{
			generator: generator{doc: doc, rng: randomOf(1, "")},
			examples:  true, asks: func(string) bool { return true }, seen: map[string][]any{},
		}
		doc.chains(doc.operations)
		for _, op := range doc.operations[:min(len(doc.operations), 3)] {
			calls := p.positives(t.Context(), op)
			if len(calls) > 0 {
				calls = append(calls, p.negatives(t.Context(), op, calls[0])...)
				calls = append(calls, p.others(op, calls[0])...)
			}
			for _, c := range calls {
				if _, ok := c.wire(); !ok {
					t.Errorf("%s %s cannot be sent", op.title(), c.what)
				}
			}
			for _, c := range calls[:min(len(calls), 5)] {
				c.reductions(t.Context())
			}
			if part := doc.excerptFor(op); part["paths"] == nil {
				t.Error("the part of the document has no paths")
			}
		}
		chosen(doc, spec.ContractCase{})
	})
}
