package webhooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
)

// Dial opens a connection, or refuses to.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Client returns an HTTP client for New. Each of its connections is opened by
// dial, also one to an address that a name leads to; it follows no redirect,
// asks no proxy, and bounds what an answer may hold. CloseIdleConnections ends
// it.
func Client(dial Dial) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dial,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
			MaxIdleConnsPerHost:    2,
			MaxIdleConns:           50,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// What is read of an answer's body: a receiver's explanation, or so much that
// the connection can be used again.
const (
	maxExplanation = 1 << 10 // bytes
	shownOfIt      = 200     // characters
	maxDrain       = 4 << 10 // bytes
	drainWithin    = time.Second
)

// answer is what came of one request.
type answer struct {
	status     int           // 0 without an answer
	problem    string        // why it is no success; empty for one
	retryAfter time.Duration // what the receiver asked for; 0 for nothing
	refused    bool          // by our own policy: no further try can help
}

// send makes one request. It fails only when ctx ends for a reason that is not
// the receiver's.
func (s *Service) send(ctx context.Context, address, eventID string, payload []byte, k keys) (answer, error) {
	limited, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	at := time.Now()
	signature, err := k.signature(eventID, at, payload)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(limited, http.MethodPost, address, bytes.NewReader(payload))
	if err != nil {
		return answer{problem: "the address cannot be used"}, nil
	}
	req.Header.Set("Content-Type", ContentType)
	req.Header.Set("User-Agent", "Semantest-Webhooks/1.0")
	req.Header.Set(standardwebhooks.HeaderWebhookID, eventID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return answer{}, fmt.Errorf("deliver a message: %w", context.Cause(ctx))
		}
		return s.unanswered(limited, err), nil
	}
	defer func() { _ = res.Body.Close() }() // nothing of it is needed any more
	return s.judge(res, cancel), nil
}

func (s *Service) judge(res *http.Response, cancel context.CancelFunc) answer {
	if res.StatusCode/100 == 2 {
		enough := time.AfterFunc(drainWithin, cancel)
		defer enough.Stop()
		_, _ = io.CopyN(io.Discard, res.Body, maxDrain) // the status has said it all
		return answer{status: res.StatusCode}
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxExplanation)) // so much as came in time
	a := answer{
		status: res.StatusCode, retryAfter: retryAfter(res.Header.Get("Retry-After"), time.Now()),
		problem: fmt.Sprintf("the receiver answered %d %s", res.StatusCode, http.StatusText(res.StatusCode)),
	}
	if res.StatusCode/100 == 3 {
		a.problem += "; redirects are not followed"
	}
	if shown := excerpt.Of(printable(text), shownOfIt); shown != "" {
		a.problem += ": " + shown
	}
	return a
}

func (s *Service) unanswered(limited context.Context, err error) answer {
	switch {
	case apperr.CodeOf(err) == apperr.Forbidden:
		return answer{problem: apperr.Message(err), refused: true}
	case limited.Err() != nil:
		return answer{problem: fmt.Sprintf("the receiver did not answer within %s", s.o.Timeout)}
	}
	// The outer error repeats the address, which may hold a token.
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	return answer{problem: "the receiver cannot be reached: " + excerpt.Of(printable([]byte(err.Error())), shownOfIt)}
}

// printable makes one line of text from what a receiver sent.
func printable(text []byte) string {
	clean := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(text), ""))
	return strings.Join(strings.Fields(clean), " ")
}
