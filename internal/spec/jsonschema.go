package spec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// CompileSchema compiles a JSON Schema, draft 2020-12 unless it names another.
// It reads no file and no address: a $ref can point into the schema itself
// only. Formats such as email are asserted: a schema that says one means it. The
// types of doc are those of encoding/json, with int64 or json.Number for numbers.
func CompileSchema(doc any) (*jsonschema.Schema, error) {
	const name = "urn:semantest:schema"
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noLoader{})
	if err := c.AddResource(name, doc); err != nil {
		return nil, errors.New(schemaProblem(err, name))
	}
	s, err := c.Compile(name)
	if err != nil {
		return nil, errors.New(schemaProblem(err, name))
	}
	return s, nil
}

// noLoader keeps schemas from reading files and addresses of this machine.
type noLoader struct{}

// Load implements jsonschema.URLLoader.
func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema can only refer to itself, not to %s", brief(url))
}

// schemaProblem is the library's error as one line without our internal name.
func schemaProblem(err error, name string) string {
	text := strings.NewReplacer(name+"#", "#", name, "the schema").Replace(err.Error())
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := strings.TrimLeft(lines[len(lines)-1], " -")
	return bound(last)
}
