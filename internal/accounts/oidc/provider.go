package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/semantest/semantest/internal/apperr"
)

// Config says who the provider is and who we are to it.
type Config struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Scopes       []string // beside openid; email and profile when empty
	RedirectURL  string   // where the provider sends people back to
}

// Sealer encrypts what lies in the cookie.
type Sealer interface {
	Seal(plain []byte, context string) []byte
	Open(sealed []byte, context string) ([]byte, error)
}

// Times and sizes.
const (
	// Within is how long somebody may take to sign in at the provider.
	Within = 10 * time.Minute

	requestWithin = 10 * time.Second
	maxAnswer     = 1 << 20 // bytes of any answer of the provider
	maxCode       = 4096    // bytes of what the browser brings back
	sealedFor     = "oidc sign-in"
)

// Provider talks to one provider. Its methods may be called from many goroutines.
type Provider struct {
	config Config
	sealer Sealer
	client *http.Client

	asking singleflight.Group
	found  atomic.Pointer[discovered] // nil until somebody signs in
}

// discovered is what the provider says about itself.
type discovered struct {
	endpoint oauth2.Endpoint
	verifier *oidc.IDTokenVerifier
}

// New returns a provider, which is looked up when somebody signs in, through a
// client that bounds the time of a request.
func New(c Config, sealer Sealer, client *http.Client) *Provider {
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"email", "profile"}
	}
	if !slices.Contains(c.Scopes, oidc.ScopeOpenID) {
		c.Scopes = append([]string{oidc.ScopeOpenID}, c.Scopes...)
	}
	cut := *client
	cut.Transport = bounded{client.Transport}
	return &Provider{config: c, sealer: sealer, client: &cut}
}

// bounded cuts answers off, since the libraries read them to their end.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}

// CloseIdleConnections lets http.Client pass its own on.
func (b bounded) CloseIdleConnections() {
	if c, ok := b.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// attempt is what the browser must bring back to end the sign-in that it began.
type attempt struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Until    time.Time `json:"u"`
}

// Start returns the address at which somebody signs in, and what the browser
// must bring back as a cookie.
func (p *Provider) Start(ctx context.Context) (address, cookie string, err error) {
	provider, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	a := attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Until: time.Now().Add(Within)}
	text, err := json.Marshal(a)
	if err != nil {
		return "", "", fmt.Errorf("encode the sign-in: %w", err)
	}
	address = p.oauth(provider).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier))
	return address, base64.RawURLEncoding.EncodeToString(p.sealer.Seal(text, sealedFor)), nil
}

// Identity is whom the provider vouches for.
type Identity struct {
	Issuer, Subject, Email, Name string
	EmailVerified                bool
}

// Finish returns who signed in, from the cookie of Start and what the provider
// gave the browser.
func (p *Provider) Finish(ctx context.Context, cookie, state, code string) (*Identity, error) {
	a, err := p.open(cookie)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(state), []byte(a.State)) != 1 {
		return nil, apperr.New(apperr.Unauthenticated, "this is not the answer to a sign-in that this browser began; begin again")
	}
	if code == "" || len(code) > maxCode {
		return nil, apperr.New(apperr.Unauthenticated, "the identity provider sent no code; begin the sign-in again")
	}
	provider, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), 2*requestWithin)
	defer cancel()
	token, err := p.oauth(provider).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return nil, apperr.Wrap(quiet(err), apperr.Unauthenticated, "the identity provider does not take the code back; begin the sign-in again")
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, apperr.New(apperr.Unauthenticated, "the identity provider gave no ID token")
	}
	verified, err := provider.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unauthenticated, "the ID token of the identity provider is not valid")
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(a.Nonce)) != 1 {
		return nil, apperr.New(apperr.Unauthenticated, "the ID token is not the answer to this sign-in; begin again")
	}
	return identity(verified)
}

// asymmetric are the algorithms of ID tokens that are taken: never none, and
// never one with a shared secret.
var asymmetric = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// identity reads what an ID token says. Some providers write booleans as text.
func identity(token *oidc.IDToken) (*Identity, error) {
	var claims struct {
		Email         string `json:"email"`
		EmailVerified any    `json:"email_verified"`
		Name          string `json:"name"`
	}
	if err := token.Claims(&claims); err != nil {
		return nil, apperr.Wrap(err, apperr.Unauthenticated, "the ID token of the identity provider cannot be read")
	}
	return &Identity{
		Issuer: token.Issuer, Subject: token.Subject, Email: claims.Email, Name: claims.Name,
		EmailVerified: claims.EmailVerified == true || claims.EmailVerified == "true",
	}, nil
}

func (p *Provider) open(cookie string) (a attempt, err error) {
	gone := apperr.New(apperr.Unauthenticated, "the sign-in took too long, or was begun in another browser; begin again")
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(sealed) == 0 || len(sealed) > maxCode {
		return a, gone
	}
	text, err := p.sealer.Open(sealed, sealedFor)
	if err != nil || json.Unmarshal(text, &a) != nil || time.Now().After(a.Until) || a.State == "" {
		return attempt{}, gone
	}
	return a, nil
}

func (p *Provider) oauth(d *discovered) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, RedirectURL: p.config.RedirectURL,
		Endpoint: d.endpoint, Scopes: p.config.Scopes,
	}
}

// discover looks the provider up once it is needed, and again where that failed.
// Whoever comes meanwhile waits for the same answer.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	if d := p.found.Load(); d != nil {
		return d, nil
	}
	asked := p.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), requestWithin)
		defer cancel()
		provider, err := oidc.NewProvider(ctx, p.config.Issuer)
		if err != nil {
			return nil, err
		}
		p.found.Store(&discovered{
			endpoint: provider.Endpoint(),
			verifier: provider.Verifier(&oidc.Config{ClientID: p.config.ClientID, SupportedSigningAlgs: asymmetric}),
		})
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-asked:
		if r.Err != nil {
			return nil, apperr.Wrap(r.Err, apperr.Unavailable, "the identity provider does not answer; try again in a moment")
		}
		return p.found.Load(), nil
	}
}

// quiet keeps a provider's answer, which may hold anything, out of logs.
func quiet(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%.200s", text)
}
