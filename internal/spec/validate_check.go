package spec

import (
	"fmt"

	"github.com/antchfx/xpath"
)

// besides are the subjects that matchers stand beside, with what kind of value
// these judge.
var besides = map[string]string{"header": matchHeader, "cookie": matchHeader, "jsonpath": matchAny, "xpath": matchAny, "regex": matchHeader}

// alone are the subjects that say everything themselves.
var alone = []string{"status", "body", "bytes", "sha256", "md5", "size", "duration", "protocol", "grpcStatus", "schema", "snapshot", "timing", "redirects", "certificate"}

func (v *validator) check(c *Check) {
	at := v.at(c)
	v.jsonpath(v.places[&c.JSONPath], c.JSONPath)
	v.xpath(v.places[&c.XPath], c.XPath)
	v.regex(v.places[&c.Regex], c.Regex)
	v.matcherOf(c.Status, matchStatus, "status")
	v.matcherOf(c.Body, matchText, "body")
	v.matcherOf(c.Bytes, matchText, "bytes")
	v.matcherOf(c.SHA256, matchText, "sha256")
	v.matcherOf(c.MD5, matchText, "md5")
	v.matcherOf(c.Size, matchNumber, "size")
	v.matcherOf(c.Duration, matchDuration, "duration")
	v.matcherOf(c.GRPCStatus, matchText, "grpcStatus")
	v.matcherOf(c.Protocol, matchText, "protocol")
	v.parts(c)
	if c.Schema != nil {
		v.schemaOf(c.Schema)
	}
	if k := at.get("strict"); k != nil && c.Schema == nil {
		v.report(k.onKey(), `"strict" goes with "schema"`)
	}
	for key, kind := range besides {
		if at.get(key) != nil {
			v.matcherAt(at, &c.Matcher, kind, key)
			return
		}
	}
	v.noMatcher(at, subjectOf(at, alone...))
}

// parts checks the subjects that have parts of their own.
func (v *validator) parts(c *Check) {
	if t := c.Timing; t != nil {
		for _, p := range []struct {
			name string
			m    *Matcher
		}{{"dns", t.DNS}, {"connect", t.Connect}, {"tls", t.TLS}, {"firstByte", t.FirstByte}, {"total", t.Total}} {
			v.matcherOf(p.m, matchDuration, p.name)
		}
	}
	if r := c.Redirects; r != nil {
		v.matcherOf(r.Count, matchNumber, "count")
	}
	if k := c.Certificate; k != nil {
		v.matcherOf(k.Subject, matchText, "subject")
		v.matcherOf(k.Issuer, matchText, "issuer")
	}
	if s := c.Snapshot; s != nil {
		if v.sound(&s.File) {
			v.file(v.at(&s.File), s.File)
		}
		for i := range s.Ignore {
			v.jsonpath(v.places[&s.Ignore[i]], s.Ignore[i])
		}
		for _, path := range sortedKeys(s.Fields) {
			if at := v.places[entry{&s.Fields, path}]; at != nil {
				v.jsonpath(at.onKey(), path)
				m := s.Fields[path]
				v.matcherAt(at, &m, matchAny, "the field")
				s.Fields[path] = m
			}
		}
	}
}

// xpath checks an expression that holds no variable.
func (v *validator) xpath(at *place, expression string) {
	if at == nil || at.bad || expression == "" || hasReference(expression) {
		return
	}
	if _, err := CompileXPath(expression); err != nil {
		v.report(at, "%s is not an XPath expression: %s", brief(expression), bound(err.Error()))
	}
}

// CompileXPath reads an XPath 1.0 expression.
func CompileXPath(expression string) (expr *xpath.Expr, err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on some that are wrong
			expr, err = nil, fmt.Errorf("%v", p)
		}
	}()
	return xpath.Compile(expression)
}
