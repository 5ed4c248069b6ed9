package breaker

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Key names a breaker. One that belongs to a project is nobody else's: what the
// cases of a project meet must not hold up those of another one.
type Key struct {
	Kind    Kind
	Project string // id; empty for what the whole installation shares
	Name    string // "shop.test:443", "openai"
}

// Kind says what a breaker protects.
type Kind string

// The kinds of breakers.
const (
	Target   Kind = "target"   // a host with its port, of a project
	Provider Kind = "provider" // a provider of language models
)

// maxName is the longest name that is kept, in bytes: a DNS name with its port
// is shorter. What is longer has no breaker.
const maxName = 300

func (k Key) String() string { return string(k.Kind) + " " + k.Project + " " + k.Name }

func (k Key) valid() bool {
	return k.Name != "" && len(k.Name) <= maxName && len(k.Project) <= maxName && utf8.ValidString(k.Name)
}

// parseKey reverses String. Kinds and ids hold no space; a name may.
func parseKey(text string) (Key, bool) {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 {
		return Key{}, false
	}
	k := Key{Kind: Kind(parts[0]), Project: parts[1], Name: parts[2]}
	return k, k.valid()
}

// Status is where a breaker stands.
type Status string

// The statuses of a breaker.
const (
	Closed   Status = "closed"   // everything may go
	Open     Status = "open"     // nothing may go until RetryAt
	HalfOpen Status = "halfOpen" // one probe at a time may go
)

// State is a breaker that something is wrong with.
type State struct {
	Key      Key
	Status   Status
	Failures int       // in a row; those that opened it unless closed
	Since    time.Time // when it came to this status
	RetryAt  time.Time // when the next probe may go; zero when closed
}

// Decision is the answer to Allow.
type Decision struct {
	Allowed bool
	Probe   bool      // allowed to find out whether it answers again
	RetryAt time.Time // when to ask again; zero when allowed
	Probing bool      // refused only because a probe is under way
}

// Verdict is what became of what was allowed.
type Verdict int

// The verdicts. Unknown counts for nothing: whoever was allowed has not found
// out. A probe's place is free then.
const (
	Unknown Verdict = iota
	Answered
	Unreachable
)

// Done reports what became of what was allowed. Call it once. It may take a
// round trip to Redis, but not when all is well.
type Done func(ctx context.Context, v Verdict)
