package accounts_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/auth/password"
	"github.com/semantest/semantest/internal/ratelimit"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

const (
	adminEmail = "root@example.com"
	adminPass  = "correct horse battery"
	address    = "192.0.2.7"
)

// plain seals nothing: what is kept is not the subject here.
type plain struct{}

func (plain) Seal(b []byte, _ string) []byte          { return b }
func (plain) Open(b []byte, _ string) ([]byte, error) { return b, nil }

// world is an instance with its first administrator.
type world struct {
	t     testing.TB
	db    *store.Store
	keys  *keys.Ring
	auth  *auth.Service
	s     *accounts.Service
	began time.Time
	ahead atomic.Int64 // only the test lets time pass
	ctx   context.Context
	admin *ent.User
}

func (w *world) now() time.Time        { return w.began.Add(time.Duration(w.ahead.Load())) }
func (w *world) pass(by time.Duration) { w.ahead.Add(int64(by)) }

func newWorld(t *testing.T, change ...func(*accounts.Deps)) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), began: time.Now()}
	w.keys = keys.New(w.db, plain{}, keys.Options{})
	w.auth = auth.New(w.db, auth.WithSessions(w.keys), auth.WithMemory())
	limits := ratelimit.New(nil, slog.New(slog.DiscardHandler))
	d := accounts.Deps{
		Store: w.db, Auth: w.auth, Signer: w.keys, Passwords: password.New(password.Options{}), Now: w.now,
		ByAccount: limits.Exact(ratelimit.Limit{Name: "logins to this account", Max: 5, Per: 15 * time.Minute}),
		ByAddress: limits.Exact(ratelimit.Limit{Name: "logins from this address", Max: 50, Per: 15 * time.Minute}),
	}
	for _, c := range change {
		c(&d)
	}
	w.s = accounts.New(d)
	w.ctx = from(t.Context(), address)
	first, err := w.s.EnsureAdministrator(w.ctx, adminEmail, adminPass)
	if err != nil || first == nil {
		t.Fatalf("the first administrator: %+v, %v", first, err)
	}
	w.admin = first.User
	return w
}

func from(ctx context.Context, address string) context.Context {
	return audit.From(ctx, audit.Origin{Address: address, UserAgent: "tests"})
}

// login signs somebody in who must be able to.
func (w *world) login(email, pass string) *accounts.Tokens {
	w.t.Helper()
	t, err := w.s.Login(w.ctx, email, pass)
	if err != nil {
		w.t.Fatalf("log %s in: %v", email, err)
	}
	return t
}

// as returns the context of a request with an access token.
func (w *world) as(t *accounts.Tokens) context.Context {
	w.t.Helper()
	p, err := w.auth.Authenticate(w.ctx, t.Access)
	if err != nil {
		w.t.Fatalf("authenticate %s: %v", t.User.Email, err)
	}
	return auth.With(w.ctx, p)
}

// user makes an account with the usual password.
func (w *world) user(email string) *ent.User {
	w.t.Helper()
	u, err := w.s.CreateUser(w.as(w.login(adminEmail, adminPass)), accounts.NewUser{Email: email, Password: adminPass})
	if err != nil {
		w.t.Fatalf("make %s: %v", email, err)
	}
	return u
}

// valid reports whether an access token is taken.
func (w *world) valid(t *accounts.Tokens) bool {
	w.t.Helper()
	_, err := w.auth.Authenticate(w.ctx, t.Access)
	if err != nil && apperr.CodeOf(err) != apperr.Unauthenticated {
		w.t.Fatal(err)
	}
	return err == nil
}

// entries returns the audit log of one action, the oldest first.
func (w *world) entries(action string, outcome auditentry.Outcome) []*ent.AuditEntry {
	w.t.Helper()
	rows, err := w.db.Ent.AuditEntry.Query().Where(auditentry.Action(action), auditentry.OutcomeEQ(outcome)).
		Order(auditentry.ByAt(), auditentry.ByID()).All(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Address != address && r.ActorKind != auditentry.ActorKindSystem {
			w.t.Errorf("entry %s is from the address %q", r.Action, r.Address)
		}
	}
	return rows
}

func code(t *testing.T, err error, want apperr.Code) {
	t.Helper()
	if apperr.CodeOf(err) != want {
		t.Errorf("got %v, want the code %s", err, want)
	}
}
