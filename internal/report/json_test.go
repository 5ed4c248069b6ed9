package report_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/semantest/semantest/internal/report"
)

func TestJSONKeepsItsSchema(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]report.Run{"sample": sampleRun(), "empty": {}, "hostile": hostileRun("\xff\x00\"</script>")} {
		got, err := jsonschema.UnmarshalJSON(bytes.NewReader(written(t, report.WriteJSON, run)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJSONTakesWhatHasNoJSON(t *testing.T) {
	t.Parallel()
	run := sampleRun()
	a := &run.Results[0].Attempts[0]
	a.Steps[0].Detail = map[string]any{"f": func() {}}
	a.Metrics = append(a.Metrics, report.Metric{Name: "endless", Value: math.NaN()}, report.Metric{Name: "endless", Value: math.Inf(1)})
	out := written(t, report.WriteJSON, run)
	if !json.Valid(out) || !strings.Contains(string(out), `"unreadable": "json: unsupported type`) || strings.Contains(string(out), "endless") {
		t.Errorf("got %s", out)
	}
}

func TestJSONHasNoBytesOfArtifacts(t *testing.T) {
	t.Parallel()
	if out := written(t, report.WriteJSON, sampleRun()); bytes.Contains(out, []byte("iVBOR")) {
		t.Error("an image is in the JSON")
	}
}
