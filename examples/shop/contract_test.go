package shop_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var parameter = regexp.MustCompile(`\{[^}]+\}`)

func TestOpenAPIDocumentIsServed(t *testing.T) {
	t.Parallel()
	a := newVisitor(t, open(t)).send("GET", "/openapi.yaml", nil)
	if a.status != 200 || a.header.Get("Content-Type") != "application/yaml" || !strings.HasPrefix(string(a.body), "openapi: 3.1.0") {
		t.Errorf("got %d %s %.40s", a.status, a.header.Get("Content-Type"), a.body)
	}
}

func TestEveryDocumentedOperationExists(t *testing.T) {
	t.Parallel()
	doc, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(t, open(t))
	methods := []string{"get", "post", "put", "patch", "delete"}
	for path, item := range doc["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if !slices.Contains(methods, method) {
				continue
			}
			a := v.send(strings.ToUpper(method), parameter.ReplaceAllString(path, "x"), nil)
			if a.status == 405 || (a.status == 404 && strings.Contains(string(a.body), "nothing at this address")) {
				t.Errorf("%s %s is documented and not served: %d %s", method, path, a.status, a.body)
			}
		}
	}
}

func TestEverySchemaOfTheDocumentCompiles(t *testing.T) {
	t.Parallel()
	doc, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	for name := range maps.Keys(schemas) {
		if _, err := compile(doc, "#/components/schemas/"+name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
