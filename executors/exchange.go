package executors

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// Exchanges performs the parts of an http step that do not depend on who sends
// the request. An executor that sends by itself (load) is given one, so that a
// step means the same everywhere.
type Exchanges interface {
	// Prepare makes the request of an expanded step, with the headers that all
	// requests of the plan share.
	Prepare(task Task, r spec.HTTPRequest) (*HTTPRequest, error)

	// Judge evaluates the checks of an expanded step on an answer, sets what it
	// captures in the scope of the task, and adds both to the report.
	Judge(ctx context.Context, task Task, step spec.APIStep, answer *HTTPAnswer, r *Report)
}

// HTTPRequest is a request, ready to be sent.
type HTTPRequest struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   []byte
	Follow bool // redirects
}

// HTTPAnswer is what came back.
type HTTPAnswer struct {
	URL      *url.URL // of the last request, after redirects
	Status   int
	Header   http.Header
	Cookies  []*http.Cookie // that are held after the answer
	Body     []byte         // decoded
	Duration time.Duration  // from sending to the last byte
}
