package shop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/examples/shop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open serves a shop whose payments take no time, for as long as the test.
func open(t *testing.T, opts ...shop.Option) string {
	t.Helper()
	s := shop.New(append([]shop.Option{shop.WithPaymentDelay(0)}, opts...)...)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server.URL
}

// visitor is one browser: it keeps cookies and does not follow redirects.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &visitor{t, base, &http.Client{
		Transport: tr, Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any // nil unless the body is JSON
}

// send sends a request with headers given as pairs. A body that is a string
// is sent as it is, anything else as JSON. Every JSON answer is held against
// the OpenAPI document.
func (v *visitor) send(method, path string, body any, headers ...string) answer {
	v.t.Helper()
	req := v.request(method, path, body, headers...)
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: data}
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(data, &a.json); err != nil {
			v.t.Fatalf("%s %s answered invalid JSON: %v", method, path, err)
		}
		v.checkContract(method, req.URL.Path, a)
	}
	return a
}

func (v *visitor) request(method, path string, body any, headers ...string) *http.Request {
	v.t.Helper()
	var reader io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			v.t.Fatal(err)
		}
		reader, contentType = bytes.NewReader(data), "application/json"
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, reader)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

// want fails unless the status is as asked for, and returns the JSON.
func (v *visitor) want(status int, method, path string, body any, headers ...string) map[string]any {
	v.t.Helper()
	a := v.send(method, path, body, headers...)
	if a.status != status {
		v.t.Fatalf("%s %s answered %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a.json
}

// page returns the text of a page.
func (v *visitor) page(status int, path string, headers ...string) string {
	v.t.Helper()
	a := v.send("GET", path, nil, append([]string{"Accept", "text/html"}, headers...)...)
	if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		v.t.Fatalf("GET %s answered %d %s, want a page with %d: %.300s", path, a.status, a.header.Get("Content-Type"), status, a.body)
	}
	return string(a.body)
}

// byID returns the text of the element with that id.
func byID(page, id string) string {
	m := regexp.MustCompile(`id="` + id + `"[^>]*>([^<]*)<`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

// fields lists the fields that a problem names.
func fields(problem map[string]any) []string {
	var out []string
	list, _ := problem["errors"].([]any)
	for _, e := range list {
		out = append(out, e.(map[string]any)["field"].(string))
	}
	return out
}

func orderOf(sku string, quantity int) map[string]any {
	return map[string]any{"items": []any{map[string]any{"sku": sku, "quantity": quantity}}, "customer": ada()}
}

func ada() map[string]any {
	return map[string]any{"name": "Ada Lovelace", "email": "ada@example.com", "country": "DE"}
}

const openAPIURL = "https://shop.test/openapi.json"

var loadContract = sync.OnceValues(func() (map[string]any, error) {
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	var doc any
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return out.(map[string]any), nil
})

// checkContract holds a JSON answer of a documented path against its schema.
func (v *visitor) checkContract(method, path string, a answer) {
	v.t.Helper()
	doc, err := loadContract()
	if err != nil {
		v.t.Fatal(err)
	}
	for template, item := range doc["paths"].(map[string]any) {
		operation, ok := item.(map[string]any)[strings.ToLower(method)]
		if !ok || !matchesTemplate(template, path) {
			continue
		}
		status := fmt.Sprint(a.status)
		response, ok := operation.(map[string]any)["responses"].(map[string]any)[status]
		if !ok {
			v.t.Errorf("%s %s answered %s, which openapi.yaml does not name", method, template, status)
			return
		}
		where := "#/paths/" + escapePointer(template) + "/" + strings.ToLower(method) + "/responses/" + status
		if ref, ok := response.(map[string]any)["$ref"].(string); ok {
			where = ref
		}
		mediaType, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
		schema, err := compile(doc, where+"/content/"+escapePointer(mediaType)+"/schema")
		if err != nil {
			v.t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			v.t.Errorf("%s %s answered %s against openapi.yaml: %v\n%s", method, path, status, err, a.body)
		}
		return
	}
}

func compile(doc map[string]any, pointer string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(openAPIURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(openAPIURL + pointer)
}

func matchesTemplate(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(want[i], "{") && want[i] != got[i] {
			return false
		}
	}
	return true
}

func escapePointer(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(s)
}
