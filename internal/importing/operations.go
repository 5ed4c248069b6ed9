package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// API is what an OpenAPI document says of an API, for those who make cases of it.
// Its values are as the document has them: what is written into a plan goes
// through Literal.
type API struct {
	Title      string
	BaseURL    string // of its first server; empty where that is relative
	Prefix     string // path that all paths begin with
	Operations []Operation
	doc        *openapi
}

// Operation is one method of one path.
type Operation struct {
	ID, Summary  string
	Method, Path string
	Parameters   []Parameter
	Body         *Body               // nil without one that can be made
	Responses    map[string]Response // by status as written
	Secured      bool                // whether it asks for credentials
}

// Parameter is one parameter of an operation.
type Parameter struct {
	Name, In string
	Required bool
	Schema   map[string]any // flat, see API.Flat
	Value    any            // an example, or a value that fits the schema
	Given    bool           // whether the document gives the value
}

// Body is a JSON body of a request.
type Body struct {
	MediaType string
	Required  bool
	Schema    map[string]any // flat
	Value     any
}

// Response is what an operation answers with a status.
type Response struct {
	MediaType string         // empty where there is no content
	Schema    map[string]any // flat; nil where there is none, or it is no JSON
	Headers   []string       // those that must be there
}

// Name says which operation it is: POST /api/orders.
func (o Operation) Name() string { return o.Method + " " + o.Path }

// Operations reads an OpenAPI document of version 3.
func Operations(data []byte) (*API, error) {
	o, err := readOpenAPI(data)
	if err != nil {
		return nil, err
	}
	o.server()
	api := &API{Title: o.name, Prefix: o.prefix, doc: o}
	if _, ok := webURL(str(object(first(o.doc["servers"]))["url"])); ok {
		api.BaseURL = o.env["BASE_URL"]
	}
	paths := object(o.doc["paths"])
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := o.resolve(paths[path])
		for _, m := range methods {
			if op := object(item[m]); op != nil {
				api.Operations = append(api.Operations, o.described(path, m, item, op))
			}
		}
	}
	if len(api.Operations) == 0 {
		return nil, errNothing
	}
	return api, nil
}

// readOpenAPI reads the document and says what it is not.
func readOpenAPI(data []byte) (*openapi, error) {
	if len(data) > maxDocument {
		return nil, fmt.Errorf("it has more than %d MiB", maxDocument>>20)
	}
	var root any
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("it is neither YAML nor JSON: %s", firstLine(err.Error()))
	}
	doc, _ := root.(map[string]any)
	if !strings.HasPrefix(str(doc["openapi"]), "3.") {
		return nil, fmt.Errorf("it is no OpenAPI document of version 3")
	}
	return &openapi{draft: newDraft(str(object(doc["info"])["title"])), doc: doc, taken: map[string]bool{}}, nil
}

func (o *openapi) described(path, verb string, item, op map[string]any) Operation {
	out := Operation{
		ID: str(op["operationId"]), Summary: str(op["summary"]), Method: strings.ToUpper(verb), Path: path,
		Responses: map[string]Response{}, Secured: o.secured(op),
	}
	for _, p := range o.parameters(item, op) {
		v := o.example(p)
		given := v != nil
		if !given {
			v = o.sampleOf(p["schema"])
			given = o.example(o.resolve(p["schema"])) != nil
		}
		out.Parameters = append(out.Parameters, Parameter{
			Name: str(p["name"]), In: str(p["in"]), Required: p["required"] == true, Schema: o.flat(p["schema"], 0), Value: v, Given: given,
		})
	}
	if body := o.resolve(op["requestBody"]); body != nil {
		out.Body = o.jsonBody(body)
	}
	responses := object(op["responses"])
	for code := range responses {
		out.Responses[code] = o.response(o.resolve(responses[code]))
	}
	return out
}

func (o *openapi) jsonBody(body map[string]any) *Body {
	content := object(body["content"])
	for _, mediaType := range slices.Sorted(maps.Keys(content)) {
		if !strings.Contains(mediaType, "json") {
			continue
		}
		media := object(content[mediaType])
		v := o.example(media)
		if v == nil {
			v = o.sampleOf(media["schema"])
		}
		value, err := normal(v)
		if err != nil {
			continue
		}
		return &Body{MediaType: mediaType, Required: body["required"] == true, Schema: o.flat(media["schema"], 0), Value: value}
	}
	return nil
}

func (o *openapi) response(r map[string]any) Response {
	var out Response
	content := object(r["content"])
	for _, mediaType := range slices.Sorted(maps.Keys(content)) {
		out.MediaType = mediaType
		if strings.Contains(mediaType, "json") {
			out.Schema = o.flat(object(content[mediaType])["schema"], 0)
			break
		}
	}
	headers := object(r["headers"])
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if o.resolve(headers[name])["required"] == true {
			out.Headers = append(out.Headers, name)
		}
	}
	return out
}

// secured reports whether an operation cannot be called without credentials.
func (o *openapi) secured(op map[string]any) bool {
	wanted, ok := op["security"]
	if !ok {
		wanted = o.doc["security"]
	}
	for _, way := range list(wanted) {
		if len(object(way)) == 0 {
			return false
		}
	}
	return len(list(wanted)) > 0
}

// Flat is a schema without references and without parts that must all hold:
// type, properties, required and the limits stand in one mapping.
func (a *API) Flat(schema any) map[string]any { return a.doc.flat(schema, 0) }

// Sample is a value that fits a schema.
func (a *API) Sample(schema any) any { return a.doc.sampleOf(schema) }

// Literal is a value as a plan may hold it: ${{ means nothing in it. Env is what
// the plan must define for that.
func (a *API) Literal(v any) any { return a.doc.literalValue(v) }

// Env are the variables that Literal has used.
func (a *API) Env() map[string]string {
	out := maps.Clone(a.doc.env)
	delete(out, "BASE_URL")
	return out
}

func (o *openapi) flat(v any, depth int) map[string]any {
	if depth == 0 {
		o.budget = maxSample
	}
	s := object(v)
	if o.budget--; s == nil || depth > maxSampleDepth || o.budget < 0 {
		return nil
	}
	out := map[string]any{}
	if ref := str(s["$ref"]); ref != "" {
		merge(out, o.flat(o.follow(ref), depth+1))
	}
	for _, part := range list(s["allOf"]) {
		merge(out, o.flat(part, depth+1))
	}
	own := maps.Clone(s)
	delete(own, "$ref")
	delete(own, "allOf")
	merge(out, own)
	return out
}

// merge adds what a schema says to another one: both must hold.
func merge(into, from map[string]any) {
	for key, v := range from {
		switch key {
		case "properties":
			joined := maps.Clone(object(into[key]))
			if joined == nil {
				joined = map[string]any{}
			}
			maps.Copy(joined, object(v))
			into[key] = joined
		case "required":
			into[key] = append(slices.Clip(list(into[key])), list(v)...)
		default:
			into[key] = v
		}
	}
}

func first(v any) any {
	if l := list(v); len(l) > 0 {
		return l[0]
	}
	return nil
}
