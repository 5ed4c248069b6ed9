package transport

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/internal/apperr"
)

// POST carries queries and mutations by the specification GraphQL over HTTP. It
// takes queries by GET too, but only with an Authorization header: a page of
// another origin can't send that without having asked.
type POST struct {
	Bodies Bodies

	// Context returns what an operation runs with; body is how many bytes brought
	// it.
	Context func(ctx context.Context, body int) context.Context

	// Header adds what the headers of the answer tell about an operation.
	Header func(h http.Header, op *graphql.OperationContext)
}

const (
	legacyType   = "application/json"
	responseType = "application/graphql-response+json"
)

// Supports implements graphql.Transport.
func (POST) Supports(r *http.Request) bool {
	if r.Header.Get("Upgrade") != "" {
		return false
	}
	if r.Method == http.MethodGet {
		return r.Header.Get("Authorization") != "" && r.URL.Query().Has("query")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && r.Method == http.MethodPost && kind == legacyType
}

// Do implements graphql.Transport.
func (t POST) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, size, release, refused := t.params(r)
	defer release()
	if refused != nil {
		refused.write(w)
		return
	}
	kind := answerType(r)
	if kind == "" {
		(&refusal{http.StatusNotAcceptable, apperr.InvalidInput, "accept " + responseType + " or " + legacyType, nil}).write(w)
		return
	}
	ctx := r.Context()
	if t.Context != nil {
		ctx = t.Context(ctx, size)
	}
	h := w.Header()
	h.Set("Content-Type", kind+"; charset=utf-8")
	h.Set("Vary", "Accept")
	op, errs := exec.CreateOperationContext(ctx, &params)
	if t.Header != nil {
		t.Header(h, op)
	}
	if errs == nil {
		errs = t.unfit(r, op)
	}
	if errs != nil {
		answer := exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		status := statusOf(answer.Errors, kind)
		retryAfter(h, answer.Errors[0].Extensions)
		if status == http.StatusMethodNotAllowed {
			h.Set("Allow", http.MethodPost)
		}
		w.WriteHeader(status)
		_, _ = w.Write(encodeJSON(requestError{answer.Errors, answer.Extensions})) // the client may be gone
		return
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	answer := responses(ctx)
	if answer == nil { // the client is gone
		return
	}
	for _, err := range answer.Errors {
		retryAfter(h, err.Extensions)
	}
	if away(answer) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(encode(answer)) // as above
}

// away reports whether there is nothing in an answer but that something which it
// needs is not there now. Balancers and clients that know no GraphQL understand
// a 503, and try again.
func away(answer *graphql.Response) bool {
	if len(answer.Errors) == 0 || len(answer.Data) > 0 && string(answer.Data) != "null" {
		return false
	}
	for _, err := range answer.Errors {
		if code, _ := err.Extensions["code"].(apperr.Code); code != apperr.Unavailable {
			return false
		}
	}
	return true
}

func (t POST) params(r *http.Request) (p graphql.RawParams, size int, release func(), refused *refusal) {
	bodies := t.Bodies.withDefaults()
	if r.Method == http.MethodGet {
		p, refused = bodies.paramsOfURL(r)
		return p, len(r.URL.RawQuery), func() {}, refused
	}
	body, release, refused := bodies.read(r, true)
	if refused == nil {
		p, refused = bodies.params(body)
	}
	p.Headers = r.Header
	return p, len(body), release, refused
}

// unfit refuses operations that this transport does not carry.
func (POST) unfit(r *http.Request, op *graphql.OperationContext) gqlerror.List {
	var why string
	switch {
	case op.Operation.Operation == ast.Subscription:
		why = "subscribe over WebSocket, or with the header Accept: " + eventStreamType
	case r.Method == http.MethodGet && op.Operation.Operation != ast.Query:
		why = "a mutation must be sent with POST"
	default:
		return nil
	}
	err := gqlerror.Errorf("%s", why)
	err.Extensions = map[string]any{"code": apperr.InvalidInput}
	if r.Method == http.MethodGet {
		err.Extensions["method"] = http.MethodPost
	}
	return gqlerror.List{err}
}

// requestError is the answer to a request that was not carried out: it has no
// data, not even null.
type requestError struct {
	Errors     gqlerror.List  `json:"errors"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

// statusOf is the status of a request error. The older media type says 200 even
// then, for whatever was asked in a form that can be answered.
func statusOf(errs gqlerror.List, kind string) int {
	extensions := errs[0].Extensions
	code, ok := extensions["code"].(apperr.Code)
	if text, isText := extensions["code"].(string); !ok && isText {
		code = apperr.Code(text)
	}
	switch {
	case code == apperr.RateLimited:
		return http.StatusTooManyRequests
	case extensions["limit"] == "body":
		return http.StatusRequestEntityTooLarge
	case extensions["method"] != nil:
		return http.StatusMethodNotAllowed
	case kind == legacyType:
		return http.StatusOK
	case code == apperr.Unauthenticated:
		return http.StatusUnauthorized
	case code == apperr.Forbidden:
		return http.StatusForbidden
	case code == apperr.Unavailable:
		return http.StatusServiceUnavailable
	case code == apperr.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// answerType is the media type that the client likes best of the two that there
// are, "" when it takes neither.
func answerType(r *http.Request) string {
	lines := r.Header.Values("Accept")
	if len(lines) == 0 {
		return legacyType
	}
	best, most := "", 0.0
	for _, one := range strings.Split(strings.Join(lines, ","), ",") {
		name, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if name == "*/*" || name == "application/*" {
			name, q = legacyType, q/1000 // what is named goes first
		}
		if (name == legacyType || name == responseType) && q > most {
			best, most = name, q
		}
	}
	return best
}
