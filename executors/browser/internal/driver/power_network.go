package driver

import (
	"context"
	"time"
)

// Routes decides about requests before they leave.
type Routes interface {
	// CatchRequests makes the page tell of its requests by RequestPaused, or stops
	// doing so.
	CatchRequests(ctx context.Context, on bool) error
}

// RequestPaused is a request that waits until Decide is called. Decide does not
// wait, and counts once.
type RequestPaused struct {
	Request Request
	Decide  func(Decision)
}

func (RequestPaused) event() {}

// Request is what a page asks for.
type Request struct {
	ID      string // within the page
	URL     string
	Method  string
	Headers map[string]string
	Body    []byte // as far as the browser tells it
	Type    string // what it is for, in the browser's words: Document, Script, XHR; may be empty
}

// Decision is what becomes of a request: it is answered, it fails, or it goes
// on, changed or not.
type Decision struct {
	Answer *Answer
	Abort  string // failed, timedout, refused, reset, disconnected, unresolved or blocked; empty for none
	Change *Change
}

// Answer is an answer that no server gives.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// Change is what is sent otherwise; what is zero stays.
type Change struct {
	Method  string
	Headers map[string]string // all of them; nil to leave them
	Body    []byte
}

// Traffic tells what a page asks for, and what it gets.
type Traffic interface {
	// WatchRequests makes the page tell by RequestSent, ResponseCame and
	// RequestEnded.
	WatchRequests(ctx context.Context) error

	// ResponseBody returns the body of a response, when its request has ended and
	// while the browser has it yet.
	ResponseBody(ctx context.Context, id string) ([]byte, error)
}

type (
	// RequestSent says that a request has left the page. A redirect is told as
	// another one of the same ID.
	RequestSent struct {
		Request Request
		At      time.Time
	}

	// ResponseCame says what was answered.
	ResponseCame struct {
		ID      string
		Status  int
		Headers map[string]string
		At      time.Time
		About   Response
	}

	// RequestEnded says that nothing more comes; Err is the browser's word where
	// it failed.
	RequestEnded struct {
		ID       string
		Err      string
		Canceled bool // by the page or by the browser, as when it goes elsewhere
		At       time.Time
		Bytes    int64 // that came over the network, with headers; 0 where the engine does not tell
	}
)

// Response is what a browser may know of an answer beside its head.
type Response struct {
	StatusText string
	Protocol   string // "h2"
	MIME       string // without parameters
	Remote     string // address
	Cached     bool
	Timing     *Timing // nil where nothing went over the network
}

// Timing is how long the parts of a request took; negative for those that there
// were not.
type Timing struct{ Blocked, DNS, Connect, TLS, Send, Wait time.Duration }

func (RequestSent) event()  {}
func (ResponseCame) event() {}
func (RequestEnded) event() {}
