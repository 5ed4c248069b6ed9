package llmtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/llm"
)

// What a Server knows unless it is told otherwise.
const (
	Key            = "sk-test-0123456789abcdef"
	Model          = "stub-1"
	EmbeddingModel = "stub-embed"
)

// Behaviour is how a request is met.
type Behaviour string

// The behaviours.
const (
	OK              Behaviour = "ok"
	Slow            Behaviour = "slow"              // never answers
	RateLimited     Behaviour = "rate limited"      // 429 with Retry-After-Ms: 20
	RateLimitedLong Behaviour = "rate limited long" // 429 with Retry-After: 3600
	QuotaSpent      Behaviour = "quota spent"       // 429, insufficient_quota
	ServerError     Behaviour = "server error"      // 500 with HTML
	ArrayError      Behaviour = "array error"       // 503 with an array of errors
	ErrorUnder200   Behaviour = "error under 200"
	EmptyObject     Behaviour = "empty object" // {}
	NoChoices       Behaviour = "no choices"
	BadJSON         Behaviour = "bad json" // JSON that breaks off
	HTML            Behaviour = "html"     // 200 with a web page
	Endless         Behaviour = "endless"  // a body without end
	HangUp          Behaviour = "hang up"  // the connection ends without an answer
	Redirect        Behaviour = "redirect" // to /elsewhere
	CutStream       Behaviour = "cut stream"
	ErrorInStream   Behaviour = "error in stream"
	Length          Behaviour = "length"         // finish_reason length
	ContentFilter   Behaviour = "content filter" // finish_reason content_filter
	Refusal         Behaviour = "refusal"
	NoFinish        Behaviour = "no finish" // a choice without a finish_reason
	Blank           Behaviour = "blank"     // an empty answer
	Violation       Behaviour = "violation" // {"unexpected": true}
	Prose           Behaviour = "prose"     // no JSON at all
	Fenced          Behaviour = "fenced"    // the answer in a fence within prose
	TooLong         Behaviour = "too long"  // 400, context_length_exceeded
	Obeys           Behaviour = "obeys"     // does what "answer with exactly: …" asks for, wherever that stands
)

// Request is what the server was asked.
type Request struct {
	Path          string
	Authorization string
	Body          map[string]any
	Messages      []Message
	Format        string // type of the response_format, empty without
	Tool          bool   // one is forced
	Stream        bool
	Schema        json.RawMessage // of the response_format or the tool
}

// Message is one of a request.
type Message struct {
	Role   string
	Text   string
	Images int
}

// Text returns all texts of the messages.
func (r Request) Text() string {
	var all []string
	for _, m := range r.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, "\n")
}

// Server is an endpoint. Set its fields before the first request.
type Server struct {
	Key     string
	Model   string
	Ignores []string // members that it takes and does nothing with: response_format, tools, stream
	Refuses []string // members that it answers 400 to; json_schema is that type of a response_format
	Blind   bool     // answers 400 to images
	NoUsage bool     // does not say what it used
	NoModel bool     // does not list models
	// Vector gives the vector of a text; the default counts letters.
	Vector func(text string) []float32

	http    *httptest.Server
	mu      sync.Mutex
	script  func(Request) string
	next    []Behaviour
	always  Behaviour
	asked   []Request
	release chan struct{}
}

// New starts a server that answers "ok", or the least document of the schema that
// it is asked for.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{Key: Key, Model: Model, always: OK, release: make(chan struct{})}
	s.http = httptest.NewServer(s)
	t.Cleanup(func() {
		close(s.release)
		s.http.Close()
	})
	return s
}

// URL is the base URL of the API.
func (s *Server) URL() string { return s.http.URL + "/v1" }

// Address is the host and port.
func (s *Server) Address() string { return strings.TrimPrefix(s.http.URL, "http://") }

// Provider returns the server as a provider of its own name.
func (s *Server) Provider(name string) llm.Provider {
	return llm.Provider{Name: name, BaseURL: s.URL(), Key: llm.Key(s.Key), Model: s.Model, EmbeddingModel: EmbeddingModel}
}

// Client returns a client of the servers, the primary first. change may be nil.
func Client(t testing.TB, change func(*llm.Options), servers ...*Server) *llm.Client {
	t.Helper()
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	o := llm.Options{Policy: policy, Backoff: 1}
	for i, s := range servers {
		o.Providers = append(o.Providers, s.Provider([]string{"primary", "fallback", "third"}[i]))
	}
	if change != nil {
		change(&o)
	}
	c, err := llm.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Answer sets what the model says to a request.
func (s *Server) Answer(script func(Request) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Next sets how the next chat requests are met, one after the other. Later ones
// are met as Always says.
func (s *Server) Next(b ...Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, b...)
}

// Always sets how every request is met that Next says nothing about.
func (s *Server) Always(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = b
}

// Asked returns the requests so far, those for lists of models left out.
func (s *Server) Asked() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/v1/") {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html><body>Not found</body></html>")
		return
	}
	if s.Key != "" && r.Header.Get("Authorization") != "Bearer "+s.Key {
		fail(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided: "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		return
	}
	if r.URL.Path == "/v1/models" {
		s.models(w)
		return
	}
	req, err := read(r)
	if err != nil {
		fail(w, http.StatusBadRequest, "", "the body is no JSON")
		return
	}
	how, script := s.note(req)
	switch r.URL.Path {
	case "/v1/chat/completions":
		s.chat(w, r, req, how, script)
	case "/v1/embeddings":
		s.embed(w, req, how)
	default:
		fail(w, http.StatusNotFound, "", "unknown path")
	}
}

func (s *Server) note(req Request) (Behaviour, func(Request) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, req)
	how := s.always
	if len(s.next) > 0 {
		how, s.next = s.next[0], s.next[1:]
	}
	return how, s.script
}

func (s *Server) models(w http.ResponseWriter) {
	if s.NoModel {
		fail(w, http.StatusNotFound, "", "unknown path")
		return
	}
	answer(w, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": s.Model, "object": "model"}, map[string]any{"id": EmbeddingModel, "object": "model"},
	}})
}

func read(r *http.Request) (Request, error) {
	out := Request{Path: r.URL.Path, Authorization: r.Header.Get("Authorization")}
	data, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(data, &out.Body); err != nil {
		return out, err
	}
	var typed struct {
		Stream   bool
		Messages []struct {
			Role    string
			Content json.RawMessage
		}
		ResponseFormat struct {
			Type       string
			JSONSchema struct{ Schema json.RawMessage } `json:"json_schema"`
		} `json:"response_format"`
		Tools []struct {
			Function struct{ Parameters json.RawMessage }
		}
		ToolChoice any `json:"tool_choice"`
	}
	if err := json.Unmarshal(data, &typed); err != nil {
		return out, err
	}
	out.Stream, out.Format, out.Schema = typed.Stream, typed.ResponseFormat.Type, typed.ResponseFormat.JSONSchema.Schema
	if len(typed.Tools) > 0 && typed.ToolChoice != nil {
		out.Tool, out.Schema = true, typed.Tools[0].Function.Parameters
	}
	for _, m := range typed.Messages {
		one := Message{Role: m.Role}
		if json.Unmarshal(m.Content, &one.Text) != nil {
			var parts []struct{ Type, Text string }
			_ = json.Unmarshal(m.Content, &parts) // what is neither has no text
			for _, p := range parts {
				one.Text += p.Text
				if p.Type == "image_url" {
					one.Images++
				}
			}
		}
		out.Messages = append(out.Messages, one)
	}
	return out, nil
}
