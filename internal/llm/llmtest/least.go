package llmtest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Least returns a small document that a plain schema holds for: of each enum the
// first, of each number the least, of each list one element.
func Least(schema json.RawMessage) string {
	var s any
	if json.Unmarshal(schema, &s) != nil {
		return "{}"
	}
	data, _ := json.Marshal(least(s)) // what was read is written
	return string(data)
}

func least(schema any) any {
	s, _ := schema.(map[string]any)
	if list, ok := s["enum"].([]any); ok && len(list) > 0 {
		return list[0]
	}
	if c, ok := s["const"]; ok {
		return c
	}
	switch s["type"] {
	case "object":
		out := map[string]any{}
		properties, _ := s["properties"].(map[string]any)
		for name, p := range properties {
			out[name] = least(p)
		}
		return out
	case "array":
		if s["items"] == nil {
			return []any{}
		}
		return []any{least(s["items"])}
	case "number", "integer":
		if n, ok := s["minimum"].(float64); ok {
			return n
		}
		return 0
	case "boolean":
		return true
	}
	return "text"
}

func (s *Server) embed(w http.ResponseWriter, req Request, how Behaviour) {
	switch how {
	case ServerError:
		raw(w, http.StatusInternalServerError, "text/html", "<html>")
		return
	case RateLimited:
		w.Header().Set("Retry-After-Ms", "20")
		fail(w, http.StatusTooManyRequests, "rate_limit_exceeded", "Rate limit reached")
		return
	case EmptyObject:
		raw(w, http.StatusOK, "application/json", "{}")
		return
	}
	if model, _ := req.Body["model"].(string); model != EmbeddingModel {
		fail(w, http.StatusNotFound, "model_not_found", "The model '"+model+"' does not exist")
		return
	}
	texts, _ := req.Body["input"].([]any)
	vector := s.Vector
	if vector == nil {
		vector = letters
	}
	var data []any
	for i, t := range texts {
		text, _ := t.(string)
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": vector(text)})
	}
	if how == Violation {
		data = data[1:]
	}
	answer(w, map[string]any{"object": "list", "model": EmbeddingModel, "data": data, "usage": map[string]any{"prompt_tokens": 7, "total_tokens": 7}})
}

// letters counts how often each letter stands in a text: texts that differ in a
// word or two are very similar, as they are to real models.
func letters(text string) []float32 {
	out := make([]float32, 26)
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' {
			out[r-'a']++
		}
	}
	out[0]++ // no vector of zeros
	return out
}
