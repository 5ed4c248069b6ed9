package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/semantest/semantest/internal/excerpt"
)

const maxSchema = 128 << 10 // bytes

// Schema is the JSON Schema of answers.
type Schema struct {
	name     string
	text     json.RawMessage
	strict   bool
	compiled *jsonschema.Schema
}

// NewSchema reads a JSON Schema (draft 2020-12). The name is a word of letters,
// digits and underscores.
func NewSchema(name, text string) (*Schema, error) {
	if name == "" || len(name) > 60 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return nil, fmt.Errorf("the name of a schema is a word of letters, digits and underscores, not %.60q", name)
	}
	if len(text) > maxSchema {
		return nil, fmt.Errorf("a schema has at most %d bytes, not %d", maxSchema, len(text))
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(nowhere{})
	if err := c.AddResource("answer.json", doc); err != nil {
		return nil, fmt.Errorf("read the schema %s: %w", name, err)
	}
	compiled, err := c.Compile("answer.json")
	if err != nil {
		return nil, fmt.Errorf("understand the schema %s: %w", name, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil, fmt.Errorf("read the schema %s: %w", name, err)
	}
	return &Schema{name: name, text: compact.Bytes(), strict: closed(doc), compiled: compiled}, nil
}

// MustSchema is NewSchema for a schema of the program itself.
func MustSchema(name, text string) *Schema {
	s, err := NewSchema(name, text)
	if err != nil {
		panic(err)
	}
	return s
}

// Check returns a document that the schema holds for in a plain form: no key
// stands in it twice.
func (s *Schema) Check(data json.RawMessage) (json.RawMessage, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if err := s.compiled.Validate(doc); err != nil {
		return nil, errors.New(deviations(err))
	}
	plain, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	return plain, nil
}

// nowhere loads nothing: a schema is whole by itself.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("the schema refers to %s, and a schema of answers refers to nothing outside", url)
}

const (
	maxDeviations = 5
	maxDeviation  = 200 // bytes
)

var printer = message.NewPrinter(language.English)

// deviations says where an answer does not keep to the schema, for the model that
// repairs it.
func deviations(err error) string {
	root, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err.Error()
	}
	var out []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(out) >= maxDeviations {
			return
		}
		if len(e.Causes) == 0 {
			text := fmt.Sprintf("at /%s: %s", strings.Join(e.InstanceLocation, "/"), e.ErrorKind.LocalizedString(printer))
			out = append(out, excerpt.Of(text, maxDeviation))
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(root)
	return strings.Join(out, "; ")
}

// closed says whether each object of a schema requires all its properties and
// allows no others, which is what strict modes ask for.
func closed(schema any) bool {
	switch v := schema.(type) {
	case map[string]any:
		if properties, ok := v["properties"].(map[string]any); ok {
			required, _ := v["required"].([]any)
			if v["additionalProperties"] != false {
				return false
			}
			for name := range properties {
				if !slices.Contains(required, any(name)) {
					return false
				}
			}
		}
		for _, child := range v {
			if !closed(child) {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(child any) bool { return !closed(child) })
	}
	return true
}
