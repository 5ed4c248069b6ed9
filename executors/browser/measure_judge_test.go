package browser

import (
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/spec"
)

// TestMeasuresWithoutASample: what is missing says what the plan can do for it.
func TestMeasuresWithoutASample(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, metric string
		acted        bool
		says         string
	}{
		{"no steps", "INP", false, "INP has no sample in 1 run: it comes of what a person does"},
		{"steps that show nothing", "INP", true, "INP has no sample in 1 run: the browser tells of none while the page draws nothing new"},
		{"an empty page", "LCP", true, "LCP has no sample in 1 run: the page has drawn nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit, err := spec.ParseVitalLimit("median<100")
			if err != nil {
				t.Fatal(err)
			}
			m := &measurement{samples: []sample{{acted: tt.acted}}}
			if c := m.checkLimit(tt.metric, "median<100", limit); c.Passed || !strings.HasPrefix(c.Message, tt.says) {
				t.Errorf("passed: %v, says %q, and should %q", c.Passed, c.Message, tt.says)
			}
		})
	}
}
