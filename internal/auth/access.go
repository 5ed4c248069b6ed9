package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/store"
)

// Verifier reads the access tokens of users.
type Verifier interface {
	Verify(ctx context.Context, token string) (*keys.Claims, error)
}

// Remember is for how long a server takes a secret for what it was: what is
// revoked elsewhere stops within this time.
const Remember = 2 * time.Second

const (
	maxPrincipals = 20_000 // remembered at once
	maxHint       = 100    // bytes of a project's id or slug
	lookUpWithin  = 10 * time.Second
)

type hintKey struct{}

// ProjectHint returns a context whose Authenticate acts in a project, by its id
// or slug. Empty leaves the choice to the secret.
func ProjectHint(ctx context.Context, project string) context.Context {
	return context.WithValue(ctx, hintKey{}, project)
}

func hintOf(ctx context.Context) string {
	hint, _ := ctx.Value(hintKey{}).(string)
	return hint
}

type presentedKey struct{}

// Presented returns a context that keeps the secret that a request came with, so
// that it can be looked up again for another project.
func Presented(ctx context.Context, secret string) context.Context {
	return context.WithValue(ctx, presentedKey{}, secret)
}

// Secret returns the secret that a request came with, empty for none.
func Secret(ctx context.Context) string {
	secret, _ := ctx.Value(presentedKey{}).(string)
	return secret
}

// Authenticate returns the principal of a secret, an API token or an access
// token, in the project of ProjectHint. A project in which the caller has no
// place answers like one that does not exist. Nobody may change what it returns.
func (s *Service) Authenticate(ctx context.Context, secret string) (*Principal, error) {
	if len(secret) > keys.MaxToken {
		return nil, refusedSecret
	}
	hint := hintOf(ctx)
	if len(hint) > maxHint {
		return nil, noProject(hint)
	}
	if s.known == nil {
		return s.lookUp(ctx, secret, hint)
	}
	key := remembered{sha256.Sum256([]byte(secret)), hint}
	if p, ok := s.known.get(key); ok {
		return p, nil
	}
	return s.once(ctx, key, secret)
}

// once lets one caller look a secret up for all who wait for the same. Who hangs
// up does not end it for the others.
func (s *Service) once(ctx context.Context, key remembered, secret string) (*Principal, error) {
	found := s.flights.DoChan(string(key.secret[:])+key.hint, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpWithin)
		defer cancel()
		began, age := time.Now(), s.known.age()
		p, err := s.lookUp(ctx, secret, key.hint)
		if err == nil {
			s.known.add(key, p, began, age)
		}
		return p, err
	})
	select {
	case <-ctx.Done():
		err := context.Cause(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = apperr.Wrap(err, apperr.Unavailable, "the database does not answer; try again in a moment")
		}
		return nil, err
	case r := <-found:
		p, _ := r.Val.(*Principal)
		return p, r.Err
	}
}

var refusedSecret = apperr.New(apperr.Unauthenticated, "the API token is not valid; make one with: semantest token create")

func (s *Service) lookUp(ctx context.Context, secret, hint string) (*Principal, error) {
	ctx = store.AllProjects(ctx) // whose project it is, only the secret tells
	if s.verifier != nil && keys.Looks(secret) {
		claims, err := s.verifier.Verify(ctx, secret)
		if err != nil {
			return nil, err
		}
		return s.ofSession(ctx, claims, hint)
	}
	p, err := s.ofToken(ctx, secret)
	if err != nil || hint == "" || hint == p.ProjectID {
		return p, err
	}
	own, err := s.Project(ctx, p.ProjectID)
	if err != nil {
		return nil, err
	}
	if own.Slug != hint {
		return nil, noProject(hint)
	}
	return p, nil
}

func noProject(name string) error {
	return apperr.New(apperr.NotFound, "there is no project %.*q", maxHint, name)
}

// Forget has the next request of everybody looked up again. Who revokes
// something calls it once that is durable, so that it holds in this process at
// once.
func (s *Service) Forget() {
	if s.known != nil {
		s.known.forget()
	}
}

// Key identifies what a principal may do: it is of no use any more as soon as
// its session or token ends, or may do something else in its project. It is
// empty where there is nothing to look up.
func (p *Principal) Key() string {
	switch {
	case p.SessionID != "":
		return strings.Join(append([]string{p.SessionID, p.ProjectID}, named(p.Permissions)...), "/")
	case p.ServiceAccountID != "":
		return strings.Join(append([]string{p.TokenID}, named(p.Permissions)...), "/")
	}
	return p.TokenID
}

func named(permissions []Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = string(p)
	}
	return out
}

// Refused returns those of some principals, by Key, that may not do any more
// what they could.
func (s *Service) Refused(ctx context.Context, all []string) ([]string, error) {
	ctx = store.AllProjects(ctx)
	var tokens, sessions []string
	for _, key := range all {
		if id, _, _ := strings.Cut(key, "/"); strings.HasPrefix(id, "ses_") {
			sessions = append(sessions, key)
		} else {
			tokens = append(tokens, key)
		}
	}
	valid := map[string]bool{}
	if err := s.validTokens(ctx, ids(tokens), valid); err != nil {
		return nil, fmt.Errorf("look tokens up: %w", err)
	}
	if err := s.validSessions(ctx, sessions, valid); err != nil {
		return nil, fmt.Errorf("look sessions up: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(key string) bool { return valid[key] }), nil
}

// ids returns what some keys begin with.
func ids(all []string) []string {
	out := make([]string, len(all))
	for i, key := range all {
		out[i], _, _ = strings.Cut(key, "/")
	}
	return out
}

// principals remembers who secrets are.
type principals struct {
	mu   sync.Mutex
	lru  *simplelru.LRU[remembered, recent]
	ages int // how often everything was forgotten
	now  func() time.Time
}

// remembered is what a principal depends on. The secret itself is not kept.
type remembered struct {
	secret [sha256.Size]byte
	hint   string
}

type recent struct {
	principal *Principal
	at        time.Time
}

func newPrincipals() *principals {
	lru, err := simplelru.NewLRU[remembered, recent](maxPrincipals, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &principals{lru: lru, now: time.Now}
}

func (c *principals) get(key remembered) (*Principal, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.lru.Get(key)
	if !ok {
		return nil, false
	}
	now := c.now()
	if now.Sub(r.at) >= Remember || !r.principal.ExpiresAt.IsZero() && !now.Before(r.principal.ExpiresAt) {
		c.lru.Remove(key)
		return nil, false
	}
	return r.principal, true
}

func (c *principals) age() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ages
}

// add remembers what was looked up from a time on, unless everything was
// forgotten since: then it may have been read before what was changed.
func (c *principals) add(key remembered, p *Principal, at time.Time, age int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ages == age {
		c.lru.Add(key, recent{p, at})
	}
}

func (c *principals) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Purge()
	c.ages++
}

// Option changes what New returns.
type Option func(*Service)

// WithSessions has the service take the access tokens of users.
func WithSessions(v Verifier) Option { return func(s *Service) { s.verifier = v } }

// WithMemory has the service remember for a moment who a secret is.
func WithMemory() Option {
	return func(s *Service) { s.known, s.flights = newPrincipals(), new(singleflight.Group) }
}
