package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// findingFormat names the form of a finding's file.
const findingFormat = "semantest-finding/1"

// Finding is a check that did not pass, with all that is needed to send its
// requests again: the file that `semantest run --replay` reads.
type Finding struct {
	Format      string `json:"format"`
	Fingerprint string `json:"fingerprint"` // the same in every run that finds it
	Operation   string `json:"operation"`   // method and path
	Check       string `json:"check"`
	What        string `json:"what"` // what is special about the request
	Message     string `json:"message"`
	Expected    string `json:"expected"`
	Actual      string `json:"actual"`
	Known       bool   `json:"known,omitempty"`    // the baseline lists it
	Unsteady    bool   `json:"unsteady,omitempty"` // it was not there when the request was sent again
	Times       int    `json:"times"`              // requests that showed it
	Curl        string `json:"curl"`

	Seed     int               `json:"seed"`
	BaseURL  string            `json:"baseUrl"`
	Headers  map[string]string `json:"headers,omitempty"` // as the plan writes them, variables unfilled
	Auth     map[string]string `json:"auth,omitempty"`    // the same
	UseAuth  *spec.Auth        `json:"useAuth,omitempty"` // the plan's use.auth, the same
	UseTLS   *spec.TLS         `json:"useTls,omitempty"`  // without a private key
	Purpose  purpose           `json:"purpose"`
	Differs  string            `json:"differs"`
	Requests []*Request        `json:"requests"` // the last one is judged
	Document object            `json:"document"` // the part of the document that judges it
}

// fingerprint does not depend on values: it is the same while the operation,
// the check and what differs are.
func fingerprint(op *operation, v violation) string {
	sum := sha256.Sum256([]byte(op.title() + "\x00" + v.check + "\x00" + v.differs))
	return hex.EncodeToString(sum[:8])
}

// excerptFor takes the part of the document that an operation needs, with
// everything that it refers to.
func (d *document) excerptFor(op *operation) object {
	switch {
	case op.field != nil:
		return object{excerptKey: d.graph.Excerpt(op.field)}
	case op.graph != nil:
		return object{excerptKey: "type Query { none: String }"}
	}
	item := asObject(asObject(d.root["paths"])[op.path])
	part := object{
		"openapi": "3.1.0",
		"info":    d.root["info"],
		"paths":   object{op.path: item},
	}
	for _, key := range []string{"security", "servers"} {
		if v, ok := d.root[key]; ok {
			part[key] = v
		}
	}
	if schemes := asObject(d.root["components"])["securitySchemes"]; schemes != nil {
		part["components"] = object{"securitySchemes": schemes}
	}
	seen := map[string]bool{}
	var follow func(v any)
	follow = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok && !seen[ref] {
				seen[ref] = true
				if target, found := at(d.root, strings.TrimPrefix(ref, "#")); found {
					place(part, strings.TrimPrefix(ref, "#/"), target)
					follow(target)
				}
			}
			for _, k := range sorted(v) {
				follow(v[k])
			}
		case []any:
			for _, e := range v {
				follow(e)
			}
		}
	}
	follow(item)
	return part
}

// place puts a value at a pointer, making the objects above it. The objects of
// the document itself are never written to.
func place(root object, pointer string, v any) {
	parts := strings.Split(pointer, "/")
	o := root
	for _, p := range parts[:len(parts)-1] {
		p = unescape(p)
		next, ok := o[p].(object)
		if !ok {
			next = object{}
		} else {
			copied := make(object, len(next)+1)
			for k, e := range next {
				copied[k] = e
			}
			next = copied
		}
		o[p] = next
		o = next
	}
	if last := unescape(parts[len(parts)-1]); o[last] == nil {
		o[last] = v
	}
}

// curl writes a request as a command. Credentials are named, never shown.
func (c *client) curl(r *Request) string {
	var b strings.Builder
	b.WriteString("curl -i")
	if r.Method != http.MethodGet {
		b.WriteString(" -X " + quote(r.Method))
	}
	address := strings.TrimRight(c.base.String(), "/") + r.Path
	if r.Query != "" {
		address += "?" + r.Query
	}
	b.WriteString(" " + quote(address))
	for _, name := range sorted(c.headers) {
		if _, own := r.Headers[name]; !own {
			fmt.Fprintf(&b, " -H %s", quote(name+": "+visible(name, c.headers[name])))
		}
	}
	for _, name := range sorted(r.Headers) {
		fmt.Fprintf(&b, " -H %s", quote(name+": "+visible(name, r.Headers[name])))
	}
	if r.Auth == authGiven && c.plan != nil && c.plan.HMAC == nil {
		fmt.Fprintf(&b, " -H %s", quote("Authorization: ***"))
	}
	if r.Auth == authGiven && len(c.auth) > 0 {
		for _, cr := range c.auth {
			if cr.secret != "" && cr.scheme.in != "query" {
				name := cr.scheme.name
				if cr.scheme.kind != "apiKey" {
					name = "Authorization"
				}
				fmt.Fprintf(&b, " -H %s", quote(name+": ***"))
			}
		}
	}
	switch {
	case r.Base64:
		return "printf %s " + quote(r.Body) + " | base64 -d | " + b.String() + " --data-binary @-"
	case r.Body != "":
		b.WriteString(" --data-raw " + quote(r.Body))
	}
	return b.String()
}

// visible hides the values of headers that say who somebody is.
func visible(name, value string) string {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "x-api-key", "x-auth-token":
		return "***"
	}
	return value
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
