package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

const (
	maxAnswer     = 1 << 20 // bytes of an answer that is read as JSON
	maxCandidates = 64
)

var errNoJSON = errors.New("there is no JSON in it")

// extract returns the JSON value that an answer consists of, or that stands in
// its prose or in a fence of Markdown: the first that accept takes, else the
// first at all. bare says that the answer is nothing else.
func extract(text string, accept func(json.RawMessage) bool) (value json.RawMessage, bare bool, err error) {
	if len(text) > maxAnswer {
		return nil, false, errors.New("it is too long")
	}
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if json.Valid([]byte(text)) {
		return json.RawMessage(text), true, nil
	}
	// What a model thought is no answer, whatever JSON it holds.
	if _, after, found := strings.Cut(text, "</think>"); found {
		text = after
	}
	var first json.RawMessage
	rest := []byte(text)
	for range maxCandidates {
		i := bytes.IndexAny(rest, "{[")
		if i < 0 {
			break
		}
		rest = rest[i:]
		d := json.NewDecoder(bytes.NewReader(rest))
		var one json.RawMessage
		if d.Decode(&one) != nil {
			rest = rest[1:]
			continue
		}
		if accept(one) {
			return one, false, nil
		}
		if first == nil {
			first = one
		}
		rest = rest[d.InputOffset():]
	}
	if first == nil {
		return nil, false, errNoJSON
	}
	return first, false, nil
}
