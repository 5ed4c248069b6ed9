package contract

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/semantest/semantest/internal/excerpt"
)

// maxProblems bounds what is told of one document.
const maxProblems = 100

//go:embed openapi.schema.json
var shapes []byte

// shape is what every OpenAPI document looks like.
var shape = func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(shapes))
	if err != nil {
		panic(err) // it is part of the program
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:semantest:openapi:shape", doc); err != nil {
		panic(err)
	}
	return c.MustCompile("urn:semantest:openapi:shape")
}()

// problem is something that is wrong at one place of a document.
type problem struct {
	pointer string // JSON pointer
	rule    string // in a word: a keyword of JSON Schema, or "reference"
	text    string
}

// structure lists what is wrong with an OpenAPI document, in the order of its
// places. In a document of 3.0 the dialect is rewritten in place.
func structure(root object) []problem {
	version, _ := root["openapi"].(string)
	if !strings.HasPrefix(version, "3.0") && !strings.HasPrefix(version, "3.1") {
		return []problem{{"/openapi", "version", fmt.Sprintf("the version is %s; 3.0 and 3.1 can be read", excerpt.Of(fmt.Sprint(root["openapi"]), 20))}}
	}
	if strings.HasPrefix(version, "3.0") {
		modernise(root)
	}
	var out []problem
	if err, ok := errors.AsType[*jsonschema.ValidationError](shape.Validate(root)); ok {
		out = problemsOf(err)
	}
	if root["paths"] == nil && (root["webhooks"] == nil && root["components"] == nil || strings.HasPrefix(version, "3.0")) {
		out = append(out, problem{"", "required", "missing property 'paths'"})
	}
	c := &relations{root: root, ids: map[string]string{}, shapes: map[string]string{}}
	c.references(root, nil)
	c.paths()
	out = append(out, c.found...)
	slices.SortStableFunc(out, func(a, b problem) int { return strings.Compare(a.pointer, b.pointer) })
	out = slices.Compact(out)
	return out[:min(len(out), maxProblems)]
}

// relations looks at what the parts of a document say of one another.
type relations struct {
	root   object
	found  []problem
	ids    map[string]string // operation ids and whose they are
	shapes map[string]string // paths without the names of their parameters
}

func (c *relations) add(at []string, rule, format string, args ...any) {
	if len(c.found) < maxProblems {
		c.found = append(c.found, problem{pointerOf(at), rule, fmt.Sprintf(format, args...)})
	}
}

// references looks whether they lead somewhere.
func (c *relations) references(v any, path []string) {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			pointer, local := strings.CutPrefix(ref, "#")
			_, there := at(c.root, pointer)
			switch {
			case !local:
				c.add(append(path, "$ref"), "reference", "%s is not followed: only references within the document (#/…) are", excerpt.Of(ref, 200))
			case !there && (pointer == "" || pointer[0] == '/'):
				c.add(append(path, "$ref"), "reference", "%s leads nowhere", excerpt.Of(ref, 200))
			}
		}
		for _, k := range sorted(v) {
			if !isData(k) {
				c.references(v[k], append(path[:len(path):len(path)], k))
			}
		}
	case []any:
		for i, e := range v {
			c.references(e, append(path[:len(path):len(path)], strconv.Itoa(i)))
		}
	}
}

var template = regexp.MustCompile(`\{([^{}]*)\}`)

func (c *relations) paths() {
	schemes := asObject(asObject(c.root["components"])["securitySchemes"])
	c.secured(c.root["security"], schemes, "security")
	for _, p := range sorted(asObject(c.root["paths"])) {
		if strings.HasPrefix(p, "x-") {
			continue
		}
		if !strings.HasPrefix(p, "/") {
			c.add([]string{"paths", p}, "path", "a path begins with /")
		}
		same := template.ReplaceAllString(p, "{}")
		if other, ok := c.shapes[same]; ok {
			c.add([]string{"paths", p}, "path", "it is the same as %s, only its parameters have other names", excerpt.Of(other, 200))
		}
		c.shapes[same] = p
		item := asObject(asObject(c.root["paths"])[p])
		for _, m := range methods {
			if op := asObject(item[m]); op != nil {
				c.operation(p, m, item, op)
				c.secured(op["security"], schemes, "paths", p, m, "security")
			}
		}
	}
}

func (c *relations) operation(p, method string, item, op object) {
	here := []string{"paths", p, method}
	if id := text(op["operationId"]); id != "" {
		if other, ok := c.ids[id]; ok {
			c.add(append(here, "operationId"), "operationId", "%s is the id of %s too", excerpt.Of(id, 100), other)
		}
		c.ids[id] = strings.ToUpper(method) + " " + p
	}
	named := map[string]bool{}
	for _, raw := range append(slices.Clone(list(item["parameters"])), list(op["parameters"])...) {
		param := asObject(raw)
		for range maxRefs {
			ref, ok := param["$ref"].(string)
			if !ok {
				break
			}
			next, _ := at(c.root, strings.TrimPrefix(ref, "#"))
			param = asObject(next)
		}
		if param["in"] == "path" {
			named[text(param["name"])] = true
		}
	}
	inPath := map[string]bool{}
	for _, m := range template.FindAllStringSubmatch(p, -1) {
		inPath[m[1]] = true
		if !named[m[1]] {
			c.add(here, "parameters", "the path's {%s} is no parameter of the operation", excerpt.Of(m[1], 100))
		}
	}
	for _, name := range sorted(named) {
		if !inPath[name] {
			c.add(here, "parameters", "the parameter %s is in the path, but the path has no {%s}", excerpt.Of(name, 100), excerpt.Of(name, 100))
		}
	}
}

func (c *relations) secured(requirements any, schemes object, path ...string) {
	for i, r := range list(requirements) {
		for _, name := range sorted(asObject(r)) {
			if schemes[name] == nil {
				c.add(append(path[:len(path):len(path)], strconv.Itoa(i), name), "security", "the document has no security scheme %s", excerpt.Of(name, 100))
			}
		}
	}
}

// problemsOf lists the places at which a value is not what a schema asks for,
// in their order.
func problemsOf(root *jsonschema.ValidationError) []problem {
	var out []problem
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(out) >= 10*maxProblems {
			return
		}
		if len(e.Causes) == 0 {
			out = append(out, leaf(e)...)
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(root)
	slices.SortStableFunc(out, func(a, b problem) int {
		return strings.Compare(a.pointer+"\x00"+a.rule+a.text, b.pointer+"\x00"+b.rule+b.text)
	})
	out = slices.Compact(out)
	// Of a word that is none of several, and no list of them either, only the first
	// is what its author wants to hear.
	words := map[string]bool{}
	for _, p := range out {
		words[p.pointer] = words[p.pointer] || p.rule == "enum"
	}
	out = slices.DeleteFunc(out, func(p problem) bool { return p.rule == "type" && words[p.pointer] })
	return out[:min(len(out), maxProblems)]
}

// leaf tells one thing that does not hold; unknown properties by their own
// places.
func leaf(e *jsonschema.ValidationError) []problem {
	here := pointerOf(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var out []problem
		for _, name := range k.Properties[:min(len(k.Properties), maxProblems)] {
			out = append(out, problem{here + pointerOf([]string{name}), "additionalProperties", "there is no place for the key " + excerpt.Of(name, 100)})
		}
		return out
	case *kind.FalseSchema:
		return []problem{{here, "false", "the schema has no place for it"}}
	}
	text := strings.ReplaceAll(e.ErrorKind.LocalizedString(printer), documentURL, "")
	return []problem{{here, cmp.Or(strings.Join(e.ErrorKind.KeywordPath(), "/"), "$ref"), excerpt.Of(oneLine(text), 300)}}
}
