package signature

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Version of the rules. Signatures of different versions do not compare.
const Version = "1"

// Failure is what an attempt tells of why it did not pass.
type Failure struct {
	Outcome string // failed, timed_out or errored; passed_later for a case that passed when it was tried again
	Error   string // of the attempt or of its step, one sentence
	Check   string // name of the first check that did not hold; empty without one
	Message string // of that check
	Action  string // of the step, in the plan's word; empty outside steps
	Step    string // what the step is called: an operation, or an action with its locator
	Before  int    // steps that had passed
}

// Signature names a failure.
type Signature struct {
	Hash      string // 16 hexadecimal digits
	Code      string // status_500, connection_refused, timeout; empty where there is none
	Check     string // without data
	Operation string // the step without data; empty where the failure is of no step
	Title     string // the message without data, for people
}

// maxPart bounds a part of a signature; a message may be a whole document.
const maxPart = 400

// Of names a failure. It looks at no more of a text than the first line.
func Of(f Failure) Signature {
	message := f.Message
	if message == "" || f.Check == "" {
		message = f.Error
	}
	s := Signature{Code: codeOf(f, message), Check: words(f.Check), Operation: words(strings.TrimSpace(f.Step)), Title: data(message)}
	if s.Title == "" {
		s.Title = "no reason was told"
	}
	parts := []string{Version, s.Code}
	if !ofTarget(s.Code) { // a target that is away fails every operation in the same way
		parts = append(parts, s.Check, strings.ToLower(f.Action), s.Operation, s.Title)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	s.Hash = hex.EncodeToString(sum[:8])
	return s
}
