package webhooks_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// patience bounds every wait of these tests; none takes nearly as long.
const patience = 60 * time.Second

// request is what a receiver got.
type request struct {
	header http.Header
	body   []byte
	event  event
}

// event is a CloudEvent as a receiver reads it.
type event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Sequence        string          `json:"sequence"`
	Data            json.RawMessage `json:"data"`
}

// receiver is another system. Its answers follow a script, and are 204 after it.
type receiver struct {
	*httptest.Server
	came chan request

	mu     sync.Mutex
	script []http.HandlerFunc
}

func newReceiver(t *testing.T, script ...http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{came: make(chan request, 1000), script: script}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	got := request{header: req.Header, body: body}
	if err == nil {
		err = json.Unmarshal(body, &got.event)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	r.mu.Lock()
	if len(r.script) > 0 {
		answer, r.script = r.script[0], r.script[1:]
	}
	r.mu.Unlock()
	r.came <- got
	answer(w, req)
}

// next returns the next request, whose signature must be valid.
func (r *receiver) next(t *testing.T, secret string) request {
	t.Helper()
	select {
	case got := <-r.came:
		if err := verifier(t, secret).Verify(got.body, got.header); err != nil {
			t.Errorf("%s: %v", got.event.Type, err)
		}
		return got
	case <-time.After(patience):
		t.Fatal("no message came")
		return request{}
	}
}

// until collects messages up to one of the given type and those that are still
// missing before it, in the order in which they happened.
func (r *receiver) take(t *testing.T, secret string, n int) []request {
	t.Helper()
	out := make([]request, n)
	for i := range out {
		out[i] = r.next(t, secret)
	}
	slices.SortFunc(out, func(a, b request) int {
		switch {
		case a.event.Sequence < b.event.Sequence:
			return -1
		case a.event.Sequence > b.event.Sequence:
			return 1
		}
		return 0
	})
	return out
}

// silent fails when another message has come.
func (r *receiver) silent(t *testing.T) {
	t.Helper()
	select {
	case got := <-r.came:
		t.Errorf("%s came as well", got.event.Type)
	default:
	}
}

func verifier(t *testing.T, secret string) *standardwebhooks.Webhook {
	t.Helper()
	v, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func status(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text) // the sender may have read enough
	}
}

func types(rs []request) []string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.event.Type
	}
	return out
}

// later refuses with a Retry-After header.
func later(header string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set("Retry-After", header)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}
