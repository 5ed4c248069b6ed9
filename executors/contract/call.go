package contract

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/semantest/semantest/executors/contract/graphql"
)

// purpose says why a request is sent, and with it which checks judge it.
type purpose string

const (
	positive      purpose = "positive"       // valid by the document
	negative      purpose = "negative"       // not valid by the document
	guess         purpose = "guess"          // valid, but for values of which the document says nothing
	withoutHeader purpose = "without_header" // a required header is missing
	otherMethod   purpose = "other_method"   // the document has no such method
	unknownPath   purpose = "unknown_path"   // the document has no such path
	withoutAuth   purpose = "without_auth"   // no credentials, or wrong ones
	afterCreate   purpose = "after_create"   // what was just created
	afterDelete   purpose = "after_delete"   // what was just deleted
)

// How a request says who sends it.
const (
	authGiven = "given"
	authNone  = "none"
	authWrong = "wrong"
)

// call is a request by its values, so that it can be made smaller.
type call struct {
	op      *operation
	purpose purpose
	what    string // what is special about it
	method  string
	path    string
	params  map[paramKey]any
	media   *media
	body    any
	hasBody bool
	raw     *string // instead of body
	graph   *graphql.Call
	auth    string
	binds   []Bind
	pinned  bool // sent however small the budget is
}

type paramKey struct{ in, name string }

func (c *call) clone() *call {
	n := *c
	n.params, n.pinned = maps.Clone(c.params), false
	return &n
}

// Request is what goes out, as a finding keeps it.
type Request struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // with {name} where Bind fills it
	Query   string            `json:"query,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Base64  bool              `json:"base64,omitempty"` // how Body is written
	Auth    string            `json:"auth"`             // given, none or wrong
	Bind    []Bind            `json:"bind,omitempty"`
}

// Bind fills a path parameter from an earlier answer of the same finding.
type Bind struct {
	Name    string `json:"name"`
	Step    int    `json:"step"`              // which answer, from 0
	Pointer string `json:"pointer,omitempty"` // JSON pointer into its body
	Header  string `json:"header,omitempty"`  // or the last part of this header's path
}

// wire writes a call as a request; false says that HTTP cannot carry it.
func (c *call) wire() (*Request, bool) {
	if c.op.graph != nil {
		return c.writeGraph()
	}
	r := &Request{Method: c.method, Path: c.path, Headers: map[string]string{}, Auth: c.auth, Bind: c.binds}
	var query []string
	var cookies []string
	for _, p := range c.op.params {
		v, ok := c.params[paramKey{p.in, p.name}]
		if !ok {
			continue
		}
		switch p.in {
		case "path":
			if slices.ContainsFunc(c.binds, func(b Bind) bool { return b.Name == p.name }) {
				continue
			}
			text := p.write(v)
			if strings.Trim(text, ".") == "" {
				return nil, false // it would be another path
			}
			r.Path = strings.ReplaceAll(r.Path, "{"+p.name+"}", url.PathEscape(text))
		case "query":
			query = append(query, p.query(v)...)
		case "header":
			text := p.write(v)
			if !headerText(text) {
				return nil, false
			}
			r.Headers[p.name] = text
		case "cookie":
			text := p.write(v)
			if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`",;\`, r) }) {
				return nil, false
			}
			cookies = append(cookies, p.name+"="+text)
		}
	}
	r.Query = strings.Join(query, "&")
	if len(cookies) > 0 {
		r.Headers["Cookie"] = strings.Join(cookies, "; ")
	}
	return r, c.writeBody(r)
}

func headerText(text string) bool {
	return text != "" && strings.TrimSpace(text) == text && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

func (c *call) writeBody(r *Request) bool {
	if c.media == nil || !c.hasBody && c.raw == nil {
		return true
	}
	contentType := c.media.contentType
	var data []byte
	switch base, _, _ := strings.Cut(contentType, ";"); {
	case c.raw != nil:
		data = []byte(*c.raw)
	case strings.EqualFold(base, "application/x-www-form-urlencoded"):
		fields, ok := c.body.(object)
		if !ok {
			return false
		}
		values := url.Values{}
		for k, v := range fields {
			values[k] = texts(v)
		}
		data = []byte(values.Encode())
	case strings.HasPrefix(base, "multipart/"):
		fields, ok := c.body.(object)
		if !ok {
			return false
		}
		contentType, data = c.multipart(fields)
	case isJSON(base) || strings.Contains(base, "*"):
		if strings.Contains(base, "*") {
			contentType = "application/json"
		}
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if enc.Encode(c.body) != nil {
			return false
		}
		data = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	default:
		data = []byte(plainText(c.body))
	}
	r.Headers["Content-Type"] = contentType
	r.Body = string(data)
	if !utf8.Valid(data) {
		r.Body, r.Base64 = base64.StdEncoding.EncodeToString(data), true
	}
	return true
}

// boundary is always the same, so that the same seed makes the same bytes.
const boundary = "semantest-7f3b1c9e"

func (c *call) multipart(fields object) (contentType string, data []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary); err != nil {
		panic(err) // a constant
	}
	for _, name := range sorted(fields) {
		for _, v := range texts(fields[name]) {
			h := textproto.MIMEHeader{}
			h.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q", name))
			if v == picture {
				h.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q; filename=%q", name, "pixel.png"))
				h.Set("Content-Type", "image/png")
			}
			part, err := w.CreatePart(h)
			if err == nil {
				_, err = part.Write([]byte(v))
			}
			if err != nil {
				panic(err) // a buffer takes everything
			}
		}
	}
	_ = w.Close() // a buffer takes everything
	return w.FormDataContentType(), b.Bytes()
}

// write serialises a parameter as style simple and form do without explode.
func (p *parameter) write(v any) string {
	if p.json {
		data, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(data)
	}
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = plainText(e)
		}
		return strings.Join(parts, ",")
	case object:
		var parts []string
		for _, k := range sorted(v) {
			if p.explode {
				parts = append(parts, k+"="+plainText(v[k]))
			} else {
				parts = append(parts, k, plainText(v[k]))
			}
		}
		return strings.Join(parts, ",")
	}
	return plainText(v)
}

func (p *parameter) query(v any) []string {
	pair := func(name, value string) string { return url.QueryEscape(name) + "=" + url.QueryEscape(value) }
	var out []string
	switch v := v.(type) {
	case []any:
		if p.explode && !p.json {
			for _, e := range v {
				out = append(out, pair(p.name, plainText(e)))
			}
			return out
		}
	case object:
		if !p.json && (p.explode || p.style == "deepObject") {
			for _, k := range sorted(v) {
				name := k
				if p.style == "deepObject" {
					name = p.name + "[" + k + "]"
				}
				out = append(out, pair(name, plainText(v[k])))
			}
			return out
		}
	}
	return []string{pair(p.name, p.write(v))}
}

func texts(v any) []string {
	if l, ok := v.([]any); ok {
		out := make([]string, len(l))
		for i, e := range l {
			out[i] = plainText(e)
		}
		return out
	}
	return []string{plainText(v)}
}

// plainText writes a value as text; what is not plain, as JSON.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func isJSON(mediaType string) bool {
	t := strings.ToLower(strings.TrimSpace(mediaType))
	return t == "application/json" || strings.HasSuffix(t, "+json") || t == "text/json"
}
