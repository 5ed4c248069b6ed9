package graph_test

import (
	"testing"

	"github.com/semantest/semantest/graph"
)

// Who may ask is the schema's to say, and tried with all its fields.
func TestRiverUI(t *testing.T) {
	t.Parallel()
	got, err := (&graph.Resolver{RiverUI: "https://queues.test/"}).Query().RiverUI(t.Context())
	if err != nil || got == nil || *got != "https://queues.test/" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := (&graph.Resolver{}).Query().RiverUI(t.Context()); err != nil || got != nil {
		t.Errorf("without one: %v, %v", got, err)
	}
}
