package llm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
)

// fault is why one call gave no answer.
type fault struct {
	err     error         // with a Reason, or an InvalidInput of the request
	again   bool          // the same call may go well a moment later
	after   time.Duration // that the provider asked for; 0 when it did not
	down    bool          // the provider does not work: its circuit breaker counts it
	form    bool          // it does not take the form of the request
	text    string        // what the provider said, for the ladder
	answer  string        // that is not valid, for its repair
	foreign bool          // the answer is not even JSON: the rung was ignored
}

func (f *fault) outcome() string {
	if f.form {
		return "form refused"
	}
	if r := ReasonOf(f.err); r != "" {
		return strings.ToLower(strings.ReplaceAll(string(r), "_", " "))
	}
	return "invalid request"
}

const maxTold = 300 // bytes of what a provider says that an error shows

var errNoStream = errors.New("it does not stream: the answer is no event stream")

// judge tells what went wrong with a call, by its status and body rather than by
// the errors of go-openai, which come in many shapes.
func (p *provider) judge(ctx context.Context, c *call, err error) *fault {
	code, told := c.told()
	told = p.mask(told)
	switch s := c.status; {
	case s == 0:
		return p.unreached(ctx, err)
	case errors.Is(err, errNoStream) && code == "" && told == "":
		return &fault{err: failed(Unavailable, err, "%s does not stream its answers", p.Name), down: true}
	case s == http.StatusOK && ctx.Err() != nil:
		return p.unreached(ctx, err)
	case s == http.StatusOK:
		return p.strange(c, told, err)
	case s >= 300 && s < 400:
		return &fault{err: failed(Rejected, nil, "%s redirects elsewhere (%d); give its final address as the base URL", p.Name, s)}
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return &fault{err: failed(Rejected, nil, "%s does not accept the key (%d)%s; look at SEMANTEST_LLM_API_KEY", p.Name, s, quoted(told))}
	case s == http.StatusBadRequest && keyWords.MatchString(code+" "+told):
		return &fault{err: failed(Rejected, nil, "%s does not accept the key (%d)%s; look at SEMANTEST_LLM_API_KEY", p.Name, s, quoted(told))}
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed:
		return &fault{err: failed(Rejected, nil, "%s knows no such model, or speaks no OpenAI API at %s (%d)%s; look at the model's name and at the base URL, which often ends in /v1", p.Name, p.BaseURL, s, quoted(told))}
	case s == http.StatusRequestEntityTooLarge, strings.Contains(code, "context_length"), strings.Contains(told, "maximum context length"):
		return &fault{err: apperr.New(apperr.InvalidInput, "the request is too long for the model at %s%s; shorten it, or use a model with a larger window", p.Name, quoted(told))}
	case strings.Contains(code, "content_filter") || strings.Contains(code, "content_policy"):
		return &fault{err: failed(Refused, nil, "%s refuses to work on this text%s", p.Name, quoted(told))}
	case s == http.StatusTooManyRequests && strings.Contains(code, "insufficient_quota"):
		return &fault{err: failed(Rejected, nil, "the account at %s has no quota left%s", p.Name, quoted(told))}
	case s == http.StatusTooManyRequests, s == http.StatusConflict, s == http.StatusTooEarly:
		after := c.retryAfter(time.Now())
		return &fault{err: failed(Unavailable, nil, "%s has too many requests (%d)%s%s", p.Name, s, asking(after), quoted(told)), again: true, after: after}
	case s == http.StatusRequestTimeout, s >= 500:
		return &fault{err: failed(Unavailable, nil, "%s answers %d%s", p.Name, s, quoted(told)), again: true, down: true, after: c.retryAfter(time.Now())}
	default:
		return &fault{err: failed(Rejected, nil, "%s does not take the request (%d)%s", p.Name, s, quoted(told)), form: true, text: told + string(c.body[:min(len(c.body), 4096)])}
	}
}

// unreached is a fault without an answer of HTTP, or with half of one.
func (p *provider) unreached(ctx context.Context, err error) *fault {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &fault{err: fmt.Errorf("ask %s: %w", p.Name, context.Canceled)}
	case errors.Is(err, egress.ErrDenied):
		e, _ := errors.AsType[*apperr.Error](err)
		return &fault{err: failed(Rejected, err, "%s cannot be asked: %s", p.Name, e.Message)}
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		return &fault{err: failed(Unavailable, context.DeadlineExceeded, "%s has not answered in time", p.Name), down: true}
	}
	return &fault{err: failed(Unavailable, masked{p.mask(err.Error())}, "%s cannot be reached at %s", p.Name, p.BaseURL), again: true, down: true}
}

// masked is the text of an error in which the key is hidden.
type masked struct{ text string }

func (m masked) Error() string { return m.text }

// strange is an answer of 200 that is none: an error in disguise, HTML, or no
// choice.
func (p *provider) strange(c *call, told string, err error) *fault {
	f := &fault{again: true, down: true}
	switch body := bytes.TrimSpace(c.body); {
	case told != "":
		f.err = failed(Unavailable, nil, "%s answers with an error under status 200%s", p.Name, quoted(told))
	case bytes.HasPrefix(body, []byte("<")):
		f.err = failed(Unavailable, nil, "%s answers with HTML, so it speaks no OpenAI API at %s; look at the base URL, which often ends in /v1", p.Name, p.BaseURL)
		f.again = false
	case err != nil:
		f.err = failed(Unavailable, masked{p.mask(excerpt.Of(err.Error(), maxTold))}, "the answer of %s cannot be read", p.Name)
	default:
		f.err = failed(Unavailable, nil, "%s answers without any choice", p.Name)
	}
	return f
}

// keyWords are how endpoints name a wrong key that answer 400 to it.
var keyWords = regexp.MustCompile(`(?i)\bapi[ _-]?key`)

func asking(after time.Duration) string {
	if after == 0 {
		return ""
	}
	return fmt.Sprintf(" and asks to wait %s", after.Round(time.Millisecond))
}

func quoted(told string) string {
	told = strings.Join(strings.Fields(strings.ToValidUTF8(told, "")), " ")
	if told == "" {
		return ""
	}
	return ": " + excerpt.Of(told, maxTold)
}
