package api

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// maxHex bounds a body that is checked in hexadecimal: 64 KiB.
const maxHex = 64 << 10

// judgeOther judges the subjects beside those that most plans use.
func (a *attempt) judgeOther(c spec.Check, in *response) []executors.Check {
	switch {
	case c.Bytes != nil:
		if len(in.body) > maxHex {
			return []executors.Check{failedCheck("bytes", "a body of at most 64 KiB", fmt.Sprintf("%d bytes", len(in.body)),
				fmt.Sprintf("bytes cannot be checked: the body has %d bytes, more than %d; check its sha256", len(in.body), maxHex))}
		}
		return a.verdicts("bytes", *c.Bytes, spec.TextActual(hex.EncodeToString(in.body)))
	case c.SHA256 != nil:
		return a.verdicts("sha256", *c.SHA256, spec.TextActual(in.sha256()))
	case c.MD5 != nil:
		return a.verdicts("md5", *c.MD5, spec.TextActual(in.md5()))
	case c.Size != nil:
		return a.verdicts("size", *c.Size, spec.NumberActual(int(in.size())))
	case c.GRPCStatus != nil && in.grpc != nil:
		return a.verdicts("grpcStatus", *c.GRPCStatus, spec.TextActual(statusName(in.grpc.Code())))
	case c.Timing != nil:
		return a.timing(*c.Timing, in)
	case c.Redirects != nil:
		return a.redirects(*c.Redirects, in)
	case c.Certificate != nil:
		return a.certificate(*c.Certificate, in)
	}
	return []executors.Check{failedCheck("check", "a subject", "nothing",
		"the check has no subject: give it status, header, body, jsonpath or another one")}
}

func (a *attempt) cookie(name string, m spec.Matcher, in *response) []executors.Check {
	actual := spec.NoActual()
	if value, err := in.cookie(name); err == nil {
		actual = spec.TextActual(value)
	}
	checks := a.verdicts("cookie "+name, m, actual)
	if actual.Exists {
		hide(checks, "cookie")
	}
	return checks
}

// cookie is the value of a cookie that is held after the answer.
func (r *response) cookie(name string) (string, error) {
	for _, c := range r.cookies {
		if c.Name == name && c.MaxAge >= 0 {
			return c.Value, nil
		}
	}
	return "", errors.New("no such cookie is held")
}

func (a *attempt) regex(expression string, m spec.Matcher, in *response) []executors.Check {
	subject := "regex " + expression
	if _, err := regexp.Compile(expression); err != nil {
		return []executors.Check{failedCheck(subject, "a regular expression", "not checked", fmt.Sprintf("%s is wrong: %s", subject, cause(err)))}
	}
	actual := spec.NoActual()
	if found, err := takeRegex(expression, in.body); err == nil {
		actual = spec.TextActual(found.(string))
	}
	return a.verdicts(subject, m, actual)
}

func (a *attempt) timing(t spec.Timing, in *response) []executors.Check {
	var checks []executors.Check
	for _, p := range []struct {
		name string
		m    *spec.Matcher
		took time.Duration
	}{
		{"dns", t.DNS, in.timings.dns}, {"connect", t.Connect, in.timings.connect}, {"tls", t.TLS, in.timings.tls},
		{"firstByte", t.FirstByte, in.timings.firstByte}, {"total", t.Total, in.timings.total},
	} {
		if p.m != nil {
			checks = append(checks, a.verdicts("timing "+p.name, *p.m, spec.DurationActual(p.took))...)
		}
	}
	return checks
}

func (a *attempt) redirects(r spec.Redirects, in *response) []executors.Check {
	var checks []executors.Check
	if r.Count != nil {
		checks = a.verdicts("redirects", *r.Count, spec.NumberActual(len(in.hops)))
	}
	if r.Through == nil {
		return checks
	}
	want := make([]any, len(r.Through))
	for i, ref := range r.Through {
		address, err := a.task.Scope.ResolveURL(ref)
		if err != nil {
			return append(checks, failedCheck("redirects go through "+ref, "an address", "not checked", err.Error()))
		}
		want[i] = address
	}
	got := make([]any, len(in.hops))
	for i, hop := range in.hops {
		got[i] = hop
	}
	return append(checks, a.verdicts("redirects go through", spec.Matcher{Equals: &spec.Value{V: want}}, spec.JSONActual(got))...)
}

func (a *attempt) certificate(c spec.Certificate, in *response) []executors.Check {
	if in.certificate == nil {
		return []executors.Check{failedCheck("certificate", "a certificate", "nothing", "the answer did not come over TLS, so there is no certificate")}
	}
	var checks []executors.Check
	if c.ValidFor != "" {
		checks = append(checks, validFor(c.ValidFor, in.certificate))
	}
	if c.Subject != nil {
		checks = append(checks, a.verdicts("certificate subject", *c.Subject, spec.TextActual(in.certificate.Subject.CommonName))...)
	}
	if c.Issuer != nil {
		checks = append(checks, a.verdicts("certificate issuer", *c.Issuer, spec.TextActual(in.certificate.Issuer.CommonName))...)
	}
	if c.DNSName != "" {
		names := strings.Join(in.certificate.DNSNames[:min(len(in.certificate.DNSNames), 20)], ", ")
		one := executors.Check{Name: "certificate is valid for " + c.DNSName, Expected: c.DNSName, Actual: names,
			Passed: in.certificate.VerifyHostname(c.DNSName) == nil}
		if !one.Passed {
			one.Message = oneLine(fmt.Sprintf("the certificate should be valid for %s, but is for %s", c.DNSName, excerpt.Of(names, maxCause)))
		}
		checks = append(checks, one)
	}
	if len(checks) == 0 {
		checks = append(checks, executors.Check{Name: "certificate exists", Passed: true, Expected: "a certificate", Actual: in.certificate.Subject.CommonName})
	}
	return checks
}

func validFor(text string, cert *x509.Certificate) executors.Check {
	name := "certificate valid for " + text
	least, err := spec.ParseDays(text)
	if err != nil {
		return failedCheck(name, "a time such as 30d", text, fmt.Sprintf("the time %s is %s", text, err))
	}
	left := time.Until(cert.NotAfter)
	c := executors.Check{Name: name, Expected: ">= " + text, Actual: "until " + cert.NotAfter.UTC().Format(time.RFC3339), Passed: left >= least}
	if !c.Passed {
		c.Message = fmt.Sprintf("the certificate should be valid for %s yet, but ends on %s", text, cert.NotAfter.UTC().Format(time.RFC3339))
	}
	return c
}

// normalJSON prints a value so that two of them can be compared line by line.
func normalJSON(v any) string {
	var b strings.Builder
	writeJSON(&b, v, "")
	return b.String()
}

func writeJSON(b *strings.Builder, v any, indent string) {
	const more = "  "
	if b.Len() > maxDiffed {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteString("{\n")
		for i, k := range sorted(v) {
			if i > 0 {
				b.WriteString(",\n")
			}
			b.WriteString(indent + more + jsonText(k) + ": ")
			writeJSON(b, v[k], indent+more)
		}
		b.WriteString("\n" + indent + "}")
	case []any:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteString("[\n")
		for i, e := range slices.All(v) {
			if i > 0 {
				b.WriteString(",\n")
			}
			b.WriteString(indent + more)
			writeJSON(b, e, indent+more)
		}
		b.WriteString("\n" + indent + "]")
	default:
		b.WriteString(jsonText(v))
	}
}
