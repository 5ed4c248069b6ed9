package spec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/spec"
)

const (
	schemaFile = "../../docs/plan.schema.json"
	formatFile = "../../docs/plan-format.md"
)

func TestPublishedSchemaIsFresh(t *testing.T) {
	t.Parallel()
	golden(t, schemaFile, string(spec.JSONSchema()))
}

func TestPublishedReferenceIsFresh(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- keys: begin; made by go test ./internal/spec -update -->\n", "<!-- keys: end -->"
	text := string(read(t, formatFile))
	head, rest, ok := strings.Cut(text, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has lost its marks %s and %s", formatFile, begin, end)
	}
	golden(t, formatFile, head+begin+"\n"+spec.KeyReference()+"\n"+end+tail)
}

// TestPublishedPlansAreGood reads every plan in the document.
func TestPublishedPlansAreGood(t *testing.T) {
	t.Parallel()
	text := string(read(t, formatFile))
	plans := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(block[1], "version:") {
			continue
		}
		plans++
		if _, err := spec.Parse([]byte(block[1])); err != nil {
			t.Errorf("%v\n%s", err, block[1])
		}
	}
	if plans < 5 {
		t.Errorf("only %d plans were found", plans)
	}
}

func planSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := spec.CompileSchema(doc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as the value that a JSON Schema judges.
func asJSON(t *testing.T, source []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(bytes.TrimPrefix(source, []byte("\uFEFF")), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestSchemaAcceptsGoodPlans(t *testing.T) {
	t.Parallel()
	s := planSchema(t)
	for _, file := range files(t, "testdata/plans/*") {
		if err := s.Validate(asJSON(t, read(t, file))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSchemaRefusesMistakesOfShape(t *testing.T) {
	t.Parallel()
	s := planSchema(t)
	for _, name := range []string{"unknown-keys", "wrong-types", "missing-keys", "kinds", "limits", "browser-steps", "expectations", "api-steps"} {
		if err := s.Validate(asJSON(t, read(t, "testdata/mistakes/"+name+".yaml"))); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	// One unknown key at a time, in an otherwise good plan.
	const plan = `{"version":"1","name":"n"%s,"cases":[{"id":"a","kind":"api"%s,"steps":[{"http":{"url":"/"%s},"check":[{"jsonpath":"$.a"%s}]%s}]}]}`
	if err := s.Validate(asJSON(t, []byte(strings.ReplaceAll(plan, "%s", "")))); err != nil {
		t.Fatal(err)
	}
	for i := range strings.Count(plan, "%s") {
		parts := strings.Split(plan, "%s")
		bad := strings.Join(parts[:i+1], "") + `,"nope":1` + strings.Join(parts[i+1:], "")
		if err := s.Validate(asJSON(t, []byte(bad))); err == nil {
			t.Errorf("an unknown key passes: %s", bad)
		}
		if _, err := spec.Parse([]byte(bad)); err == nil {
			t.Errorf("Parse lets an unknown key pass: %s", bad)
		}
	}
}

func TestExamplesOfTheProjectAreGood(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("../../examples/*.plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := planSchema(t)
	for _, file := range found {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := spec.Parse(source); err != nil {
			t.Errorf("%s: %v", file, err)
		} else if err := s.Validate(asJSON(t, source)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
