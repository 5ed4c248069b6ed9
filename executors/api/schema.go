package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	localized "golang.org/x/text/message"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxDeviations = 3    // places that a check names
	maxDeviation  = 300  // bytes of the text about one place
	maxNumber     = 1000 // characters of a number that a schema may judge
)

// schema checks the body against a JSON Schema.
func (a *attempt) schema(ctx context.Context, s spec.Schema, strict bool, in *response) executors.Check {
	name := "schema"
	if s.File != "" {
		name += " " + strings.TrimPrefix(s.File, "file://")
	}
	expected := "valid by the schema"
	if strict {
		expected = "valid by the schema, without further properties"
	}
	compiled, err := a.executor.schemas.compile(s, strict, a.task.Files)
	if err != nil {
		return failedCheck(name, expected, "not checked", fmt.Sprintf("%s cannot be used: %s", name, cause(err)))
	}
	doc, err := in.document()
	if err == nil {
		err = checkNumbers(doc)
	}
	if err != nil {
		return failedCheck(name, expected, "not checked", fmt.Sprintf("%s cannot be checked: %s", name, err))
	}
	err = compiled.validate(ctx, doc)
	if err == nil {
		return executors.Check{Name: name, Passed: true, Expected: expected, Actual: "valid"}
	}
	deviation, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return failedCheck(name, expected, "not checked", fmt.Sprintf("%s cannot be checked: %s", name, err))
	}
	texts := a.deviations(deviation)
	actual := strings.Join(texts[:min(len(texts), maxDeviations)], "; ")
	text := texts[0]
	if n := len(texts) - 1; n > 0 {
		text = fmt.Sprintf("%s (and %d more)", text, n)
	}
	return failedCheck(name, expected, oneLine(actual), "the body does not match the "+name+": "+text)
}

var printer = localized.NewPrinter(language.English)

// deviations lists where the body differs, in the order of the places. It has
// one text at least.
func (a *attempt) deviations(root *jsonschema.ValidationError) []string {
	const limit = 1000
	var leaves []*jsonschema.ValidationError
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(leaves) >= limit {
			return
		}
		if len(e.Causes) == 0 {
			leaves = append(leaves, e)
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(root)
	texts := make([]string, len(leaves))
	slices.SortStableFunc(leaves, func(x, y *jsonschema.ValidationError) int {
		return cmp.Or(slices.Compare(x.InstanceLocation, y.InstanceLocation), cmp.Compare(x.SchemaURL, y.SchemaURL))
	})
	for i, e := range leaves {
		place := "at the top"
		if len(e.InstanceLocation) > 0 {
			place = "at /" + strings.Join(e.InstanceLocation, "/")
		}
		texts[i] = oneLine(excerpt.Of(a.task.Scope.Mask(place+": "+deviation(e.ErrorKind)), maxDeviation))
	}
	return texts
}

func deviation(k jsonschema.ErrorKind) string {
	if _, ok := k.(*kind.FalseSchema); ok {
		return "the schema has no place for it"
	}
	return k.LocalizedString(printer)
}

// checkNumbers refuses numbers such as 1e999999: the validator computes with
// them exactly, which would take for ever.
func checkNumbers(v any) error {
	switch v := v.(type) {
	case json.Number:
		text := v.String()
		_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
		if len(text) > maxNumber || len(strings.TrimLeft(exponent, "+-0")) > 3 {
			return fmt.Errorf("the number %s is too large to be judged", excerpt.Of(text, 40))
		}
	case []any:
		for _, e := range v {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	}
	return nil
}
