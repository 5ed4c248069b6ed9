package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/password"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Attempts counts attempts of a key, any text. Take refuses with RATE_LIMITED
// what is too much; Reset forgets a key.
type Attempts interface {
	Take(ctx context.Context, key string) error
	Reset(ctx context.Context, key string) error
}

// Signer signs the access tokens of sessions.
type Signer interface {
	Sign(ctx context.Context, userID, sessionID string) (token string, expires time.Time, err error)
}

// Deps are what New needs.
type Deps struct {
	Store     *store.Store
	Auth      *auth.Service
	Signer    Signer
	Passwords *password.Hasher
	ByAccount Attempts // logins of an account, whatever their address; a success forgets them
	ByAddress Attempts // logins from an address, whatever their account
	Logger    *slog.Logger

	Domains     []string  // of e-mail addresses that an identity provider may vouch for; all when empty
	DefaultRole auth.Role // in the default project, of whom an identity provider brings first; none when empty

	Now func() time.Time // tests set it
}

// Service keeps users and their sessions.
type Service struct {
	Deps
	stop   context.CancelFunc
	ending sync.WaitGroup
}

// New returns the service.
func New(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	d.Logger = cmp.Or(d.Logger, slog.New(slog.DiscardHandler))
	return &Service{Deps: d}
}

// Times of sessions.
const (
	RefreshLife = 7 * 24 * time.Hour  // of a refresh token, and of a session that is not refreshed
	Grace       = 10 * time.Second    // in which a used refresh token gives another one: two tabs
	keepEnded   = 30 * 24 * time.Hour // how long ended sessions are kept
	pruneEvery  = time.Hour
	pruneAtMost = 10_000 // sessions at once
)

// Tokens are what a sign-in or a refresh gives.
type Tokens struct {
	User           *ent.User
	SessionID      string
	Access         string // a JWT
	AccessExpires  time.Time
	Refresh        string // opaque, good for one exchange
	RefreshExpires time.Time
}

// usersLock is the name of the advisory lock under which accounts are made and
// administrators change.
const usersLock = "semantest.users"

func lockUsers(ctx context.Context, tx *store.Tx) error {
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", usersLock); err != nil {
		return fmt.Errorf("wait for other changes of users: %w", err)
	}
	return nil
}

// normalize returns an e-mail address as it is stored.
func normalize(field, email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return "", apperr.Invalid(field, "an e-mail address is needed, such as ann@example.com")
	}
	return email, nil
}

// userOf returns the caller when it is a user.
func userOf(ctx context.Context) (*auth.Principal, error) {
	p, err := auth.Signed(ctx)
	if err != nil {
		return nil, err
	}
	if p.UserID == "" || p.SessionID == "" {
		return nil, apperr.New(apperr.Forbidden, "this is for people who have signed in; an API token has no account")
	}
	return p, nil
}

func actor(u *ent.User) audit.Actor { return audit.Actor{Kind: audit.User, ID: u.ID, Name: u.Email} }

// refuse records what was asked for and not done, and returns why.
func (s *Service) refuse(ctx context.Context, e audit.Entry, reason string, why error) error {
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	e.Detail["reason"] = reason
	// Who hangs up early must not stay out of the log.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(why, audit.Refused(store.AllProjects(ctx), s.Store.Ent.AuditEntry, e))
}

func missing(t ident.Type, id string) error {
	if err := ident.Validate(t, id); err != nil {
		return err
	}
	return apperr.New(apperr.NotFound, "there is no %s %s", t.Noun(), id)
}

// Start removes what is old from time to time, until Stop.
func (s *Service) Start(ctx context.Context) {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.ending.Go(func() {
		tick := time.NewTicker(pruneEvery)
		defer tick.Stop()
		for {
			if n, err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Logger.Warn("old sessions could not be removed", "error", err)
			} else if n > 0 {
				s.Logger.Info("old sessions were removed", "sessions", n)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// Stop ends what Start began.
func (s *Service) Stop() {
	if s.stop != nil {
		s.stop()
		s.ending.Wait()
	}
}
