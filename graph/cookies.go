package graph

import (
	"context"

	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/apperr"
)

// Cookies is where the tokens of a browser lie. It is in the context of requests
// that come from a page of this server.
type Cookies interface {
	RefreshToken() string // empty for none
	Set(t *accounts.Tokens)
	Clear()
}

type cookiesKey struct{}

// WithCookies returns a context whose operations may set cookies.
func WithCookies(ctx context.Context, c Cookies) context.Context {
	return context.WithValue(ctx, cookiesKey{}, c)
}

// cookies returns where tokens are to be set when that is asked for, else nil.
func cookies(ctx context.Context, wanted bool) (Cookies, error) {
	if !wanted {
		return nil, nil //nolint:nilnil // documented
	}
	c, ok := ctx.Value(cookiesKey{}).(Cookies)
	if !ok {
		return nil, apperr.New(apperr.Forbidden, "cookies are for pages of this server, over POST; leave cookies out to get the tokens themselves")
	}
	return c, nil
}

// presented returns the refresh token that is sent, or that of the cookie, and
// where it lies.
func presented(ctx context.Context, sent *string) (string, Cookies) {
	if sent != nil && *sent != "" {
		return *sent, nil
	}
	c, ok := ctx.Value(cookiesKey{}).(Cookies)
	if !ok {
		return "", nil
	}
	return c.RefreshToken(), c
}

// handOver sets the tokens as cookies, or returns them.
func handOver(t *accounts.Tokens, to Cookies) (access, refresh *string) {
	if to != nil {
		to.Set(t)
		return nil, nil
	}
	return &t.Access, &t.Refresh
}
