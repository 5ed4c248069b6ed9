package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/internal/spec"
)

const page = `<!doctype html><html><head><title>Shop</title></head><body>
<h1 class="a"> Tea </h1><ul><li>Earl</li><li>Green</li></ul><form><input name="csrf" value="x1"></form></body></html>`

// answers serves a page of each kind.
func answers(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/html":
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "very-private", Path: "/"})
		_, _ = io.WriteString(w, page)
	case "/xml":
		w.Header().Set("Content-Type", "application/atom+xml")
		_, _ = io.WriteString(w, `<feed xmlns:x="urn:x"><entry id="1"><title>One</title></entry><entry id="2"><title>Two</title></entry></feed>`)
	case "/brokenxml":
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, `<feed><entry></feed>`)
	case "/deep":
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, strings.Repeat("<a>", 100_000)+strings.Repeat("</a>", 100_000))
	case "/laughs":
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>`)
	case "/json":
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"ord_77","state":"PAID","items":[{"sku":"A1","at":"2026-11-22"},{"sku":"B2","at":"2026-11-23"}],"note":"a long text that is shown by a difference of lines"}`)
	case "/png":
		_, _ = w.Write([]byte{0x89, 'P', 'N', 'G'})
	case "/from":
		http.Redirect(w, r, "/via", http.StatusFound)
	case "/via":
		http.Redirect(w, r, "/html", http.StatusFound)
	case "/large":
		_, _ = w.Write(make([]byte, 100_000))
	}
}

func TestChecksOfAnswers(t *testing.T) {
	t.Parallel()
	plain := serve(t, answers)
	tls := httptest.NewUnstartedServer(http.HandlerFunc(answers))
	tls.EnableHTTP2 = true
	tls.StartTLS()
	t.Cleanup(tls.Close)
	files := fstest.MapFS{
		"same.json":  {Data: []byte(`{"state":"PAID","id":"ord_1","items":[{"at":"2025-01-01","sku":"A1"},{"at":"x","sku":"B2"}],"note":"a long text that is shown by a difference of lines"}`)},
		"other.json": {Data: []byte(`{"state":"OPEN","id":"ord_77","items":[],"note":""}`)},
		"page.html":  {Data: []byte(page)},
		"empty.html": {Data: []byte("")},
		"order.json": {Data: []byte(`{"allOf":[{"$ref":"#/$defs/base"}],"properties":{"items":{"items":{"properties":{"sku":{}}}},"note":true},"$defs":{"base":{"properties":{"id":{"type":"string"},"state":{}}}}}`)},
		"whole.json": {Data: []byte(`{"allOf":[{"$ref":"#/$defs/base"}],"properties":{"items":{"items":{"properties":{"sku":{},"at":{}}}},"note":true},"$defs":{"base":{"properties":{"id":{"type":"string"},"state":{}}}}}`)},
		"few.json":   {Data: []byte(`{"properties":{"id":{}}}`)},
		"free.json":  {Data: []byte(`{"properties":{"id":{}},"additionalProperties":true}`)},
		"old.json":   {Data: []byte(`{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"id":{}}}`)},
	}
	const h1, tlsOnly = false, true
	tests := []struct {
		name   string
		secure bool
		url    string
		check  string
		err    string
	}{
		{"xpath", h1, "/html", `{xpath: //h1, equals: Tea}`, ""},
		{"xpath exists", h1, "/html", `{xpath: "//h1[@class='a']"}`, ""},
		{"xpath of nothing", h1, "/html", `{xpath: //h2}`, "xpath //h2 should exist, but there is no such value"},
		{"xpath absent as asked", h1, "/html", `{xpath: //h2, exists: false}`, ""},
		{"xpath of several", h1, "/html", `{xpath: //li, equals: [Earl, Green]}`, ""},
		{"xpath of several contains", h1, "/html", `{xpath: //li, contains: Green}`, ""},
		{"xpath of several has a length", h1, "/html", `{xpath: //li, length: 2}`, ""},
		{"xpath attribute", h1, "/html", `{xpath: "//input[@name='csrf']/@value", equals: x1}`, ""},
		{"xpath count", h1, "/html", `{xpath: count(//li), equals: 2}`, ""},
		{"xpath text", h1, "/html", `{xpath: string(//title), equals: Shop}`, ""},
		{"xpath boolean", h1, "/html", `{xpath: "boolean(//h2)", equals: false}`, ""},
		{"xpath differs", h1, "/html", `{xpath: //h1, equals: Coffee}`, `xpath //h1 should equal "Coffee", but is "Tea"`},
		{"xpath of XML", h1, "/xml", `{xpath: /feed/entry/@id, equals: ["1", "2"]}`, ""},
		{"xpath of broken XML", h1, "/brokenxml", `{xpath: /feed}`, "cannot be read: the body is not XML"},
		{"xpath of deep XML", h1, "/deep", `{xpath: //a}`, "nested deeper than 1000"},
		{"xpath of a million laughs", h1, "/laughs", `{xpath: /l}`, "the body is not XML"},
		{"xpath that is too costly", h1, "/html", `{xpath: "//li[//li[//li[//li[//li[//li]]]]]"}`, "too costly"},
		{"cookie", h1, "/html", `{cookie: sid, equals: very-private}`, ""},
		{"cookie differs", h1, "/html", `{cookie: sid, equals: other}`, "the value of this cookie is not shown"},
		{"no cookie", h1, "/html", `{cookie: sid2}`, "cookie sid2 should exist"},
		{"regex", h1, "/html", `{regex: "<li>(E[a-z]+)", equals: Earl}`, ""},
		{"regex of nothing", h1, "/html", `{regex: "<li>(X)"}`, "should exist"},
		{"bytes", h1, "/png", `{bytes: 89504e47}`, ""},
		{"bytes differ", h1, "/png", `{bytes: {matches: "^ff"}}`, "bytes should match ^ff"},
		{"bytes of a large body", h1, "/large", `{bytes: {matches: "^ff"}}`, "check its sha256"},
		{"sha256", h1, "/png", `{sha256: 0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543}`, ""},
		{"md5", h1, "/png", `{md5: "00"}`, "md5 should equal"},
		{"size", h1, "/png", `{size: 4}`, ""},
		{"size differs", h1, "/png", `{size: {gt: 4}}`, "size should be greater than 4, but is 4"},
		{"timing", h1, "/png", `{timing: {dns: 10s, connect: 10s, tls: 10s, firstByte: 10s, total: 10s}}`, ""},
		{"too slow", h1, "/png", `{timing: {total: {gt: 1h}}}`, "timing total should be greater than 1h"},
		{"redirects", h1, "/from", `{redirects: {count: 2, through: [/via, /html]}}`, ""},
		{"redirects by number", h1, "/from", `{redirects: 1}`, "redirects should equal 1, but is 2"},
		{"redirects go elsewhere", h1, "/from", `{redirects: {through: [/html]}}`, "redirects go through should equal"},
		{"protocol", h1, "/png", `{protocol: HTTP/1.1}`, ""},
		{"HTTP/2", tlsOnly, "/png", `{protocol: HTTP/2.0}`, ""},
		{"certificate", tlsOnly, "/png", `{certificate: {validFor: 30d, dnsName: example.com, issuer: {matches: "^.*$"}}}`, ""},
		{"certificate ends", tlsOnly, "/png", `{certificate: {validFor: 36500d}}`, "the certificate should be valid for 36500d yet, but ends on 20"},
		{"certificate of another", tlsOnly, "/png", `{certificate: {dnsName: shop.test}}`, "the certificate should be valid for shop.test, but is for example.com"},
		{"no certificate", h1, "/png", `{certificate: {validFor: 1d}}`, "did not come over TLS"},
		{"strict", h1, "/json", `{schema: file://whole.json, strict: true}`, ""},
		{"strict within a list", h1, "/json", `{schema: file://order.json, strict: true}`, "at /items/0/at: the schema has no place for it (and 1 more)"},
		{"not strict", h1, "/json", `{schema: file://few.json}`, ""},
		{"strict refuses", h1, "/json", `{schema: file://few.json, strict: true}`, "the body does not match the schema few.json"},
		{"strict leaves what is free", h1, "/json", `{schema: file://free.json, strict: true}`, ""},
		{"strict of an old draft", h1, "/json", `{schema: file://old.json, strict: true}`, "strict needs a schema of draft 2019-09 or 2020-12"},
		{"snapshot", h1, "/json", `{snapshot: {file: file://same.json, ignore: ["$.items[*].at"], fields: {$.id: {matches: ^ord_}}}}`, ""},
		{"snapshot differs", h1, "/json", `{snapshot: file://same.json}`, "the body is not as the snapshot same.json has kept it"},
		{"snapshot differs in fields", h1, "/json", `{snapshot: {file: file://same.json, ignore: ["$..at"], fields: {$.id: {matches: ^inv_}}}}`, "jsonpath $.id should match ^inv_"},
		{"snapshot of text", h1, "/html", `{snapshot: file://page.html}`, ""},
		{"snapshot of other text", h1, "/html", `{snapshot: file://empty.html}`, "the body is not as the snapshot empty.html has kept it"},
		{"snapshot without fields", h1, "/html", `{snapshot: {file: file://page.html, ignore: [$.a]}}`, "cannot be compared: the body is not JSON"},
		{"snapshot that is missing", h1, "/html", `{snapshot: file://none.html}`, "there is no file none.html beside the plan"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			base := plain.URL
			if tt.secure {
				base = tls.URL
			}
			r := perform(t, newExecutor(t, trusting(tls)), planTask(t, base, "- {http: "+tt.url+", check: ["+tt.check+"]}", files))
			if (tt.err == "") != (r.err == nil) || !strings.Contains(r.text(), tt.err) {
				t.Errorf("error %q, want %q", r.text(), tt.err)
			}
		})
	}
}

// TestDifferences shows long values line by line, without secrets, and keeps the
// body in the form of a snapshot.
func TestDifferences(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"b":1,"a":{"token":"`+r.Header.Get("X-Token")+`","list":[1,2]}}`)
	})
	files := fstest.MapFS{"kept.json": {Data: []byte(`{"a":{"list":[1,3],"token":"t"},"b":1}`)}}
	r := run(t, server.URL, `
- http: {url: /, headers: {X-Token: "${{ TOKEN }}"}}
  check: [{snapshot: file://kept.json}, {jsonpath: $.a, equals: {list: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], token: "a long text with which this is longer than a line"}}]`, files)
	if r.outcome != spec.OutcomeFailed {
		t.Fatalf("%s: %v", r.outcome, r.err)
	}
	diffs, _ := r.Steps()[0].Detail["diffs"].([]any)
	if len(diffs) != 2 {
		t.Fatalf("%d differences: %v", len(diffs), diffs)
	}
	var text string
	for _, d := range diffs {
		text += d.(map[string]any)["diff"].(string)
	}
	for _, want := range []string{"--- expected\n+++ actual\n", "-      3\n+      2\n", "-    \"token\": \"t\"\n+    \"token\": \"***\"\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(r.Text(), "t0ken-Of-ada") {
		t.Error("the secret shows")
	}
	found := false
	for _, a := range r.Attachments() {
		if a.Name == "step-1-snapshot-kept.json" {
			found = strings.HasPrefix(string(a.Data), "{\n  \"a\": {\n    \"list\": [\n      1,\n      2\n    ],")
		}
	}
	if !found {
		t.Error("the new body was not kept")
	}
}
