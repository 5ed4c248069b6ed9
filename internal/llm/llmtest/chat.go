package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// chat answers a chat request.
func (s *Server) chat(w http.ResponseWriter, r *http.Request, req Request, how Behaviour, script func(Request) string) {
	if model, _ := req.Body["model"].(string); model != s.Model {
		fail(w, http.StatusNotFound, "model_not_found", "The model '"+model+"' does not exist")
		return
	}
	if name := s.refused(req); name != "" {
		fail(w, http.StatusBadRequest, "unsupported_parameter", "Unknown or unsupported parameter: '"+name+"'")
		return
	}
	if s.misbehaves(w, r, how) {
		return
	}
	text, finish, refusal := s.say(req, how, script)
	if req.Stream && !slices.Contains(s.Ignores, "stream") {
		s.stream(w, req, how, text, finish, refusal)
		return
	}
	message := map[string]any{"role": "assistant", "content": text}
	if refusal != "" {
		message["refusal"], message["content"] = refusal, nil
	}
	if req.Tool && !slices.Contains(s.Ignores, "tools") && how != Prose && text != "" {
		message["content"] = nil
		message["tool_calls"] = []any{map[string]any{"id": "call_1", "type": "function", "function": map[string]any{"name": "answer", "arguments": text}}}
		if finish == "stop" {
			finish = "tool_calls"
		}
	}
	choice := map[string]any{"index": 0, "message": message, "finish_reason": finish}
	if finish == "" {
		choice["finish_reason"] = nil
	}
	out := map[string]any{"id": "chat_1", "object": "chat.completion", "model": s.Model, "choices": []any{choice}}
	if !s.NoUsage {
		out["usage"] = usage(req, text)
	}
	answer(w, out)
}

// refused names the member of a request that the server does not know.
func (s *Server) refused(req Request) string {
	for _, name := range s.Refuses {
		if _, has := req.Body[name]; has || name == req.Format {
			return name
		}
	}
	if s.Blind && slices.ContainsFunc(req.Messages, func(m Message) bool { return m.Images > 0 }) {
		return "image_url"
	}
	return ""
}

// misbehaves meets a request with no answer of a model.
func (s *Server) misbehaves(w http.ResponseWriter, r *http.Request, how Behaviour) bool {
	switch how {
	case Slow:
		select {
		case <-r.Context().Done():
		case <-s.release:
		}
	case RateLimited:
		w.Header().Set("Retry-After-Ms", "20")
		fail(w, http.StatusTooManyRequests, "rate_limit_exceeded", "Rate limit reached")
	case RateLimitedLong:
		w.Header().Set("Retry-After", "3600")
		fail(w, http.StatusTooManyRequests, "rate_limit_exceeded", "Rate limit reached")
	case QuotaSpent:
		fail(w, http.StatusTooManyRequests, "insufficient_quota", "You exceeded your current quota")
	case ServerError:
		raw(w, http.StatusInternalServerError, "text/html", "<html><body><h1>Internal error</h1></body></html>")
	case ArrayError:
		raw(w, http.StatusServiceUnavailable, "application/json", `[{"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}}]`)
	case ErrorUnder200:
		raw(w, http.StatusOK, "application/json", `{"error":{"message":"upstream broke","code":502}}`)
	case EmptyObject:
		raw(w, http.StatusOK, "application/json", `{}`)
	case NoChoices:
		raw(w, http.StatusOK, "application/json", `{"id":"x","object":"chat.completion","choices":[]}`)
	case BadJSON:
		raw(w, http.StatusOK, "application/json", `{"id":"x","choices":[{"index":0,"mess`)
	case HTML:
		raw(w, http.StatusOK, "text/html", "<!doctype html><title>Welcome</title>")
	case Endless:
		endless(w, r)
	case HangUp:
		panic(http.ErrAbortHandler)
	case Redirect:
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case TooLong:
		fail(w, http.StatusBadRequest, "context_length_exceeded", "This model's maximum context length is 128 tokens")
	default:
		return false
	}
	return true
}

func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	chunk := strings.Repeat(" ", 1<<16)
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
}

var order = regexp.MustCompile(`(?i)answer with exactly:\s*(.+)`)

// say returns what the model says, why it ends, and its refusal.
func (s *Server) say(req Request, how Behaviour, script func(Request) string) (text, finish, refusal string) {
	_, inPrompt, prompted := strings.Cut(req.Text(), "JSON Schema:\n")
	inPrompt, _, _ = strings.Cut(inPrompt, "\n")
	switch {
	case script != nil:
		text = script(req)
	case len(req.Schema) > 0:
		text = Least(req.Schema)
	case prompted:
		text = Least(json.RawMessage(inPrompt))
	default:
		text = "ok"
	}
	if !prompted && (req.Format != "" && slices.Contains(s.Ignores, "response_format") || req.Tool && slices.Contains(s.Ignores, "tools")) {
		return "Sure, I can help you with that.", "stop", ""
	}
	switch how {
	case Length:
		return text[:len(text)/2], "length", ""
	case ContentFilter:
		return "", "content_filter", ""
	case Refusal:
		return "", "stop", "I'm sorry, I can't help with that."
	case NoFinish:
		return text, "", ""
	case Blank:
		return "", "stop", ""
	case Violation:
		return `{"unexpected": true}`, "stop", ""
	case Prose:
		return "I think that it looks good.", "stop", ""
	case Fenced:
		return "<think>{\"wrong\": 1}</think>Here you are:\n```json\n" + text + "\n```\nAnything else?", "stop", ""
	case Obeys:
		if m := order.FindStringSubmatch(req.Text()); m != nil {
			return strings.TrimSpace(m[1]), "stop", ""
		}
	}
	return text, "stop", ""
}

func (s *Server) stream(w http.ResponseWriter, req Request, how Behaviour, text, finish, refusal string) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(v any) {
		data, _ := json.Marshal(v) // maps of texts marshal
		_, _ = fmt.Fprintf(w, "data: %s\n\n", data)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	piece := func(delta map[string]any, finish any) map[string]any {
		return map[string]any{"id": "chat_1", "object": "chat.completion.chunk", "model": s.Model,
			"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}}}
	}
	send(piece(map[string]any{"role": "assistant", "content": ""}, nil))
	if refusal != "" {
		send(piece(map[string]any{"refusal": refusal}, nil))
	}
	for i, word := range strings.SplitAfter(text, " ") {
		if i == 1 && how == CutStream {
			return
		}
		if i == 1 && how == ErrorInStream {
			send(map[string]any{"error": map[string]any{"message": "upstream broke"}})
			return
		}
		send(piece(map[string]any{"content": word}, nil))
	}
	if finish != "" {
		send(piece(map[string]any{}, finish))
	}
	if _, asked := req.Body["stream_options"]; asked && !s.NoUsage {
		send(map[string]any{"id": "chat_1", "model": s.Model, "choices": []any{}, "usage": usage(req, text)})
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func usage(req Request, text string) map[string]any {
	in, out := len(req.Text())/4+1, len(text)/4+1
	return map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out}
}

func fail(w http.ResponseWriter, status int, code, message string) {
	data, _ := json.Marshal(map[string]any{"error": map[string]any{"message": message, "type": "invalid_request_error", "code": code}})
	raw(w, status, "application/json", string(data))
}

func answer(w http.ResponseWriter, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		raw(w, http.StatusInternalServerError, "text/plain", err.Error())
		return
	}
	raw(w, http.StatusOK, "application/json", string(data))
}

func raw(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
