package byrules_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/generation/byrules"
	"github.com/semantest/semantest/internal/spec"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestTheShopsDocument holds the cases of a document that people know.
func TestTheShopsDocument(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../../examples/shop/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := byrules.FromOpenAPI(document)
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, c := range set.Cases {
		if len(c.Cites) == 0 || len(c.Covers) == 0 {
			t.Errorf("a case stands on nothing: %s", c.Source)
		}
		sources = append(sources, c.Source)
	}
	text, err := set.Frame.Plan(sources...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spec.Parse(text); err != nil {
		t.Errorf("the cases make no plan: %v", err)
	}
	again, err := byrules.FromOpenAPI(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set, again); diff != "" {
		t.Errorf("the same document makes other cases:\n%s", diff)
	}
	const golden = "testdata/shop.golden"
	if *update {
		if err := os.WriteFile(golden, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("golden (-) and made (+):\n%s", diff)
	}
}
