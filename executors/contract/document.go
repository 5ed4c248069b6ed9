package contract

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors/contract/graphql"
	"github.com/semantest/semantest/internal/excerpt"
)

// document is an OpenAPI document, ready to make requests from.
type document struct {
	source     []byte
	root       object
	operations []*operation
	basePath   string // path of the first server
	schemes    map[string]scheme
	schemas    *schemaSet
	graph      *graphql.Schema // of GraphQL, else nil

	unread   []mistake // why parts of it cannot be used
	mistakes []mistake // all that is wrong, also what keeps nothing from being used
}

// operation is one method of one path.
type operation struct {
	id, method, path string
	tags             []string
	params           []*parameter
	body             *body
	responses        map[string]*response // by code, class (4XX) or default
	security         [][]string           // alternatives, each the schemes that it needs
	anonymous        bool                 // nobody need be known
	siblings         []string             // methods of the same path

	graph *graphql.Schema // of GraphQL, else nil
	field *graphql.Field  // nil for what is no operation
}

func (o *operation) title() string {
	if o.graph != nil {
		return o.path
	}
	return o.method + " " + o.path
}

type parameter struct {
	name, in string
	required bool
	style    string
	explode  bool
	json     bool // written as JSON
	schema   *schema
	examples []any
}

type body struct {
	required bool
	media    []*media
}

type media struct {
	contentType string
	schema      *schema
	examples    []any
}

type response struct {
	content map[string]*schema // nil where a media type says nothing
	headers map[string]*headerRule
	links   []link
}

type headerRule struct {
	required bool
	schema   *schema
}

// link says which parameters of which operation come from a response.
type link struct {
	target string // operation id, or method and path
	params map[string]string
}

type scheme struct{ kind, in, name, http string }

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// loadDocument reads a document. What it says in error completes "the document …".
func loadDocument(data []byte) (*document, error) {
	if len(data) <= maxDocument {
		if d, err := loadGraph(data); d != nil || err != nil {
			return d, err
		}
	}
	tree, err := readTree(data)
	if err != nil {
		return nil, err
	}
	root, ok := tree.(object)
	version, _ := root["openapi"].(string)
	switch {
	case !ok || root["openapi"] == nil:
		if root["swagger"] != nil {
			return nil, fmt.Errorf("it is a Swagger 2.0 document; convert it to OpenAPI 3.0 or 3.1 first")
		}
		return nil, fmt.Errorf("it is no OpenAPI document: it has no key openapi at the top")
	case !strings.HasPrefix(version, "3.0") && !strings.HasPrefix(version, "3.1"):
		return nil, fmt.Errorf("it is of OpenAPI version %s; 3.0 and 3.1 can be read", excerpt.Of(fmt.Sprint(root["openapi"]), 20))
	}
	if strings.HasPrefix(version, "3.0") {
		modernise(root)
	}
	d := &document{source: data, root: root, schemas: newSchemaSet(root), schemes: map[string]scheme{}}
	d.foreign()
	d.read()
	d.look()
	if len(d.operations) == 0 && len(d.unread) == 0 {
		return nil, fmt.Errorf("it has no operations under paths")
	}
	return d, nil
}

// read reads the operations. What cannot be read is kept as unread.
func (d *document) read() {
	if servers := list(d.root["servers"]); len(servers) > 0 {
		if u, err := url.Parse(text(asObject(servers[0])["url"])); err == nil {
			d.basePath = u.Path
		}
	}
	components := asObject(d.root["components"])
	for name, raw := range asObject(components["securitySchemes"]) {
		s, err := d.deref(raw)
		if err != nil {
			d.skip(err, "components", "securitySchemes", name)
			continue
		}
		d.schemes[name] = scheme{kind: text(s["type"]), in: text(s["in"]), name: text(s["name"]), http: strings.ToLower(text(s["scheme"]))}
	}
	for _, p := range sorted(asObject(d.root["paths"])) {
		if !strings.HasPrefix(p, "/") {
			continue // an extension
		}
		item, err := d.deref(asObject(d.root["paths"])[p])
		if err != nil {
			d.skip(err, "paths", p)
			continue
		}
		var there []string
		for _, m := range methods {
			if item[m] != nil {
				there = append(there, strings.ToUpper(m))
			}
		}
		for _, m := range methods {
			if item[m] == nil {
				continue
			}
			o, err := d.operation(p, strings.ToUpper(m), item)
			if err != nil {
				d.skip(fmt.Errorf("%s %s: %w", strings.ToUpper(m), p, err), "paths", p, m)
				continue
			}
			o.siblings = there
			d.operations = append(d.operations, o)
		}
	}
	slices.SortStableFunc(d.operations, inUse)
}

// inUse orders operations as a caller would use them: lists before items, and
// what removes last, so that ids are known when they are needed.
func inUse(a, b *operation) int {
	order := []string{"POST", "GET", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "DELETE"}
	if n := strings.Count(a.path, "{") - strings.Count(b.path, "{"); n != 0 {
		return n
	}
	if n := strings.Compare(a.path, b.path); n != 0 {
		return n
	}
	return slices.Index(order, a.method) - slices.Index(order, b.method)
}

func (d *document) operation(p, method string, item object) (*operation, error) {
	raw := asObject(item[strings.ToLower(method)])
	o := &operation{id: text(raw["operationId"]), method: method, path: p, responses: map[string]*response{}}
	for _, t := range list(raw["tags"]) {
		o.tags = append(o.tags, text(t))
	}
	for _, raw := range append(slices.Clone(list(item["parameters"])), list(raw["parameters"])...) {
		param, err := d.parameter(raw)
		if err != nil {
			return nil, err
		}
		o.params = slices.DeleteFunc(o.params, func(q *parameter) bool { return q.name == param.name && q.in == param.in })
		o.params = append(o.params, param)
	}
	if raw["requestBody"] != nil {
		b, err := d.deref(raw["requestBody"])
		if err != nil {
			return nil, err
		}
		o.body = &body{required: b["required"] == true}
		for _, ct := range sorted(asObject(b["content"])) {
			m := asObject(asObject(b["content"])[ct])
			o.body.media = append(o.body.media, &media{contentType: ct, schema: d.schema(m["schema"]), examples: d.examples(m, m["schema"])})
		}
	}
	for code, raw := range asObject(raw["responses"]) {
		r, err := d.response(raw)
		if err != nil {
			return nil, err
		}
		o.responses[strings.ToUpper(code)] = r
	}
	d.secure(o, raw)
	return o, nil
}

func (d *document) parameter(raw any) (*parameter, error) {
	p, err := d.deref(raw)
	if err != nil {
		return nil, err
	}
	out := &parameter{name: text(p["name"]), in: text(p["in"]), required: p["required"] == true || p["in"] == "path", style: text(p["style"])}
	if out.style == "" {
		out.style = map[string]string{"query": "form", "cookie": "form"}[out.in]
	}
	out.explode = out.style == "form"
	if e, ok := p["explode"].(bool); ok {
		out.explode = e
	}
	out.schema, out.examples = d.schema(p["schema"]), d.examples(p, p["schema"])
	for _, m := range asObject(p["content"]) {
		out.json, out.schema = true, d.schema(asObject(m)["schema"])
		out.examples = append(out.examples, d.examples(asObject(m), asObject(m)["schema"])...)
	}
	return out, nil
}

func (d *document) response(raw any) (*response, error) {
	r, err := d.deref(raw)
	if err != nil {
		return nil, err
	}
	out := &response{content: map[string]*schema{}, headers: map[string]*headerRule{}}
	for ct, m := range asObject(r["content"]) {
		out.content[ct] = nil
		if s, ok := asObject(m)["schema"]; ok {
			out.content[ct] = d.schema(s)
		}
	}
	for name, raw := range asObject(r["headers"]) {
		h, err := d.deref(raw)
		if err != nil {
			return nil, err
		}
		rule := &headerRule{required: h["required"] == true}
		if s, ok := h["schema"]; ok {
			rule.schema = d.schema(s)
		}
		out.headers[name] = rule
	}
	for _, name := range sorted(asObject(r["links"])) {
		l, err := d.deref(asObject(r["links"])[name])
		if err != nil {
			return nil, err
		}
		target := text(l["operationId"])
		if ref, ok := strings.CutPrefix(text(l["operationRef"]), "#/paths/"); ok {
			p, m, _ := strings.Cut(ref, "/")
			target = strings.ToUpper(m) + " " + unescape(p)
		}
		params := map[string]string{}
		for k, v := range asObject(l["parameters"]) {
			params[k] = text(v)
		}
		out.links = append(out.links, link{target: target, params: params})
	}
	return out, nil
}

// secure reads who may call an operation.
func (d *document) secure(o *operation, raw object) {
	requirements, ok := raw["security"].([]any)
	if !ok {
		requirements = list(d.root["security"])
	}
	o.anonymous = len(requirements) == 0
	for _, r := range requirements {
		names := sorted(asObject(r))
		if len(names) == 0 {
			o.anonymous = true
		}
		o.security = append(o.security, names)
	}
}

// examples are the example and the examples of a media type or parameter, and
// those of its schema.
func (d *document) examples(of object, schema any) []any {
	var out []any
	add := func(v any, ok bool) {
		if ok && len(out) < 10 {
			out = append(out, v)
		}
	}
	v, ok := of["example"]
	add(v, ok)
	for _, name := range sorted(asObject(of["examples"])) {
		e, err := d.deref(asObject(of["examples"])[name])
		if err == nil {
			v, ok := e["value"]
			add(v, ok)
		}
	}
	s, err := d.deref(schema)
	if err != nil {
		return out
	}
	v, ok = s["example"]
	add(v, ok)
	for _, v := range list(s["examples"]) {
		add(v, true)
	}
	return out
}

// deref follows references to the object that is meant.
func (d *document) deref(v any) (object, error) {
	for range maxRefs {
		o := asObject(v)
		ref, ok := o["$ref"].(string)
		if !ok {
			return o, nil
		}
		next, found := at(d.root, strings.TrimPrefix(ref, "#"))
		if !found {
			return nil, fmt.Errorf("the reference %s leads nowhere", excerpt.Of(ref, 200))
		}
		v = next
	}
	return nil, fmt.Errorf("a reference leads in a circle")
}

// find returns the operation of an id, or of a method and a path.
func (d *document) find(name string) *operation {
	i := slices.IndexFunc(d.operations, func(o *operation) bool { return name != "" && (o.id == name || o.title() == name) })
	if i < 0 {
		return nil
	}
	return d.operations[i]
}

func asObject(v any) object { o, _ := v.(object); return o }
func list(v any) []any      { l, _ := v.([]any); return l }
func text(v any) string     { s, _ := v.(string); return s }

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
