package llm

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Bounds of a request and of its answer.
const (
	DefaultMaxTokens = 2048
	DefaultTimeout   = 60 * time.Second // of one call of a provider

	maxText      = 1 << 20 // bytes of all texts of a request
	maxImages    = 8
	maxImage     = 8 << 20 // bytes
	maxMessages  = 200
	maxMaxTokens = 200_000
)

// Account is whose generation it is: whose budget pays, and whose cache answers.
type Account struct {
	Project string
	Run     string // empty outside runs
}

// Role is who says a message.
type Role string

// The roles.
const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role   Role // User when empty
	Text   string
	Images []Image // of the user only
}

// Image is a picture for a model that sees.
type Image struct {
	MediaType string // image/png, image/jpeg, image/webp or image/gif
	Data      []byte
}

// Request is what a model is asked.
type Request struct {
	Account Account
	Purpose string // what it is for, from a list of few: a label of metrics
	Prompt  string // name and version of the prompt; the cache tells versions apart

	System   string
	Messages []Message
	Schema   *Schema // the answer is JSON that it holds for; nil for text

	Temperature *float64 // 0–2; nil leaves it to the model
	MaxTokens   int      // of the answer; 0 is DefaultMaxTokens
	Seed        *int     // tells votes apart, also for the cache
	Timeout     time.Duration

	// Model is another one of the primary provider; the fallback is not asked then.
	Model string
	// Fresh asks the model although the cache may know an answer.
	Fresh bool
	// Similar is a part of the messages, planning prose: an answer to a very
	// similar one will do, when numbers, identifiers, quotations and negations
	// are the same. Never for verdicts.
	Similar string
}

// Response is a whole and valid answer.
type Response struct {
	Text     string          // as the model wrote it
	JSON     json.RawMessage // by the schema of the request; nil without one
	Provider string
	Model    string // as the provider names it
	Finish   string

	Usage    Usage // of all attempts
	Cost     Cost  // of all attempts; of none for what came from the cache
	Attempts []Attempt
	Duration time.Duration

	FromCache  bool
	Age        time.Duration // of an answer from the cache
	Similarity float64       // of the text that was answered; 1 is the same
}

// Decode reads the JSON of an answer.
func (r *Response) Decode(into any) error {
	if err := json.Unmarshal(r.JSON, into); err != nil {
		return failed(InvalidAnswer, err, "the answer of %s does not fit what it is read into", r.Model)
	}
	return nil
}

// Usage counts tokens.
type Usage struct {
	Input     int
	Cached    int // of the input, which the provider knew already
	Output    int
	Estimated bool // the provider did not say; counted by the length of the texts
}

// Add returns the sum.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Input + v.Input, u.Cached + v.Cached, u.Output + v.Output, u.Estimated || v.Estimated}
}

// Attempt is one call of a provider.
type Attempt struct {
	Provider string
	Model    string
	Rung     Rung   // how it was asked for JSON; empty for text
	Outcome  string // "ok", or why it was not
	Status   int    // of HTTP; 0 when there was none
	Duration time.Duration
}

func (r *Request) maxTokens() int         { return cmp.Or(r.MaxTokens, DefaultMaxTokens) }
func (r *Request) timeout() time.Duration { return cmp.Or(r.Timeout, DefaultTimeout) }

// check names the first thing about a request that cannot work.
func (r *Request) check() error {
	size, images := len(r.System), 0
	for _, m := range r.Messages {
		size += len(m.Text)
		images += len(m.Images)
		if m.Role != "" && m.Role != User && m.Role != Assistant {
			return apperr.Invalid("messages", "there is no role %q of a message; use user or assistant", m.Role)
		}
		if len(m.Images) > 0 && m.Role == Assistant {
			return apperr.Invalid("messages", "only messages of the user have images")
		}
		for _, i := range m.Images {
			if err := i.check(); err != nil {
				return err
			}
		}
	}
	switch {
	case len(r.Messages) == 0 || len(r.Messages) > maxMessages:
		return apperr.Invalid("messages", "a request has 1 to %d messages, not %d", maxMessages, len(r.Messages))
	case size > maxText:
		return apperr.Invalid("messages", "the texts of a request have at most %d bytes together, not %d", maxText, size)
	case images > maxImages:
		return apperr.Invalid("messages", "a request has at most %d images, not %d", maxImages, images)
	case r.MaxTokens < 0 || r.MaxTokens > maxMaxTokens:
		return apperr.Invalid("maxTokens", "an answer has 1 to %d tokens, not %d", maxMaxTokens, r.MaxTokens)
	case r.Temperature != nil && (*r.Temperature < 0 || *r.Temperature > 2):
		return apperr.Invalid("temperature", "a temperature is a number from 0 to 2")
	case r.Similar != "" && !r.mentions(r.Similar):
		return apperr.Invalid("similar", "the text that may be a similar one is a part of a message")
	}
	return nil
}

func (r *Request) mentions(text string) bool {
	for _, m := range r.Messages {
		if strings.Contains(m.Text, text) {
			return true
		}
	}
	return false
}

func (i Image) check() error {
	switch i.MediaType {
	case "image/png", "image/jpeg", "image/webp", "image/gif":
	default:
		return apperr.Invalid("messages", "an image is a PNG, JPEG, WebP or GIF, not %.60q", i.MediaType)
	}
	if len(i.Data) == 0 || len(i.Data) > maxImage {
		return apperr.Invalid("messages", "an image has 1 to %d bytes, not %d", maxImage, len(i.Data))
	}
	return nil
}

// estimate is what a request may use at most, for its budget: about three bytes
// of English are a token, and about 1,500 tokens an image.
func (r *Request) estimate() Usage {
	size, images := len(r.System), 0
	for _, m := range r.Messages {
		size += len(m.Text)
		images += len(m.Images)
	}
	if r.Schema != nil {
		size += len(r.Schema.text)
	}
	return Usage{Input: size/3 + 1500*images + 16, Output: r.maxTokens(), Estimated: true}
}
