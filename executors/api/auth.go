package api

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
	"github.com/semantest/semantest/internal/spec"
)

// authorize puts into a request what shows who it is from. A header that the
// plan gives itself stays.
func (a *attempt) authorize(ctx context.Context, out *request) error {
	auth := out.auth
	switch {
	case auth == nil || out.header.Get("Authorization") != "" && auth.HMAC == nil:
		return nil
	case auth.Basic != nil:
		pair := auth.Basic.Username + ":" + auth.Basic.Password
		out.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	case auth.Bearer != "":
		out.header.Set("Authorization", "Bearer "+auth.Bearer)
	case auth.OAuth2 != nil:
		token, err := a.token(ctx, *auth.OAuth2)
		if err != nil {
			return err
		}
		out.header.Set("Authorization", token.Type()+" "+token.AccessToken)
	case auth.HMAC != nil:
		sign(*auth.HMAC, out, time.Now())
	}
	return nil
}

// sign signs a request with a shared secret.
func sign(h spec.HMAC, out *request, now time.Time) {
	over, header := h.Over, h.Header
	if over == "" {
		over = "{body}"
	}
	if header == "" {
		header = "X-Signature"
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	if strings.Contains(over, "{timestamp}") {
		out.header.Set("X-Timestamp", timestamp)
	}
	path := out.url.EscapedPath()
	if path == "" {
		path = "/"
	}
	text := strings.NewReplacer("{method}", out.method, "{path}", path, "{query}", out.url.RawQuery,
		"{timestamp}", timestamp, "{body}", string(out.body)).Replace(over)
	algorithm := map[string]func() hash.Hash{"": sha256.New, "sha256": sha256.New, "sha512": sha512.New, "sha1": sha1.New}[h.Algorithm]
	mac := hmac.New(algorithm, []byte(h.Secret))
	_, _ = io.WriteString(mac, text) // a hash never fails
	signature := hex.EncodeToString(mac.Sum(nil))
	if h.Encoding == "base64" {
		signature = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	out.header.Set(header, h.Prefix+signature)
}

// tokens are the sources of access tokens of an attempt.
type tokens struct {
	mu      sync.Mutex
	sources map[string]oauth2.TokenSource
}

// token asks for an access token, once in an attempt for the same client, and
// again when it has expired.
func (a *attempt) token(ctx context.Context, o spec.OAuth2) (*oauth2.Token, error) {
	address, err := a.task.Scope.ResolveURL(o.TokenURL)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	client := &http.Client{Transport: a.roundTripper(), Timeout: a.task.Use.StepTimeout.Or(defaultStepTimeout)}
	// The source outlives the step, so it gets the context of the attempt.
	ctx = context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, client)
	key := fmt.Sprintf("%q", []any{address, o.ClientID, o.ClientSecret, o.RefreshToken, o.Scopes, o.Params})
	a.tokens.mu.Lock()
	defer a.tokens.mu.Unlock()
	source := a.tokens.sources[key]
	if source == nil {
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
		if a.tokens.sources == nil {
			a.tokens.sources = map[string]oauth2.TokenSource{}
		}
		a.tokens.sources[key] = source
	}
	token, err := source.Token()
	if err != nil {
		return nil, tokenProblem(err, address)
	}
	return token, nil
}

func tokenProblem(err error, address string) error {
	name := address
	if u, parseErr := url.Parse(address); parseErr == nil {
		name = originOf(u).name
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.Response != nil {
		text := fmt.Sprintf("%s gave no access token: it answered %s", name, e.Response.Status)
		if e.ErrorCode != "" {
			text += " (" + e.ErrorCode + ")"
		}
		return executors.Failf("%s", oneLine(excerpt(text, maxCause)))
	}
	return executors.Errorf("%s gave no access token: %s", name, cause(err))
}

// digestTransport answers the challenge of a target. The library drains what
// comes with the challenge, so it gets a bounded part of it, and anew where
// there was no challenge.
func digestTransport(c spec.Credentials, inner http.RoundTripper) http.RoundTripper {
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
