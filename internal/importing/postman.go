package importing

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

type postmanCollection struct {
	Info     struct{ Name string }
	Item     []postmanItem
	Variable []struct {
		Key   string
		Value any
	}
	Auth *postmanAuth
}

type postmanItem struct {
	Name    string
	Item    []postmanItem
	Request *postmanRequest
	Auth    *postmanAuth
}

type postmanRequest struct {
	Method string
	Header []struct {
		Key, Value string
		Disabled   bool
	}
	URL  postmanURL
	Body *struct {
		Mode       string
		Raw        string
		URLEncoded []postmanField
		FormData   []postmanField
		GraphQL    *struct{ Query, Variables string }
		Options    struct {
			Raw struct{ Language string }
		}
	}
	Auth *postmanAuth
}

type postmanField struct {
	Key, Value, Type string
	Disabled         bool
}

// postmanURL is a text or an object with the text under raw.
type postmanURL struct{ Raw string }

// UnmarshalJSON implements json.Unmarshaler.
func (u *postmanURL) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &u.Raw); err == nil {
		return nil
	}
	var object struct{ Raw string }
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	u.Raw = object.Raw
	return nil
}

type postmanAuth struct {
	Type                  string
	Basic, Bearer, APIKey []struct {
		Key   string
		Value any
	}
}

// UnmarshalJSON lets a request say that it has none, in any form.
func (r *postmanRequest) UnmarshalJSON(data []byte) error {
	type plain postmanRequest
	if len(data) > 0 && data[0] == '"' {
		r.Method = "GET"
		return json.Unmarshal(data, &r.URL.Raw)
	}
	return json.Unmarshal(data, (*plain)(r))
}

// maxFolders bounds how deep folders lie within one another.
const maxFolders = 20

// Postman makes a plan of a collection of version 2: a case for each folder,
// which asks for a status below 400.
func Postman(data []byte) (*Result, error) {
	var c postmanCollection
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("it is no Postman collection: %w", err)
	}
	p := &postman{draft: newDraft(line(c.Info.Name, 100, "Postman collection")), taken: map[string]bool{}, names: map[string]string{}}
	for _, v := range c.Variable {
		if text, ok := v.Value.(string); ok && len(text) < 9000 {
			if name := p.variable(v.Key); name != "" {
				p.env[name] = p.literal(text)
			}
		}
	}
	p.folder(p.name, c.Item, c.Auth, 0)
	return p.result()
}

type postman struct {
	*draft
	taken map[string]bool
	names map[string]string // variables by the name that they have in the collection
}

func (p *postman) folder(name string, items []postmanItem, auth *postmanAuth, depth int) {
	if depth > maxFolders || len(p.cases) > maxCases {
		p.note("folders that lie too deep, or are too many, were left out")
		return
	}
	c := draftCase{id: caseID(name, p.taken), name: p.plain(name)}
	at := len(p.cases)
	p.cases = append(p.cases, c)
	for _, i := range items {
		own := auth
		if i.Auth != nil {
			own = i.Auth
		}
		if i.Request != nil {
			if s, ok := p.step(i, own); ok {
				p.cases[at].steps = append(p.cases[at].steps, s)
			}
		}
		if len(i.Item) > 0 {
			p.folder(name+" "+i.Name, i.Item, own, depth+1)
		}
	}
}

func (p *postman) plain(name string) string {
	return strings.NewReplacer("{{", "{", "}}", "}").Replace(name)
}

func (p *postman) step(i postmanItem, auth *postmanAuth) (step, bool) {
	r := i.Request
	s := step{name: p.plain(i.Name), method: strings.ToUpper(r.Method), url: p.fill(r.URL.Raw), status: mapping("lt", 400)}
	if s.method == "" {
		s.method = "GET"
	}
	s.url, _, _ = strings.Cut(s.url, "#")
	if !strings.Contains(s.url, "://") && !strings.HasPrefix(s.url, "${{") {
		s.url = "http://" + s.url
	}
	if !strings.HasPrefix(s.url, "${{") {
		if _, ok := webURL(s.url); !ok && !strings.Contains(s.url, "${{") || !strings.HasPrefix(s.url, "http") {
			p.note("the request %s was left out: its address is not one of http or https", i.Name)
			return s, false
		}
	}
	if !method.MatchString(s.method) || len(s.url) > 7000 {
		p.note("the request %s was left out: a plan cannot send it", i.Name)
		return s, false
	}
	for _, h := range r.Header {
		if !h.Disabled {
			p.postmanHeader(&s, h.Key, h.Value)
		}
	}
	if r.Auth != nil {
		auth = r.Auth
	}
	p.authorize(&s, auth)
	p.content(&s, r)
	return s, true
}

// postmanHeader takes a header of the source, with variables or as it is.
func (p *postman) postmanHeader(s *step, name, v string) {
	if postmanVariable.MatchString(v) {
		p.filledHeader(s, name, p.fill(v))
		return
	}
	p.header(s, name, v)
}

func (p *postman) content(s *step, r *postmanRequest) {
	if r.Body == nil {
		return
	}
	switch r.Body.Mode {
	case "raw":
		contentType := "text/plain"
		if r.Body.Options.Raw.Language == "json" {
			contentType = "application/json"
		}
		for name, v := range s.headers {
			if strings.EqualFold(name, "content-type") {
				contentType = v
			}
		}
		p.payload(s, contentType, r.Body.Raw, p.fill)
	case "urlencoded":
		s.form = map[string][]string{}
		for _, f := range r.Body.URLEncoded {
			if !f.Disabled && len(s.form) < 1000 {
				s.form[p.fill(f.Key)] = append(s.form[p.fill(f.Key)], p.fill(f.Value))
			}
		}
		dropContentType(s.headers)
	case "formdata":
		for _, f := range r.Body.FormData {
			switch {
			case f.Disabled || f.Key == "" || len(f.Key) > 150 || len(s.parts) >= 50:
			case f.Type == "file" || f.Value == "":
				p.note("the part %s was left out: put its file beside the plan and add it under multipart", f.Key)
			default:
				s.parts = append(s.parts, part{p.fill(f.Key), p.fill(f.Value)})
			}
		}
		dropContentType(s.headers)
	case "graphql":
		if g := r.Body.GraphQL; g != nil && s.basic == nil && strings.Contains(g.Query, "{") && len(g.Query) < maxBody {
			body := &graphqlBody{query: p.fill(g.Query)}
			if v, err := readJSON(g.Variables); err == nil {
				body.variables, _ = mapTexts(v, p.fill).(map[string]any)
			}
			if len(body.variables) <= 200 {
				s.graphql = body
				dropContentType(s.headers)
			}
		}
	case "file":
		p.note("the body from a file was left out: put the file beside the plan and name it under file")
	}
}

func (p *postman) authorize(s *step, auth *postmanAuth) {
	if auth == nil || hasHeader(s.headers, "authorization") {
		return
	}
	get := func(list []struct {
		Key   string
		Value any
	}, key string) string {
		for _, e := range list {
			if text, ok := e.Value.(string); ok && e.Key == key {
				return text
			}
		}
		return ""
	}
	hide := func(name, v string) string {
		if filled := p.fill(v); strings.Contains(filled, "${{") {
			return filled
		}
		return p.secret(name, v)
	}
	switch auth.Type {
	case "bearer":
		if token := get(auth.Bearer, "token"); token != "" && len(token) < 9000 {
			p.filledHeader(s, "Authorization", "Bearer "+hide("API_TOKEN", token))
		}
	case "basic":
		user, password := get(auth.Basic, "username"), get(auth.Basic, "password")
		if user != "" && password != "" && len(user) < 900 && s.graphql == nil {
			s.basic = &[2]string{p.fill(user), hide("PASSWORD", password)}
		}
	case "apikey":
		if key, v := get(auth.APIKey, "key"), get(auth.APIKey, "value"); key != "" && v != "" && get(auth.APIKey, "in") != "query" {
			p.filledHeader(s, key, hide("API_KEY", v))
		}
	case "", "noauth":
	default:
		p.note("authentication by %s was left out; see auth in docs/plan-format.md", auth.Type)
	}
}

var postmanVariable = regexp.MustCompile(`\{\{\s*([^{}]{1,100}?)\s*\}\}`)

// fill turns {{name}} into ${{ name }}.
func (p *postman) fill(text string) string {
	var b strings.Builder
	end := 0
	for _, m := range postmanVariable.FindAllStringSubmatchIndex(text, -1) {
		name := p.variable(text[m[2]:m[3]])
		if name == "" {
			continue
		}
		b.WriteString(p.literal(text[end:m[0]]))
		b.WriteString("${{ " + name + " }}")
		if _, ok := p.env[name]; !ok && name != "uuid" && name != "timestamp" {
			p.env[name] = ""
			p.note("the variable %s has no value in the collection: give it one under env", name)
		}
		end = m[1]
	}
	b.WriteString(p.literal(text[end:]))
	return b.String()
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// variable is the name of a variable in the plan, "" where it can have none.
func (p *postman) variable(name string) string {
	if known, ok := p.names[name]; ok {
		return known
	}
	if len(p.names) >= 150 {
		return ""
	}
	switch name {
	case "$guid", "$randomUUID":
		return "uuid"
	case "$timestamp", "$isoTimestamp":
		return "timestamp"
	}
	clean := notInNames.ReplaceAllString(name, "_")
	if clean = strings.TrimLeft(clean, "0123456789-"); clean == "" || len(clean) > 90 {
		return ""
	}
	if clean == "uuid" || clean == "timestamp" || clean == "attempt" || clean == "OPEN" {
		clean = "my_" + clean
	}
	p.names[name] = clean
	return clean
}
