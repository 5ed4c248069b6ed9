package importing

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// own are headers that a client sets by itself for every request.
var own = map[string]bool{
	"accept-encoding": true, "connection": true, "content-length": true, "cookie": true, "host": true, "origin": true, "referer": true,
	"user-agent": true, "upgrade-insecure-requests": true, "pragma": true, "cache-control": true, "te": true, "transfer-encoding": true,
	"priority": true, "dnt": true, "if-none-match": true, "if-modified-since": true, "proxy-connection": true, "keep-alive": true, "expect": true,
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$")

// sensitive are headers whose values are secrets, with the variable that stands
// for them.
var sensitive = map[string]string{ //nolint:gosec // names of variables, no secrets
	"authorization": "API_TOKEN", "x-api-key": "API_KEY", "api-key": "API_KEY", "x-auth-token": "AUTH_TOKEN", "x-csrf-token": "CSRF_TOKEN", "proxy-authorization": "PROXY_TOKEN",
}

// header adds a header of the source to a step, unless it is one that goes
// without saying.
func (d *draft) header(s *step, name, v string) {
	lower := strings.ToLower(name)
	variable, secret := sensitive[lower]
	if own[lower] || !secret {
		d.filledHeader(s, name, d.literal(v))
		return
	}
	if user, password, ok := basicAuth(v); ok && lower == "authorization" {
		s.basic = &[2]string{d.literal(user), d.secret("PASSWORD", password)}
		return
	}
	if scheme, token, ok := strings.Cut(v, " "); ok && lower == "authorization" && token != "" && !strings.Contains(token, " ") {
		d.filledHeader(s, name, d.literal(scheme)+" "+d.secret(variable, token))
		return
	}
	if v != "" {
		d.filledHeader(s, name, d.secret(variable, v))
	}
}

// filledHeader is header for a value in which variables stand already.
func (d *draft) filledHeader(s *step, name, v string) {
	lower := strings.ToLower(name)
	if own[lower] || strings.HasPrefix(lower, "sec-") || strings.HasPrefix(name, ":") || v == "" {
		return
	}
	if !headerName.MatchString(name) || len(v) > 9000 || strings.ContainsAny(v, "\r\n\x00") {
		d.note("the header %s was left out: a plan cannot hold it", name)
		return
	}
	for known := range s.headers {
		if strings.EqualFold(known, name) {
			return
		}
	}
	if len(s.headers) >= 90 {
		return
	}
	if s.headers == nil {
		s.headers = map[string]string{}
	}
	s.headers[name] = v
}

func basicAuth(v string) (user, password string, ok bool) {
	scheme, encoded, _ := strings.Cut(v, " ")
	data, err := base64.StdEncoding.DecodeString(encoded)
	if !strings.EqualFold(scheme, "basic") || err != nil {
		return "", "", false
	}
	user, password, ok = strings.Cut(string(data), ":")
	return user, password, ok && user != "" && password != ""
}

// literal is text of the source in which ${{ means nothing: the reader of the
// plan must not take it for a variable.
func (d *draft) literal(s string) string {
	if !strings.Contains(s, "${{") {
		return s
	}
	d.env["OPEN"] = "${"
	return strings.ReplaceAll(s, "${{", "${{ OPEN }}{")
}

func (d *draft) literalValue(v any) any {
	switch v := v.(type) {
	case string:
		return d.literal(v)
	case []any:
		for i := range v {
			v[i] = d.literalValue(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[d.literal(k)] = d.literalValue(e)
		}
		return out
	}
	return v
}

// payload sets the body of a step by its media type.
func (d *draft) payload(s *step, contentType, body string, fill func(string) string) {
	if body == "" {
		return
	}
	if len(body) > maxBody {
		d.note("the body of %s %s was left out: it has more than %d KiB", s.method, s.url, maxBody>>10)
		return
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType = ""
	}
	switch {
	case mediaType == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(body)
		if err != nil || len(values) > 1000 {
			break
		}
		s.form = map[string][]string{}
		for name, list := range values {
			for _, v := range list {
				s.form[fill(name)] = append(s.form[fill(name)], fill(v))
			}
		}
		d.hideForm(s.form)
		dropContentType(s.headers)
		return
	case mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") || mediaType == "":
		v, err := readJSON(body)
		if err != nil {
			break
		}
		if o, ok := v.(map[string]any); ok && d.asGraphQL(s, o, fill) {
			return
		}
		s.json, s.hasJSON = d.hideJSON(mapTexts(v, fill)), true
		if mediaType == "application/json" {
			dropContentType(s.headers)
		}
		return
	case strings.HasPrefix(mediaType, "multipart/"):
		d.note("the parts of %s %s were left out: the boundary of the recording cannot be used again", s.method, s.url)
		dropContentType(s.headers)
		return
	}
	s.body = fill(body)
}

// asGraphQL takes a body that holds an operation for one.
func (d *draft) asGraphQL(s *step, o map[string]any, fill func(string) string) bool {
	query, ok := o["query"].(string)
	if !ok || s.method != "POST" || !strings.Contains(query, "{") || strings.TrimSpace(query) == "" {
		return false
	}
	for key := range o {
		if key != "query" && key != "variables" && key != "operationName" && key != "extensions" {
			return false
		}
	}
	variables, _ := o["variables"].(map[string]any)
	filled, _ := mapTexts(variables, fill).(map[string]any)
	if len(filled) > 200 || s.basic != nil {
		return false
	}
	if name, ok := o["operationName"].(string); ok && name != "" && s.name == "" {
		s.name = name
	}
	d.hideJSON(filled)
	s.graphql = &graphqlBody{query: fill(query), variables: filled}
	dropContentType(s.headers)
	return true
}

func mapTexts(v any, fill func(string) string) any {
	switch v := v.(type) {
	case string:
		return fill(v)
	case []any:
		for i := range v {
			v[i] = mapTexts(v[i], fill)
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[fill(k)] = mapTexts(e, fill)
		}
		return out
	}
	return v
}

func dropContentType(headers map[string]string) {
	for known := range headers {
		if strings.EqualFold(known, "Content-Type") {
			delete(headers, known)
		}
	}
}

// readJSON reads one JSON value. Numbers become int64 or float64; one that is
// neither makes the value unreadable, since it would be another one in the plan.
func readJSON(body string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return numbers(v, 0)
}

func numbers(v any, depth int) (any, error) {
	if depth > 40 {
		return nil, io.ErrShortBuffer // deeper than a plan may be
	}
	var err error
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		return v.Float64()
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = numbers(v[k], depth+1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// webURL reads an address that a plan can ask.
func webURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(text) > 7000 {
		return nil, false
	}
	u.Fragment, u.RawFragment, u.User = "", "", nil
	return u, true
}

var method = regexp.MustCompile(`^[A-Z][A-Z-]{0,29}$`)

// telling are names of fields whose values are secrets.
var telling = regexp.MustCompile(`(?i)^(password|passwd|pwd|passphrase|secret|client_?secret|(access|refresh|id|auth|api)?_?token|api_?key)$`)

// hideJSON puts variables into the place of passwords and the like.
func (d *draft) hideJSON(v any) any {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			d.hideJSON(e)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if text, ok := v[k].(string); ok && hides(k, text) {
				v[k] = d.secret(variableName(k), text)
				continue
			}
			d.hideJSON(v[k])
		}
	}
	return v
}

func (d *draft) hideForm(form map[string][]string) {
	for _, k := range slices.Sorted(maps.Keys(form)) {
		for i, v := range form[k] {
			if hides(k, v) {
				form[k][i] = d.secret(variableName(k), v)
			}
		}
	}
}

func hides(name, v string) bool {
	return v != "" && !strings.Contains(v, "${{") && telling.MatchString(name)
}

func variableName(field string) string { return strings.ToUpper(field) }
