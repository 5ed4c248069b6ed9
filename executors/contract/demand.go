package contract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Problem is something that is wrong at one place of a text.
type Problem struct {
	Pointer string // JSON pointer; empty is the top
	Line    int    // from 1; 0 where nothing is known
	Column  int    // from 1, in characters
	Rule    string // keyword of JSON Schema that does not hold, or what else was looked at: reference, parameters
	Message string
}

// SchemaReport is the judgement of a schema or an OpenAPI document.
type SchemaReport struct {
	Dialect    string // "JSON Schema 2020-12", "OpenAPI 3.1.0"
	Mistakes   []Problem
	Judged     bool      // whether a document was given and could be judged
	Deviations []Problem // of the document, by its own places
}

// SchemaQuestion asks what is wrong with a schema. The texts are JSON or YAML.
type SchemaQuestion struct {
	Schema   []byte // JSON Schema, or an OpenAPI document
	At       string // JSON pointer to the schema in it that judges Document
	Document []byte // nil for none
	Strict   bool   // refuse properties that the schema does not name
}

// CheckSchema judges a schema and, where there is one, a document by it.
func CheckSchema(ctx context.Context, q SchemaQuestion) (*SchemaReport, error) {
	tree, mistake, err := read("schema", q.Schema)
	if err != nil {
		return nil, err
	}
	if mistake != nil {
		return &SchemaReport{Mistakes: []Problem{*mistake}}, nil
	}
	root, isObject := tree.(object)
	out := &SchemaReport{}
	var found []problem
	if isObject && root["openapi"] != nil {
		out.Dialect = "OpenAPI " + excerpt.Of(fmt.Sprint(root["openapi"]), 20)
		found = structure(root)
	} else {
		out.Dialect = dialectOf(root)
		found = compiles(tree)
	}
	out.Mistakes = located(q.Schema, found)
	if q.Document == nil || len(out.Mistakes) > 0 {
		return out, nil
	}
	return out, out.judge(ctx, tree, q)
}

func dialectOf(root object) string {
	draft := text(root["$schema"])
	for _, known := range []string{"2020-12", "2019-09", "draft-07", "draft-06", "draft-04"} {
		if strings.Contains(draft, known) {
			return "JSON Schema " + known
		}
	}
	return "JSON Schema 2020-12"
}

// compiles lists what keeps a schema from judging anything.
func compiles(tree any) []problem {
	if _, isObject := tree.(object); !isObject {
		if _, isBool := tree.(bool); !isBool {
			return []problem{{"", "type", "a schema is an object, or true or false"}}
		}
	}
	c := newCompiler(&schemaSet{})
	err := c.AddResource(documentURL, tree)
	if err == nil {
		_, err = c.Compile(documentURL)
	}
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if v, ok := errors.AsType[*jsonschema.ValidationError](wrong.Err); ok {
			return problemsOf(v)
		}
	}
	if root, ok := tree.(object); ok {
		c := &relations{root: root}
		if c.references(root, nil); len(c.found) > 0 {
			return c.found
		}
	}
	pointer := ""
	if m := inDocument.FindStringSubmatch(err.Error()); m != nil {
		pointer = unescape(m[1])
		if _, there := at(tree, pointer); !there {
			pointer = ""
		}
	}
	return []problem{{pointer, "schema", strings.TrimPrefix(strings.ReplaceAll(unusable(err).Error(), documentURL, ""), "the schema cannot be used: ")}}
}

var inDocument = regexp.MustCompile(regexp.QuoteMeta(documentURL) + `#(/[^"'\s]*)`)

func (r *SchemaReport) judge(ctx context.Context, tree any, q SchemaQuestion) error {
	value, mistake, err := read("document", q.Document)
	if err != nil {
		return err
	}
	if mistake != nil {
		r.Judged, r.Deviations = true, []Problem{*mistake}
		return nil
	}
	root, isObject := tree.(object)
	openAPI := isObject && root["openapi"] != nil
	if openAPI && q.At == "" {
		return apperr.Invalid("at", "which schema of the OpenAPI document is meant? Name it by a JSON pointer such as /components/schemas/Order")
	}
	if _, there := at(tree, q.At); !there || q.At != "" && q.At[0] != '/' {
		return apperr.Invalid("at", "the JSON pointer %s leads nowhere in the schema", excerpt.Of(q.At, 200))
	}
	// What a schema names counts only where it accepts the rest, so strict comes
	// last.
	err = judged(ctx, tree, q.At, value)
	if err == nil && q.Strict {
		if tree, err = closed(tree, openAPI, q); err != nil {
			return apperr.Invalid("strict", "%s", err)
		}
		err = judged(ctx, tree, q.At, value)
	}
	if v, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		r.Deviations = located(q.Document, problemsOf(v))
		err = nil
	}
	if err != nil {
		return cmp.Or(ctx.Err(), error(apperr.Invalid("document", "the document was not judged: %s", err)))
	}
	r.Judged = true
	return nil
}

// closed returns the schema as strict asks for it.
func closed(tree any, openAPI bool, q SchemaQuestion) (any, error) {
	root, _ := tree.(object)
	if !openAPI && q.At == "" {
		return executors.StrictSchema(tree)
	}
	found, _ := at(tree, q.At)
	within, closing := executors.StrictDocument(root)
	schema, err := closing(found)
	if err == nil {
		err = put(within, q.At, schema)
	}
	return within, err
}

// put replaces the value that a pointer names.
func put(root object, pointer string, v any) error {
	cut := strings.LastIndex(pointer, "/")
	parent, _ := at(root, pointer[:cut])
	last := unescape(pointer[cut+1:])
	switch p := parent.(type) {
	case object:
		p[last] = v
		return nil
	case []any:
		if i, err := strconv.Atoi(last); err == nil && i >= 0 && i < len(p) {
			p[i] = v
			return nil
		}
	}
	return fmt.Errorf("%s cannot be closed", excerpt.Of(pointer, 200))
}

// judged validates within the budget of a schema set.
func judged(ctx context.Context, tree any, at string, value any) (err error) {
	set := &schemaSet{ctx: ctx}
	c := newCompiler(set)
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exhausted:
			err = p.err
		default:
			panic(p)
		}
	}()
	if err := c.AddResource(documentURL, tree); err != nil {
		return unusable(err)
	}
	s, err := c.Compile(documentURL + "#" + escape(at))
	if err != nil {
		return unusable(err)
	}
	return s.Validate(value)
}

func escape(pointer string) string {
	return strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D", " ", "%20", `"`, "%22", "#", "%23").Replace(pointer)
}

// read reads JSON or YAML within bounds. A text that is neither is a mistake;
// one that is beyond the bounds is refused.
func read(field string, source []byte) (any, *Problem, error) {
	tree, err := readTree(source)
	if err == nil {
		return tree, nil, nil
	}
	if _, ok := errors.AsType[beyond](err); ok {
		return nil, nil, apperr.Invalid(field, "the %s cannot be read: %s", field, err)
	}
	where := broken(source)
	return nil, &Problem{Line: where.line, Column: where.column, Rule: "syntax", Message: err.Error()}, nil
}

var atLine = regexp.MustCompile(`line (\d+)`)

// broken finds where a text stops being JSON or YAML.
func broken(source []byte) position {
	text := bytes.TrimLeft(source, "\ufeff \t\r\n")
	if len(text) == 0 || text[0] != '{' {
		var doc yaml.Node
		if m := atLine.FindStringSubmatch(fmt.Sprint(yaml.Unmarshal(source, &doc))); m != nil {
			n, _ := strconv.Atoi(m[1])
			return position{n, 1}
		}
		return position{1, 1}
	}
	end := len(source)
	var v any
	if wrong, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(text, &v)); ok {
		end = min(end, len(source)-len(text)+max(0, int(wrong.Offset)-1))
	}
	line := bytes.Count(source[:end], []byte("\n")) + 1
	return position{line, len([]rune(string(source[bytes.LastIndexByte(source[:end], '\n')+1:end]))) + 1}
}

func located(source []byte, found []problem) []Problem {
	pointers := make([]string, len(found))
	for i, p := range found {
		pointers[i] = p.pointer
	}
	places := placesOf(source, pointers)
	out := make([]Problem, len(found))
	for i, p := range found {
		at := places[p.pointer]
		out[i] = Problem{Pointer: p.pointer, Line: at.line, Column: at.column, Rule: p.rule, Message: p.text}
	}
	slices.SortStableFunc(out, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	return out
}

// Answer is a response that was got elsewhere.
type Answer struct {
	Method string
	Path   string // as it was asked for, or the document's template
	Status int
	Header http.Header
	Body   []byte
}

// AnswerReport is the judgement of an answer by the name of each check.
type AnswerReport struct {
	Operation string // "GET /orders/{id}"
	Checks    []string
	Findings  []AnswerFinding
	Notes     []string // what was not judged, and why
}

// AnswerFinding is a check that an answer does not pass.
type AnswerFinding struct{ Check, Message, Expected, Actual string }

// answerChecks are those that need nothing but the answer.
var answerChecks = []string{
	spec.NotAServerError, spec.StatusCodeConformance, spec.ContentTypeConformance,
	spec.ResponseHeadersConformance, spec.ResponseSchemaConformance,
}

// CheckAnswer judges an answer by an OpenAPI document.
func CheckAnswer(ctx context.Context, source []byte, a Answer, strict bool) (*AnswerReport, error) {
	doc, err := loadDocument(source)
	switch {
	case err != nil:
	case doc.graph != nil:
		err = errors.New("it is a GraphQL schema, and no OpenAPI document")
	default:
		err = doc.refused()
	}
	if err != nil {
		return nil, apperr.Invalid("openapi", "the document cannot be used: %s", err)
	}
	op, err := doc.match(strings.ToUpper(a.Method), a.Path)
	if err != nil {
		return nil, err
	}
	judge := func() *judgement {
		j := &judgement{ctx: ctx, op: op, a: &answer{status: a.Status, header: a.Header, body: a.Body}}
		j.serverError()
		j.conformance(op.method)
		return j
	}
	j := judge()
	if strict && !slices.ContainsFunc(j.found, func(v violation) bool { return v.check == spec.ResponseSchemaConformance }) {
		if err := doc.close(op.response(a.Status)); err != nil {
			return nil, apperr.Invalid("strict", "%s", err)
		}
		j = judge()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := &AnswerReport{Operation: op.title(), Checks: answerChecks}
	for _, v := range j.found {
		if v.check == "" {
			out.Notes = append(out.Notes, v.message)
			continue
		}
		out.Findings = append(out.Findings, AnswerFinding{Check: v.check, Message: v.message, Expected: v.expected, Actual: v.actual})
	}
	return out, nil
}

// match finds the operation that a method and a path mean: a path without
// parameters goes before one with them.
func (d *document) match(method, path string) (*operation, error) {
	path, _, _ = strings.Cut(path, "?")
	var found *operation
	known := false
	for _, o := range d.operations {
		if o.path != path && !ofTemplate(o.path, path) && !ofTemplate(o.path, strings.TrimPrefix(path, strings.TrimSuffix(d.basePath, "/"))) {
			continue
		}
		known = true
		if o.method == method && (found == nil || strings.Count(o.path, "{") < strings.Count(found.path, "{")) {
			found = o
		}
	}
	switch {
	case found != nil:
		return found, nil
	case known:
		return nil, apperr.Invalid("method", "the document has no method %s for %s", excerpt.Of(method, 20), excerpt.Of(path, 200))
	}
	return nil, apperr.Invalid("path", "the document has no path for %s", excerpt.Of(path, 200))
}

// ofTemplate reports whether a path is one of a template's.
func ofTemplate(tmpl, path string) bool {
	want, got := strings.Split(tmpl, "/"), strings.Split(path, "/")
	return len(want) == len(got) && slices.EqualFunc(want, got, func(w, g string) bool {
		before, rest, ok := strings.Cut(w, "{")
		_, after, closes := strings.Cut(rest, "}")
		if !ok || !closes {
			return w == g
		}
		return len(g) > len(before)+len(after) && strings.HasPrefix(g, before) && strings.HasSuffix(g, after)
	})
}

// close makes the schemas of a response refuse what they do not name.
func (d *document) close(r *response) error {
	if r == nil {
		return nil
	}
	root, closing := executors.StrictDocument(d.root)
	set := newSchemaSet(root)
	for ct, s := range r.content {
		if s == nil {
			continue
		}
		raw, err := closing(s.raw)
		if err != nil {
			return err
		}
		set.count++
		r.content[ct] = &schema{raw: raw, set: set, name: fmt.Sprintf("urn:semantest:schema:%d", set.count)}
	}
	return nil
}
