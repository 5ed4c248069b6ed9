package importing

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxDocument bounds an OpenAPI document: 16 MiB.
const maxDocument = 16 << 20

var methods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

// OpenAPI makes a plan of a document of version 3: a case for each operation,
// with the examples of the document or values that fit its schemas. It asks for
// the first good status that the operation names.
func OpenAPI(data []byte) (*Result, error) {
	o, err := readOpenAPI(data)
	if err != nil {
		return nil, err
	}
	o.server()
	paths := object(o.doc["paths"])
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := o.resolve(paths[path])
		for _, m := range methods {
			if op := object(item[m]); op != nil {
				o.operation(path, m, item, op)
			}
		}
	}
	return o.result()
}

type openapi struct {
	*draft
	doc    map[string]any
	prefix string
	taken  map[string]bool
	budget int             // values that one sample may still make
	inside map[string]bool // references that a sample is within
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// server takes the first address, and its path as what all paths begin with.
func (o *openapi) server() {
	address := ""
	if servers := list(o.doc["servers"]); len(servers) > 0 {
		server := object(servers[0])
		address = str(server["url"])
		for name, v := range object(server["variables"]) {
			address = strings.ReplaceAll(address, "{"+name+"}", str(object(v)["default"]))
		}
	}
	u, ok := webURL(address)
	if !ok {
		o.env["BASE_URL"] = "http://localhost:8080"
		o.note("the document names no address: set BASE_URL under env")
		if relative, err := url.Parse(address); err == nil && strings.HasPrefix(relative.Path, "/") {
			o.prefix = strings.TrimSuffix(relative.Path, "/")
		}
		return
	}
	o.env["BASE_URL"] = u.Scheme + "://" + u.Host
	o.prefix = strings.TrimSuffix(u.Path, "/")
}

// resolve follows references within the document.
func (o *openapi) resolve(v any) map[string]any {
	m := object(v)
	for range 10 {
		ref := str(m["$ref"])
		if ref == "" {
			return m
		}
		m = o.follow(ref)
	}
	return nil
}

// follow is what one reference stands for.
func (o *openapi) follow(ref string) map[string]any {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		o.note("the reference %s leaves the document; what it stands for was left out", ref)
		return nil
	}
	at := o.doc
	for _, part := range strings.Split(pointer, "/") {
		if decoded, err := url.PathUnescape(part); err == nil {
			part = decoded
		}
		at = object(at[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)])
	}
	return at
}

func (o *openapi) operation(path, verb string, item, op map[string]any) {
	name := str(op["operationId"])
	if name == "" {
		name = verb + " " + path
	}
	s := step{method: strings.ToUpper(verb)}
	address := o.literal(path)
	for _, p := range o.parameters(item, op) {
		v := o.parameter(p)
		key := str(p["name"])
		switch str(p["in"]) {
		case "path":
			address = strings.ReplaceAll(address, "{"+key+"}", url.PathEscape(v))
		case "query":
			if p["required"] == true {
				if s.query == nil {
					s.query = map[string][]string{}
				}
				s.query[o.literal(key)] = []string{o.literal(v)}
			}
		case "header":
			if p["required"] == true {
				o.header(&s, key, v)
			}
		}
	}
	if !strings.HasPrefix(address, "/") || len(address) > 4000 || len(s.query) > 100 {
		o.note("the operation %s was left out: a plan cannot send it", name)
		return
	}
	s.url = o.prefix + address
	o.requestBody(&s, o.resolve(op["requestBody"]))
	o.security(&s, op)
	s.status = o.status(op)
	o.cases = append(o.cases, draftCase{id: caseID(name, o.taken), name: strings.NewReplacer("{{", "{").Replace(str(op["summary"])), steps: []step{s}})
}

func (o *openapi) parameters(item, op map[string]any) []map[string]any {
	byKey := map[string]map[string]any{}
	for _, l := range [][]any{list(item["parameters"]), list(op["parameters"])} {
		for _, p := range l {
			if r := o.resolve(p); r != nil {
				byKey[str(r["in"])+" "+str(r["name"])] = r
			}
		}
	}
	var out []map[string]any
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		out = append(out, byKey[key])
	}
	return out
}

func (o *openapi) parameter(p map[string]any) string {
	v := o.example(p)
	if v == nil {
		v = o.sampleOf(p["schema"])
	}
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return plainText(v[0])
		}
		return "a"
	case map[string]any:
		return "a"
	}
	return plainText(v)
}

func plainText(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return "a"
		}
		return v
	case nil:
		return "1"
	}
	return fmt.Sprint(v)
}

// example is what the document gives as one.
func (o *openapi) example(m map[string]any) any {
	if v, ok := m["example"]; ok {
		return v
	}
	examples := object(m["examples"])
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		if v, ok := o.resolve(examples[name])["value"]; ok {
			return v
		}
	}
	return nil
}

func (o *openapi) requestBody(s *step, body map[string]any) {
	content := object(body["content"])
	for _, mediaType := range slices.Sorted(maps.Keys(content)) {
		media := object(content[mediaType])
		v := o.example(media)
		if v == nil {
			v = o.sampleOf(media["schema"])
		}
		switch {
		case strings.Contains(mediaType, "json"):
			data, err := normal(v)
			if err != nil {
				continue
			}
			s.json, s.hasJSON = o.literalValue(data), true
			if mediaType != "application/json" {
				o.header(s, "Content-Type", mediaType)
			}
			return
		case mediaType == "application/x-www-form-urlencoded":
			s.form = map[string][]string{}
			for name, f := range object(v) {
				s.form[o.literal(name)] = []string{o.literal(plainText(f))}
			}
			return
		}
	}
	if len(content) > 0 {
		o.note("the body of %s %s was left out: it is neither JSON nor a form", s.method, s.url)
	}
}

// security gives a request the credentials of the first way that is asked for.
func (o *openapi) security(s *step, op map[string]any) {
	wanted, ok := op["security"]
	if !ok {
		wanted = o.doc["security"]
	}
	ways := list(wanted)
	if len(ways) == 0 {
		return
	}
	schemes := object(object(o.doc["components"])["securitySchemes"])
	for name := range object(ways[0]) {
		scheme := o.resolve(schemes[name])
		switch kind := str(scheme["type"]); {
		case kind == "http" && strings.EqualFold(str(scheme["scheme"]), "bearer"), kind == "oauth2", kind == "openIdConnect":
			o.filledHeader(s, "Authorization", "Bearer "+o.secret("API_TOKEN", "bearer"))
		case kind == "http" && strings.EqualFold(str(scheme["scheme"]), "basic"):
			s.basic = &[2]string{"user", o.secret("PASSWORD", "basic")}
		case kind == "apiKey" && str(scheme["in"]) == "header":
			o.filledHeader(s, str(scheme["name"]), o.secret("API_KEY", "key "+name))
		}
	}
}

// status is the first good status that an operation names.
func (o *openapi) status(op map[string]any) any {
	for _, code := range slices.Sorted(maps.Keys(object(op["responses"]))) {
		if n, err := strconv.Atoi(code); err == nil && n >= 200 && n < 400 {
			return n
		}
	}
	return "2xx"
}
