package keys

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/ident"
)

// Issuer and Audience stand in every access token. They are the same for all
// servers: what keeps two apart are their keys.
const (
	Issuer   = "semantest"
	Audience = "semantest"
)

const (
	// MaxToken is the length in bytes above which nothing is read.
	MaxToken = 4096
	// leeway is how far the clocks of two processes may be apart.
	leeway = 30 * time.Second
)

// Claims are what an access token says.
type Claims struct {
	UserID    string
	SessionID string
	ID        string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// payload is the body of a token.
type payload struct {
	jwt.Claims
	SessionID string `json:"sid"`
}

// Sign returns an access token for a session of a user, and when it expires.
func (r *Ring) Sign(ctx context.Context, userID, sessionID string) (token string, expires time.Time, err error) {
	signer, err := r.signing(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	now := r.o.Now().Truncate(time.Second)
	expires = now.Add(r.o.TokenLife)
	token, err = jwt.Signed(signer).Claims(payload{
		Claims: jwt.Claims{
			Issuer: Issuer, Audience: jwt.Audience{Audience}, Subject: userID, ID: ident.New(ident.Request),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(expires),
		},
		SessionID: sessionID,
	}).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign an access token: %w", err)
	}
	return token, expires, nil
}

// Why a token is refused, in the error's detail "reason".
const (
	Malformed    = "MALFORMED"
	BadAlgorithm = "ALGORITHM"
	UnknownKey   = "UNKNOWN_KEY"
	BadSignature = "SIGNATURE"
	BadIssuer    = "ISSUER"
	BadAudience  = "AUDIENCE"
	NotYetValid  = "NOT_YET_VALID"
	Expired      = "EXPIRED"
)

func refused(reason, format string, args ...any) error {
	return apperr.New(apperr.Unauthenticated, "the access token %s; sign in again", fmt.Sprintf(format, args...)).With("reason", reason)
}

// Looks reports whether a text has the form of an access token, which no other
// secret has.
func Looks(text string) bool { return strings.Count(text, ".") == 2 && strings.HasPrefix(text, "ey") }

// Verify returns the claims of an access token of ours that is valid now. An
// error has the code UNAUTHENTICATED and says why, unless the keys can't be read.
// Whether the session still is good, it does not know.
func (r *Ring) Verify(ctx context.Context, token string) (*Claims, error) {
	if len(token) > MaxToken {
		return nil, refused(Malformed, "is longer than %d bytes", MaxToken)
	}
	if alg, ok := algorithm(token); ok && alg != string(jose.EdDSA) {
		return nil, refused(BadAlgorithm, "is not signed as ours are")
	}
	signed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(signed.Headers) != 1 {
		return nil, refused(Malformed, "cannot be read")
	}
	key, ok, err := r.public(ctx, signed.Headers[0].KeyID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refused(UnknownKey, "is signed with a key that is not ours")
	}
	var p payload
	if err := signed.Claims(key, &p); err != nil {
		return nil, refused(BadSignature, "has no valid signature")
	}
	return p.check(r.o.Now())
}

// check judges what a valid signature vouches for.
func (p *payload) check(now time.Time) (*Claims, error) {
	switch {
	case p.Issuer != Issuer:
		return nil, refused(BadIssuer, "was issued by somebody else")
	case len(p.Audience) != 1 || p.Audience[0] != Audience:
		return nil, refused(BadAudience, "is for somebody else")
	case p.Expiry == nil || p.NotBefore == nil || p.IssuedAt == nil || p.ID == "" ||
		ident.Validate(ident.User, p.Subject) != nil || ident.Validate(ident.Session, p.SessionID) != nil:
		return nil, refused(Malformed, "lacks what each of ours has")
	case p.NotBefore.Time().After(now.Add(leeway)) || p.IssuedAt.Time().After(now.Add(leeway)):
		return nil, refused(NotYetValid, "is not valid yet")
	case !p.Expiry.Time().After(now):
		return nil, refused(Expired, "has expired")
	}
	return &Claims{
		UserID: p.Subject, SessionID: p.SessionID, ID: p.ID,
		IssuedAt: p.IssuedAt.Time(), ExpiresAt: p.Expiry.Time(),
	}, nil
}

// algorithm reads the algorithm that a token claims, so that a refusal can name
// the reason. Nothing is decided by it: the parser takes one algorithm only.
func algorithm(token string) (string, bool) {
	head, _, ok := strings.Cut(token, ".")
	if !ok {
		return "", false
	}
	var h struct {
		Algorithm *string `json:"alg"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || json.Unmarshal(raw, &h) != nil || h.Algorithm == nil {
		return "", false
	}
	return *h.Algorithm, true
}
