package shop_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (v *visitor) graph(query string, variables map[string]any, headers ...string) (map[string]any, []any) {
	v.t.Helper()
	got := v.want(200, "POST", "/graphql", map[string]any{"query": query, "variables": variables}, headers...)
	data, _ := got["data"].(map[string]any)
	errs, _ := got["errors"].([]any)
	return data, errs
}

func TestGraphProducts(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	data, errs := v.graph(`query($q: String) { products(q: $q, limit: 1) { total items { sku price inStock } } product(sku: "NO-1") { sku } }`, map[string]any{"q": "mug"})
	want := map[string]any{
		"products": map[string]any{"total": 2.0, "items": []any{map[string]any{"sku": "MUG-01", "price": "16.00", "inStock": true}}},
		"product":  nil,
	}
	if diff := cmp.Diff(want, data); diff != "" || errs != nil {
		t.Error(diff, errs)
	}
}

const createOrder = `mutation($input: CreateOrderInput!) { createOrder(input: $input) { id number state total items { sku quantity lineTotal } paidAt } }`

func TestGraphOrderLifeCycle(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	data, errs := v.graph(createOrder, map[string]any{"input": orderOf("TEA-01", 3)})
	if errs != nil {
		t.Fatal(errs)
	}
	created := data["createOrder"].(map[string]any)
	id := created["id"].(string)
	delete(created, "id")
	want := map[string]any{
		"number": "DW-1001", "state": "PENDING", "total": "31.76", "paidAt": nil,
		"items": []any{map[string]any{"sku": "TEA-01", "quantity": 3.0, "lineTotal": "26.86"}},
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Error(diff)
	}
	pay := `mutation($id: ID!) { payOrder(id: $id) { state paidAt } }`
	data, errs = v.graph(pay, map[string]any{"id": id})
	if errs != nil || data["payOrder"].(map[string]any)["state"] != "PAID" || data["payOrder"].(map[string]any)["paidAt"] == nil {
		t.Errorf("paid: %v %v", data, errs)
	}
	data, errs = v.graph(`query($id: ID!) { order(id: $id) { state } none: order(id: "x") { state } }`, map[string]any{"id": id})
	if diff := cmp.Diff(map[string]any{"order": map[string]any{"state": "PAID"}, "none": nil}, data); diff != "" || errs != nil {
		t.Error(diff, errs)
	}
	_, errs = v.graph(pay, map[string]any{"id": id})
	wantCode(t, errs, "CONFLICT")
}

func TestGraphTakesTheCart(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	data, errs := v.graph(createOrder, map[string]any{"input": map[string]any{"customer": ada()}})
	if errs != nil || data["createOrder"].(map[string]any)["total"] != "20.90" {
		t.Errorf("%v %v", data, errs)
	}
}

func TestGraphErrors(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	_, errs := v.graph(createOrder, map[string]any{"input": orderOf("NO-1", 1)})
	wantCode(t, errs, "INVALID_INPUT")
	_, errs = v.graph(createOrder, map[string]any{"input": orderOf("MUG-01", 1)}, header, "500")
	wantCode(t, errs, "INTERNAL")
	_, errs = v.graph(`mutation { payOrder(id: "x") { state } }`, nil)
	wantCode(t, errs, "NOT_FOUND")
	_, errs = v.graph(`{ products(limit: 0) { total } }`, nil)
	wantCode(t, errs, "INVALID_INPUT")
	v.want(405, "GET", "/graphql", nil)
	v.want(422, "POST", "/graphql", map[string]any{"query": ""})
	v.want(422, "POST", "/graphql", map[string]any{"query": "{" + strings.Repeat(" ", 9000) + "}"})
}

func wantCode(t *testing.T, errs []any, code string) {
	t.Helper()
	if len(errs) != 1 {
		t.Fatalf("errors %v, want one", errs)
	}
	got, _ := errs[0].(map[string]any)["extensions"].(map[string]any)
	if got["code"] != code {
		t.Errorf("got %v, want the code %s", errs[0], code)
	}
}

func TestGraphRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	base := open(t)
	var spreads strings.Builder
	for i := range 25 {
		fmt.Fprintf(&spreads, "fragment f%d on Query { a: __typename ...f%d ...f%d ...f%d } ", i, i+1, i+1, i+1)
	}
	tests := map[string]struct{ query, says string }{
		"syntax":            {"{ products {", "Syntax Error"},
		"unknown field":     {"{ products { total colour } }", "colour"},
		"unknown argument":  {"{ product(id: 1) { sku } }", "id"},
		"missing variable":  {"query($id: ID!) { order(id: $id) { state } }", "$id"},
		"no selection":      {"{ products }", "sub selection"},
		"fragment cycle":    {"{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }", "spreads itself"},
		"nested lists":      {"{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }", "too deeply"},
		"deep nesting":      {"{ __type(name: \"Query\") {" + strings.Repeat("ofType {", 20) + "name" + strings.Repeat("}", 22), "too deeply"},
		"lists in spreads":  {"{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } } fragment b on __Type { fields { type { fields { name } } } }", "too deeply"},
		"fragment by power": {"{ ...f0 } " + spreads.String() + "fragment f25 on Query { products { nothing } }", "nothing"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, errs := newVisitor(t, base).graph(tc.query, nil)
			if len(errs) == 0 || data != nil || !strings.Contains(fmt.Sprint(errs), tc.says) {
				t.Errorf("data %v, errors %v", data, errs)
			}
		})
	}
}

func TestGraphCanBeIntrospected(t *testing.T) {
	t.Parallel()
	query := `query { __schema { queryType { name } types { ...T } } }
		fragment T on __Type { kind name fields(includeDeprecated: true) { name args { ...I } type { ...R } } inputFields { ...I } enumValues { name } }
		fragment I on __InputValue { name type { ...R } defaultValue }
		fragment R on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }`
	data, errs := newVisitor(t, open(t)).graph(query, nil)
	if errs != nil || !strings.Contains(fmt.Sprint(data), "CreateOrderInput") {
		t.Errorf("%v %v", errs, data)
	}
}

func TestGraphServesManyAtOnce(t *testing.T) {
	t.Parallel()
	base := open(t)
	var all sync.WaitGroup
	for range 16 {
		v := newVisitor(t, base)
		all.Go(func() {
			a := v.send("POST", "/graphql", map[string]any{"query": createOrder, "variables": map[string]any{"input": orderOf("TEA-01", 1)}})
			if a.json["errors"] != nil {
				t.Error(a.json["errors"])
			}
		})
	}
	all.Wait()
}
