package contract

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// violation is a check that an answer did not pass; without a check it says
// what could not be judged.
type violation struct {
	check    string
	differs  string // what tells it from other findings of the check
	expected string
	actual   string
	message  string
}

// judge looks at the answer of a call with every check that its purpose allows.
func judge(ctx context.Context, op *operation, why purpose, what string, r *Request, a *answer) []violation {
	j := &judgement{ctx: ctx, op: op, a: a}
	j.serverError()
	if a.broken != "" {
		return j.found
	}
	switch {
	case why == otherMethod:
		j.method(r.Method)
		return j.found
	case op.graph != nil:
		j.graph(why, what, r)
		return j.found
	}
	switch why {
	case unknownPath:
		return j.found
	case withoutAuth:
		j.auth(r.Auth)
	case withoutHeader:
		j.refused(spec.MissingRequiredHeader, what, "a request without it is refused")
	case negative:
		j.refused(spec.NegativeDataRejection, what, "data that is not valid is refused")
	case positive:
		j.accepted()
	case afterCreate:
		j.available()
	case afterDelete:
		j.gone()
	}
	j.conformance(r.Method)
	return j.found
}

type judgement struct {
	ctx   context.Context
	op    *operation
	a     *answer
	found []violation
}

func (j *judgement) add(v violation) { j.found = append(j.found, v) }

func (j *judgement) status() string { return strconv.Itoa(j.a.status) }

func (j *judgement) serverError() {
	switch {
	case j.a.broken != "":
		j.add(violation{check: spec.NotAServerError, differs: "no answer", expected: "an answer", actual: j.a.broken, message: j.a.broken})
	case j.a.status >= 500:
		j.add(violation{check: spec.NotAServerError, differs: j.status(), expected: "a status below 500", actual: j.status(),
			message: "the server answered " + j.status() + " " + http.StatusText(j.a.status)})
	}
}

func (j *judgement) method(method string) {
	if j.a.status == http.StatusMethodNotAllowed || j.a.status == http.StatusNotImplemented || j.a.status >= 500 ||
		j.a.status == http.StatusUnauthorized || j.a.status == http.StatusForbidden {
		return
	}
	j.add(violation{check: spec.UnsupportedMethod, differs: method, expected: "405", actual: j.status(),
		message: fmt.Sprintf("the document has no method %s here, and it was answered with %d instead of 405", method, j.a.status)})
}

func (j *judgement) auth(how string) {
	if j.a.status/100 != 2 {
		return
	}
	with := map[string]string{authNone: "without credentials", authWrong: "with wrong credentials"}[how]
	j.add(violation{check: spec.IgnoredAuth, differs: how, expected: "401 or 403", actual: j.status(),
		message: fmt.Sprintf("a request %s was answered with %d although the operation asks who is there", with, j.a.status)})
}

func (j *judgement) refused(check, what, rule string) {
	if j.a.status/100 == 2 {
		j.add(violation{check: check, differs: what, expected: "a status of 4xx", actual: j.status(),
			message: fmt.Sprintf("%s, but this was answered with %d: %s", rule, j.a.status, what)})
	}
}

// accepted refuses what says that the data is wrong. That nothing is found, that
// somebody must sign in, or that the state does not allow it is no matter of data.
func (j *judgement) accepted() {
	if slices.Contains([]int{400, 405, 406, 411, 413, 414, 415, 416, 417, 422, 501}, j.a.status) {
		j.add(violation{check: spec.PositiveDataAcceptance, differs: j.status(), expected: "the request is accepted", actual: j.status(),
			message: fmt.Sprintf("data that is valid by the document was refused with %d%s", j.a.status, j.quote())})
	}
}

func (j *judgement) quote() string {
	if len(j.a.body) == 0 {
		return ""
	}
	return ": " + excerpt.Of(oneLine(strings.ToValidUTF8(string(j.a.body), "?")), 200)
}

func (j *judgement) available() {
	if j.a.status == http.StatusNotFound || j.a.status == http.StatusGone {
		j.add(violation{check: spec.EnsureResourceAvailability, differs: j.status(), expected: "2xx", actual: j.status(),
			message: fmt.Sprintf("what was just created was answered with %d", j.a.status)})
	}
}

func (j *judgement) gone() {
	if j.a.status/100 == 2 {
		j.add(violation{check: spec.UseAfterFree, differs: j.op.title(), expected: "404 or 410", actual: j.status(),
			message: fmt.Sprintf("what was just deleted was answered with %d", j.a.status)})
	}
}

// conformance compares the answer with what the document says of its status.
func (j *judgement) conformance(method string) {
	r := j.op.response(j.a.status)
	if r == nil {
		j.add(violation{check: spec.StatusCodeConformance, differs: j.status(),
			expected: "one of " + strings.Join(sorted(j.op.responses), ", "), actual: j.status(),
			message: fmt.Sprintf("the status %d is not documented", j.a.status)})
		return
	}
	j.headers(r)
	if method == http.MethodHead || j.a.status == http.StatusNoContent || j.a.status == http.StatusNotModified {
		return
	}
	j.content(r)
}

func (o *operation) response(status int) *response {
	code := strconv.Itoa(status)
	for _, key := range []string{code, code[:1] + "XX", "DEFAULT"} {
		if r := o.responses[key]; r != nil {
			return r
		}
	}
	return nil
}

func (j *judgement) content(r *response) {
	if len(r.content) == 0 {
		return
	}
	sent := j.a.header.Get("Content-Type")
	got, _, err := mime.ParseMediaType(sent)
	documented, s := "", (*schema)(nil)
	if err == nil {
		for _, ct := range sorted(r.content) {
			if covers(ct, got) && (documented == "" || strings.Contains(documented, "*")) {
				documented, s = ct, r.content[ct]
			}
		}
	}
	if documented == "" {
		actual := sent
		if sent == "" {
			actual = "no Content-Type"
		}
		j.add(violation{check: spec.ContentTypeConformance, differs: j.status() + " " + got, expected: "one of " + strings.Join(sorted(r.content), ", "),
			actual: excerpt.Of(actual, 200), message: fmt.Sprintf("the media type %q is not documented for %d", excerpt.Of(actual, 100), j.a.status)})
		return
	}
	if !isJSON(got) || s == nil {
		return
	}
	v, ok := j.a.json()
	if !ok {
		j.add(violation{check: spec.ResponseSchemaConformance, differs: j.status() + " not JSON", expected: "JSON",
			actual: excerpt.Of(oneLine(strings.ToValidUTF8(string(j.a.body), "?")), 200), message: "the body is not JSON, although its media type says so"})
		return
	}
	j.schema(spec.ResponseSchemaConformance, "the body", s, v)
}

// covers reports whether a documented media type, which may have a *, fits.
func covers(documented, got string) bool {
	d, _, err := mime.ParseMediaType(documented)
	if err != nil {
		d = strings.ToLower(documented)
	}
	if d == got || d == "*/*" {
		return true
	}
	prefix, wild := strings.CutSuffix(d, "*")
	return wild && strings.HasPrefix(got, prefix)
}

func (j *judgement) schema(check, subject string, s *schema, v any) {
	err := s.check(j.ctx, v)
	d, ok := errors.AsType[*deviation](err)
	if !ok {
		if err != nil && j.ctx.Err() == nil {
			j.add(violation{message: fmt.Sprintf("%s of the answer %d was not judged: %s", subject, j.a.status, err)})
		}
		return
	}
	j.add(violation{check: check, differs: fmt.Sprintf("%s %s %s %s", j.status(), subject, d.place, d.rule), expected: "valid by the schema",
		actual: d.Error(), message: fmt.Sprintf("%s of the answer %d does not match its schema %s", subject, j.a.status, d.Error())})
}

func (j *judgement) headers(r *response) {
	for _, name := range sorted(r.headers) {
		rule := r.headers[name]
		values := j.a.header.Values(name)
		switch {
		case strings.EqualFold(name, "Content-Type"):
		case len(values) == 0 && rule.required:
			j.add(violation{check: spec.ResponseHeadersConformance, differs: j.status() + " without " + strings.ToLower(name), expected: "the header " + name,
				actual: "no such header", message: fmt.Sprintf("the answer %d lacks the required header %s", j.a.status, name)})
		case len(values) > 0 && rule.schema != nil:
			j.schema(spec.ResponseHeadersConformance, "the header "+name, rule.schema, rule.schema.read(strings.Join(values, ", ")))
		}
	}
}

// read takes text as the type that a schema asks for.
func (s *schema) read(value string) any {
	types := list(asObject(s.raw)["type"])
	if t := text(asObject(s.raw)["type"]); t != "" {
		types = []any{t}
	}
	for _, t := range types {
		switch t {
		case "integer", "number":
			if f, err := strconv.ParseFloat(value, 64); err == nil {
				return number(f)
			}
		case "boolean":
			if value == "true" || value == "false" {
				return value == "true"
			}
		case "array":
			var out []any
			for _, part := range strings.Split(value, ",") {
				out = append(out, strings.TrimSpace(part))
			}
			return out
		}
	}
	return value
}
