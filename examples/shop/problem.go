package shop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

const maxJSON = 64 << 10 // bytes of a request body

// problem is an error as RFC 9457 shows it.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Errors []fieldError `json:"errors,omitempty"`
}

// fieldError says what is wrong with one input field.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *problem) Error() string {
	if len(p.Errors) == 0 {
		return p.Detail
	}
	all := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		all[i] = e.Field + ": " + e.Message
	}
	return p.Detail + " " + strings.Join(all, " ")
}

func notFound(detail string) *problem { return &problem{Status: http.StatusNotFound, Detail: detail} }
func conflict(detail string) *problem { return &problem{Status: http.StatusConflict, Detail: detail} }
func invalid(field, message string) *problem {
	return invalidAll([]fieldError{{field, message}})
}

func invalidAll(errs []fieldError) *problem {
	return &problem{Status: http.StatusUnprocessableEntity, Detail: "Some fields need another value.", Errors: errs}
}

// asProblem shows an error without a status as 500 and hides its text.
func asProblem(err error) *problem {
	out := problem{Status: http.StatusInternalServerError, Detail: "Something went wrong on our side. Please try again."}
	if p, ok := errors.AsType[*problem](err); ok {
		out = *p
	}
	out.Type, out.Title = "about:blank", http.StatusText(out.Status)
	return &out
}

// fail answers with the error, as a page for people and as problem+json for
// programs.
func (s *Shop) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := asProblem(err)
	if wantsPage(r) {
		s.errorPage(w, r, p)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	writeBody(w, p.Status, p)
}

func wantsPage(r *http.Request) bool {
	for _, prefix := range []string{"/api/", "/graphql", "/chat", "/live"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return false
		}
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, status, v)
}

func writeBody(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The answer is on its way: a caller that left is nothing to act on.
	_ = json.NewEncoder(w).Encode(v)
}

// readJSON reads a body of one JSON value into v. Unknown members are refused
// unless lenient.
func readJSON(w http.ResponseWriter, r *http.Request, v any, lenient bool) error {
	if mt, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mt != "application/json" {
		return &problem{Status: http.StatusUnsupportedMediaType, Detail: "Send the body as application/json."}
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	if !lenient {
		dec.DisallowUnknownFields()
	}
	err := dec.Decode(v)
	if err == nil {
		if _, extra := dec.Token(); extra != io.EOF {
			err = errors.New("there is more than one value")
		}
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("The body is larger than %d bytes.", maxJSON)}
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return invalid(wrong.Field, "must be of another type than "+wrong.Value+".")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid(strings.Trim(name, `"`), "is not known.")
	}
	return &problem{Status: http.StatusBadRequest, Detail: "The body is not valid JSON."}
}
