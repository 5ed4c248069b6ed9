package httpauth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some targets still ask for it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Request is what is to show who it is from.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header // is written to
	Body   []byte
	Open   func() io.ReadCloser // a body that is read while it is sent, instead of Body
}

// Via is how access tokens are asked for.
type Via struct {
	Scope     *spec.Scope // completes relative addresses, and learns what is secret
	Transport http.RoundTripper
	Timeout   time.Duration // of one request for a token
	Shown     bool          // credentials are not made secret: a load has too many users for it
}

// Tokens keeps the access tokens of one attempt; the zero value is empty. It may
// be used by several goroutines.
type Tokens struct {
	mu      sync.Mutex
	ctx     context.Context // of who asks at the moment
	sources map[string]oauth2.TokenSource
}

// Authorize puts into a request what shows who it is from; auth is filled in
// already. A header that the plan gives itself stays. Digest, which answers a
// challenge, is a transport instead: see Digest. The credentials are hidden from
// then on.
func (t *Tokens) Authorize(ctx context.Context, auth *spec.Auth, out Request, via Via) error {
	if err := t.identify(ctx, auth, out, via); err != nil || via.Shown {
		return err
	}
	return conceal(via.Scope, credentials(auth, out.Header)...)
}

func (t *Tokens) identify(ctx context.Context, auth *spec.Auth, out Request, via Via) error {
	switch {
	case auth == nil || out.Header.Get("Authorization") != "" && auth.HMAC == nil:
		return nil
	case auth.Basic != nil:
		pair := auth.Basic.Username + ":" + auth.Basic.Password
		out.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	case auth.Bearer != "":
		out.Header.Set("Authorization", "Bearer "+auth.Bearer)
	case auth.OAuth2 != nil:
		token, err := t.token(ctx, *auth.OAuth2, via)
		if err != nil {
			return err
		}
		out.Header.Set("Authorization", token.Type()+" "+token.AccessToken)
	case auth.HMAC != nil:
		return sign(*auth.HMAC, out, time.Now())
	}
	return nil
}

// sign signs a request with a shared secret.
func sign(h spec.HMAC, out Request, now time.Time) error {
	over, header := h.Over, h.Header
	if over == "" {
		over = "{body}"
	}
	if header == "" {
		header = "X-Signature"
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	if strings.Contains(over, "{timestamp}") {
		out.Header.Set("X-Timestamp", timestamp)
	}
	path := out.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	fill := strings.NewReplacer("{method}", out.Method, "{path}", path, "{query}", out.URL.RawQuery, "{timestamp}", timestamp)
	algorithm := map[string]func() hash.Hash{"": sha256.New, "sha256": sha256.New, "sha512": sha512.New, "sha1": sha1.New}[h.Algorithm]
	mac := hmac.New(algorithm, []byte(h.Secret))
	for i, text := range strings.Split(over, "{body}") {
		if i > 0 {
			if err := out.copyBody(mac); err != nil {
				return err
			}
		}
		_, _ = fill.WriteString(mac, text) // a hash never fails
	}
	signature := hex.EncodeToString(mac.Sum(nil))
	if h.Encoding == "base64" {
		signature = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	out.Header.Set(header, h.Prefix+signature)
	return nil
}

func (r Request) copyBody(to io.Writer) error {
	if r.Open == nil {
		_, err := to.Write(r.Body)
		return err
	}
	body := r.Open()
	_, err := io.Copy(to, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return executors.Errorf("the body of the request cannot be read: %w", err)
	}
	return nil
}

// token asks for an access token, once in an attempt for the same client, and
// again when it has expired.
func (t *Tokens) token(ctx context.Context, o spec.OAuth2, via Via) (*oauth2.Token, error) {
	address, err := via.Scope.ResolveURL(o.TokenURL)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, via.Timeout)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ctx = ctx
	token, err := t.source(ctx, o, address, via.Transport).Token()
	if err != nil {
		return nil, tokenProblem(err, address)
	}
	return token, conceal(via.Scope, token.AccessToken, token.RefreshToken, o.ClientSecret, o.RefreshToken)
}

// source is where the tokens of a client come from. It outlives the step that
// made it, so its requests end with whoever asks, not with who asked first.
func (t *Tokens) source(ctx context.Context, o spec.OAuth2, address string, transport http.RoundTripper) oauth2.TokenSource {
	key := fmt.Sprintf("%q", []any{address, o.ClientID, o.ClientSecret, o.RefreshToken, o.Scopes, o.Params})
	if source := t.sources[key]; source != nil {
		return source
	}
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return transport.RoundTrip(r.WithContext(t.ctx)) //nolint:contextcheck // of who asks, see above
	})}
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, client)
	var source oauth2.TokenSource
	if o.RefreshToken != "" {
		config := oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: address}}
		source = config.TokenSource(ctx, &oauth2.Token{RefreshToken: o.RefreshToken})
	} else {
		params := url.Values{}
		for name, value := range o.Params {
			params.Set(name, value)
		}
		config := clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: address, Scopes: o.Scopes, EndpointParams: params}
		source = config.TokenSource(ctx)
	}
	if t.sources == nil {
		t.sources = map[string]oauth2.TokenSource{}
	}
	t.sources[key] = source
	return source
}

func tokenProblem(err error, address string) error {
	name := address
	if u, parseErr := url.Parse(address); parseErr == nil {
		name = u.Scheme + "://" + u.Host
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.Response != nil {
		text := fmt.Sprintf("%s gave no access token: it answered %s", name, e.Response.Status)
		if e.ErrorCode != "" {
			text += " (" + e.ErrorCode + ")"
		}
		return executors.Failf("%s", oneLine(text))
	}
	return &executors.Failure{Outcome: spec.OutcomeErrored, Message: name + " gave no access token: " + cause(err), Err: err}
}

// Digest answers the challenge of a target. The library drains what comes with
// the challenge, so it gets a bounded part of it, and anew where there was no
// challenge.
func Digest(c spec.Credentials, inner http.RoundTripper) http.RoundTripper {
	return &digest.Transport{Username: c.Username, Password: c.Password, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := inner.RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		const most = 64 << 10
		data, err := io.ReadAll(io.LimitReader(resp.Body, most))
		if closeErr := resp.Body.Close(); err == nil {
			err = closeErr
		}
		resp.Body = rewinding{bytes.NewReader(data)}
		return resp, err
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// rewinding begins anew when it is closed.
type rewinding struct{ *bytes.Reader }

// Close implements io.Closer.
func (r rewinding) Close() error {
	_, err := r.Seek(0, io.SeekStart)
	return err
}

// cause is what a driver says without the address, on one line, bounded: it may
// quote the target.
func cause(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return oneLine(err.Error())
}

func oneLine(text string) string {
	const most = 300
	return excerpt.Line(text, most)
}
