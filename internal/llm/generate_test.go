package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

var verdict = llm.MustSchema("verdict", `{"type":"object","additionalProperties":false,"required":["verdict","score"],
	"properties":{"verdict":{"enum":["good","bad"]},"score":{"type":"number","minimum":0.5,"maximum":1}}}`)

func ask(text string) llm.Request {
	return llm.Request{Account: llm.Account{Project: "prj_1", Run: "run_1"}, Purpose: "test", Prompt: "test@1",
		System: "You judge.", Messages: []llm.Message{{Text: text}}}
}

func askJSON(text string) llm.Request {
	r := ask(text)
	r.Schema = verdict
	return r
}

// outcomes of the attempts of an answer.
func outcomes(r *llm.Response) (out []string) {
	for _, a := range r.Attempts {
		out = append(out, a.Outcome)
	}
	return out
}

func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how     llmtest.Behaviour
		text    llm.Reason // what comes of a request for text, "" for an answer
		json    llm.Reason
		code    apperr.Code
		says    string // in the sentence
		calls   int    // of a request for text
		retries bool   // one bad answer is made good by the next
	}{
		{how: llmtest.OK, calls: 1},
		{how: llmtest.RateLimited, text: llm.Unavailable, json: llm.Unavailable, says: "too many requests (429) and asks to wait 20ms", calls: 3, retries: true},
		{how: llmtest.RateLimitedLong, text: llm.Unavailable, json: llm.Unavailable, says: "asks to wait 1h0m0s", calls: 1},
		{how: llmtest.QuotaSpent, text: llm.Rejected, json: llm.Rejected, says: "no quota left", calls: 1},
		{how: llmtest.ServerError, text: llm.Unavailable, json: llm.Unavailable, says: "answers 500", calls: 3, retries: true},
		{how: llmtest.ArrayError, text: llm.Unavailable, json: llm.Unavailable, says: "The model is overloaded", calls: 3, retries: true},
		{how: llmtest.ErrorUnder200, text: llm.Unavailable, json: llm.Unavailable, says: "under status 200: upstream broke", calls: 3, retries: true},
		{how: llmtest.EmptyObject, text: llm.Unavailable, json: llm.Unavailable, says: "without any choice", calls: 3, retries: true},
		{how: llmtest.NoChoices, text: llm.Unavailable, json: llm.Unavailable, says: "without any choice", calls: 3, retries: true},
		{how: llmtest.BadJSON, text: llm.Unavailable, json: llm.Unavailable, says: "cannot be read", calls: 3, retries: true},
		{how: llmtest.HTML, text: llm.Unavailable, json: llm.Unavailable, says: "answers with HTML", calls: 1},
		{how: llmtest.Endless, text: llm.Unavailable, json: llm.Unavailable, says: "more than", calls: 3, retries: true},
		{how: llmtest.HangUp, text: llm.Unavailable, json: llm.Unavailable, says: "cannot be reached", calls: 3, retries: true},
		{how: llmtest.Redirect, text: llm.Rejected, json: llm.Rejected, says: "redirects elsewhere (307)", calls: 1},
		{how: llmtest.Length, text: llm.Truncated, json: llm.Truncated, says: "cut off at 2048 tokens", calls: 1},
		{how: llmtest.ContentFilter, text: llm.Refused, json: llm.Refused, says: "filter", calls: 1},
		{how: llmtest.Refusal, text: llm.Refused, json: llm.Refused, says: "I'm sorry", calls: 1},
		{how: llmtest.NoFinish, text: llm.Unavailable, json: llm.Unavailable, says: "breaks off", calls: 3, retries: true},
		{how: llmtest.Blank, text: llm.InvalidAnswer, json: llm.InvalidAnswer, says: "is empty", calls: 2, retries: true},
		{how: llmtest.Violation, json: llm.InvalidAnswer, calls: 1, retries: true},
		{how: llmtest.Prose, json: llm.InvalidAnswer, calls: 1, retries: true},
		{how: llmtest.Fenced, calls: 1},
		{how: llmtest.TooLong, code: apperr.InvalidInput, says: "too long", calls: 1},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Always(tt.how)
			c := llmtest.Client(t, nil, s)
			text, err := c.Generate(t.Context(), ask("Is it good?"))
			if llm.ReasonOf(err) != tt.text || (err == nil) != (text != nil) {
				t.Errorf("text: %v, %v, want %q", text, err, tt.text)
			}
			if tt.code != "" && apperr.CodeOf(err) != tt.code {
				t.Errorf("code %q of %v, want %q", apperr.CodeOf(err), err, tt.code)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("it says %q, want %q in it", err, tt.says)
			}
			if n := len(s.Asked()); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
			c = llmtest.Client(t, nil, s) // without what it learned of the first request
			if out, err := c.Generate(t.Context(), askJSON("Is it good?")); tt.code == "" && llm.ReasonOf(err) != tt.json {
				t.Errorf("json: %v, %v, want %q", out, err, tt.json)
			}
			if !tt.retries {
				return
			}
			s.Always(llmtest.OK)
			s.Next(tt.how)
			out, err := c.Generate(t.Context(), askJSON("Is it good?"))
			if err != nil {
				t.Fatalf("one bad answer is not made good: %v", err)
			}
			if diff := cmp.Diff(`{"score":0.5,"verdict":"good"}`, string(out.JSON)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if len(out.Attempts) != 2 {
				t.Errorf("attempts %v", outcomes(out))
			}
		})
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how  llmtest.Behaviour
		goes bool // to the fallback
	}{
		{llmtest.ServerError, true}, {llmtest.RateLimitedLong, true}, {llmtest.HTML, true}, {llmtest.QuotaSpent, true},
		{llmtest.Violation, true}, {llmtest.Prose, true}, {llmtest.HangUp, true}, {llmtest.EmptyObject, true},
		{llmtest.Refusal, false}, {llmtest.ContentFilter, false}, {llmtest.Length, false}, {llmtest.TooLong, false},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			t.Parallel()
			a, b := llmtest.New(t), llmtest.New(t)
			a.Always(tt.how)
			out, err := llmtest.Client(t, nil, a, b).Generate(t.Context(), askJSON("Is it good?"))
			if goes := err == nil && out.Provider == "fallback"; goes != tt.goes {
				t.Errorf("%v, %v", out, err)
			}
			if !tt.goes && len(b.Asked()) > 0 {
				t.Error("the fallback was asked all the same")
			}
		})
	}
	t.Run("both fail", func(t *testing.T) {
		t.Parallel()
		a, b := llmtest.New(t), llmtest.New(t)
		a.Always(llmtest.HTML)
		b.Always(llmtest.Violation)
		_, err := llmtest.Client(t, nil, a, b).Generate(t.Context(), askJSON("Is it good?"))
		if llm.ReasonOf(err) != llm.InvalidAnswer || !strings.Contains(err.Error(), "primary answers with HTML") || !strings.Contains(err.Error(), "then the answer of fallback") {
			t.Errorf("%v", err)
		}
	})
	t.Run("another model is that of the primary only", func(t *testing.T) {
		t.Parallel()
		a, b := llmtest.New(t), llmtest.New(t)
		r := ask("Is it good?")
		r.Model = "other"
		_, err := llmtest.Client(t, nil, a, b).Generate(t.Context(), r)
		if llm.ReasonOf(err) != llm.Rejected || len(b.Asked()) > 0 {
			t.Errorf("%v after %d calls of the fallback", err, len(b.Asked()))
		}
	})
}

func TestWhatIsConfiguredWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*llm.Provider)
		says   string
	}{
		{"a wrong key", func(p *llm.Provider) { p.Key = "sk-wrong-key" }, "does not accept the key (401)"},
		{"a model that does not exist", func(p *llm.Provider) { p.Model = "gpt-99" }, "knows no such model"},
		{"an address that is no API", func(p *llm.Provider) { p.BaseURL = strings.TrimSuffix(p.BaseURL, "/v1") }, "look at the model's name and at the base URL"},
		{"nobody listens", func(p *llm.Provider) { p.BaseURL = "http://127.0.0.1:1/v1" }, "cannot be reached"},
		{"what the policy never allows", func(p *llm.Provider) { p.BaseURL = "http://169.254.169.254/v1" }, "egress policy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			c := llmtest.Client(t, func(o *llm.Options) { tt.change(&o.Providers[0]) }, s)
			_, err := c.Generate(t.Context(), askJSON("Is it good?"))
			if r := llm.ReasonOf(err); r != llm.Rejected && r != llm.Unavailable || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q in it", err, tt.says)
			}
			if strings.Contains(err.Error(), "sk-") {
				t.Errorf("the key is shown: %v", err)
			}
		})
	}
	t.Run("no provider", func(t *testing.T) {
		t.Parallel()
		c, err := llm.New(llm.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Generate(t.Context(), ask("x")); llm.ReasonOf(err) != llm.NotConfigured {
			t.Errorf("%v", err)
		}
		if _, err := c.Embed(t.Context(), llm.EmbedRequest{Texts: []string{"x"}}); llm.ReasonOf(err) != llm.NotConfigured {
			t.Errorf("%v", err)
		}
	})
}

func TestTheLadder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		refuses []string
		ignores []string
		want    llm.Rung
		first   int // calls of the first request
	}{
		{"strict", nil, nil, llm.RungSchema, 1},
		{"knows no schema", []string{"json_schema"}, nil, llm.RungObject, 2},
		{"knows no response_format", []string{"response_format"}, nil, llm.RungTool, 3},
		{"knows neither", []string{"response_format", "tools"}, nil, llm.RungPrompt, 4},
		{"ignores response_format", nil, []string{"response_format"}, llm.RungObject, 2},
		{"knows no bound of tokens", []string{"max_tokens"}, nil, llm.RungSchema, 2},
		{"knows no seed and no temperature", []string{"seed", "temperature"}, nil, llm.RungSchema, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Refuses, s.Ignores = tt.refuses, tt.ignores
			c := llmtest.Client(t, nil, s)
			zero, seed := 0.0, 7
			r := askJSON("Is it good?")
			r.Temperature, r.Seed = &zero, &seed
			out, err := c.Generate(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Attempts[len(out.Attempts)-1].Rung; got != tt.want || len(s.Asked()) != tt.first {
				t.Errorf("rung %s after %d calls, want %s after %d", got, len(s.Asked()), tt.want, tt.first)
			}
			out, err = c.Generate(t.Context(), r)
			if err != nil || len(out.Attempts) != 1 || out.Attempts[0].Rung != tt.want {
				t.Errorf("it has not remembered: %v, %v", out, err)
			}
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	zero, seed := 0.0, 7
	r := askJSON("Is it good?")
	r.Temperature, r.Seed, r.MaxTokens = &zero, &seed, 99
	r.Messages = append(r.Messages, llm.Message{Role: llm.Assistant, Text: "What?"},
		llm.Message{Text: "This.", Images: []llm.Image{{MediaType: "image/png", Data: []byte("png")}}})
	if _, err := llmtest.Client(t, nil, s).Generate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	body := s.Asked()[0].Body
	data, err := json.Marshal(body["messages"])
	if err != nil {
		t.Fatal(err)
	}
	delete(body, "messages")
	delete(body, "response_format")
	want := map[string]any{"model": "stub-1", "temperature": 0.0, "seed": 7.0, "max_tokens": 99.0}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	messages := `[{"content":"You judge.","role":"system"},{"content":"Is it good?","role":"user"},{"content":"What?","role":"assistant"},` +
		`{"content":[{"text":"This.","type":"text"},{"image_url":{"url":"data:image/png;base64,cG5n"},"type":"image_url"}],"role":"user"}]`
	if diff := cmp.Diff(messages, string(data)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestModelsThatReason(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"o3-mini", "gpt-5-mini", "gpt-6-sol", "openai/o4-mini"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Model = model
			s.Refuses = []string{"max_tokens", "temperature"}
			r := askJSON("Is it good?")
			zero := 0.0
			r.Temperature = &zero
			out, err := llmtest.Client(t, nil, s).Generate(t.Context(), r)
			if err != nil || len(out.Attempts) != 1 {
				t.Fatalf("%+v, %v", out, err)
			}
			if s.Asked()[0].Body["max_completion_tokens"] != 2048.0 {
				t.Errorf("sent %v", s.Asked()[0].Body)
			}
		})
	}
}

func TestTheCallersTime(t *testing.T) {
	t.Parallel()
	t.Run("a deadline", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Always(llmtest.Slow)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := llmtest.Client(t, nil, s, llmtest.New(t)).Generate(ctx, ask("Is it good?"))
		if llm.ReasonOf(err) != llm.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
	t.Run("a call's own limit", func(t *testing.T) {
		t.Parallel()
		a := llmtest.New(t)
		a.Always(llmtest.Slow)
		r := ask("Is it good?")
		r.Timeout = 500 * time.Millisecond
		out, err := llmtest.Client(t, nil, a, llmtest.New(t)).Generate(t.Context(), r)
		if err != nil || out.Provider != "fallback" {
			t.Errorf("%v, %v", out, err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.Answer(func(llmtest.Request) string { cancel(); return "ok" })
		s.Always(llmtest.Slow)
		go func() {
			for len(s.Asked()) == 0 && ctx.Err() == nil {
				<-time.After(time.Millisecond)
			}
			cancel()
		}()
		_, err := llmtest.Client(t, nil, s).Generate(ctx, ask("Is it good?"))
		if !errors.Is(err, context.Canceled) || llm.ReasonOf(err) != "" {
			t.Errorf("%v", err)
		}
	})
	t.Run("a wait that would be too long", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Next(llmtest.RateLimitedLong)
		c := llmtest.Client(t, nil, s)
		for range 2 { // the second one knows already
			if _, err := c.Generate(t.Context(), ask("Is it good?")); llm.ReasonOf(err) != llm.Unavailable {
				t.Errorf("%v", err)
			}
		}
		if n := len(s.Asked()); n != 1 {
			t.Errorf("it was asked %d times", n)
		}
	})
}

func TestRequestsThatCannotWork(t *testing.T) {
	t.Parallel()
	c := llmtest.Client(t, nil, llmtest.New(t))
	hot := 3.0
	for _, tt := range []struct {
		name   string
		change func(*llm.Request)
	}{
		{"no message", func(r *llm.Request) { r.Messages = nil }},
		{"too much text", func(r *llm.Request) { r.System = strings.Repeat("x", 1<<20+1) }},
		{"an image of an unknown kind", func(r *llm.Request) {
			r.Messages[0].Images = []llm.Image{{MediaType: "text/html", Data: []byte("x")}}
		}},
		{"too hot", func(r *llm.Request) { r.Temperature = &hot }},
		{"an unknown role", func(r *llm.Request) { r.Messages[0].Role = "system" }},
		{"a similar text that is not there", func(r *llm.Request) { r.Similar = "something else" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := ask("Is it good?")
			tt.change(&r)
			if _, err := c.Generate(t.Context(), r); apperr.CodeOf(err) != apperr.InvalidInput {
				t.Errorf("%v", err)
			}
		})
	}
}
