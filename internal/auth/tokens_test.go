package auth_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/token"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestTokenGivesItsPrincipal(t *testing.T) {
	t.Parallel()
	_, s, project := setUp(t)
	for _, tt := range []struct {
		name        string
		asked, want []auth.Permission
	}{
		{"by default all but admin", nil, []auth.Permission{auth.Read, auth.Write, auth.Execute}},
		{"chosen", []auth.Permission{auth.Read}, []auth.Permission{auth.Read}},
		{"admin", []auth.Permission{auth.Admin}, []auth.Permission{auth.Admin}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row, secret, err := s.CreateToken(t.Context(), auth.NewToken{ProjectID: project.ID, Name: tt.name, Permissions: tt.asked})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Authenticate(t.Context(), secret)
			if err != nil {
				t.Fatal(err)
			}
			want := &auth.Principal{Kind: audit.Token, Name: tt.name, ProjectID: project.ID, TokenID: row.ID, Permissions: tt.want}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecretIsNotKept(t *testing.T) {
	t.Parallel()
	db, s, project := setUp(t)
	row, secret := newToken(t, s, project, 0)
	if !strings.HasPrefix(secret, "smt_") || len(secret) < 40 {
		t.Errorf("the secret has %d characters and begins with %s", len(secret), secret[:4])
	}
	var found int
	err := db.DB.QueryRowContext(t.Context(),
		"SELECT count(*) FROM tokens WHERE strpos(tokens::text, $1) > 0 OR strpos(encode(hash, 'escape'), $1) > 0", secret[4:]).Scan(&found)
	if err != nil || found != 0 {
		t.Errorf("the secret stands in %d rows (%v)", found, err)
	}
	if strings.Contains(row.String(), secret) {
		t.Error("the row prints the secret")
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	db, s, project := setUp(t)
	_, good := newToken(t, s, project, 0)
	expired, expiredSecret := newToken(t, s, project, time.Hour)
	set(t, db.Ent.Token.UpdateOneID(expired.ID).SetExpiresAt(time.Now().Add(-time.Second)))
	revoked, revokedSecret := newToken(t, s, project, 0)
	set(t, db.Ent.Token.UpdateOneID(revoked.ID).SetRevokedAt(time.Now()))

	for _, tt := range []struct{ name, secret, says string }{
		{"empty", "", "not valid"},
		{"another prefix", "ghp_" + good[4:], "not valid"},
		{"no prefix", good[4:], "not valid"},
		{"unknown", "smt_" + strings.Repeat("A", 43), "not valid"},
		{"one character less", good[:len(good)-1], "not valid"},
		{"one character more", good + "A", "not valid"},
		{"other capitals", strings.ToUpper(good), "not valid"},
		{"huge", "smt_" + strings.Repeat("A", 1<<20), "not valid"},
		{"a NUL", "smt_\x00", "not valid"},
		{"the token's id", expired.ID, "not valid"},
		{"expired", expiredSecret, "expired or was revoked"},
		{"revoked", revokedSecret, "expired or was revoked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := s.Authenticate(t.Context(), tt.secret)
			if apperr.CodeOf(err) != apperr.Unauthenticated || p != nil {
				t.Fatalf("Authenticate = %v, %v; want UNAUTHENTICATED", p, err)
			}
			if !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "semantest token create") {
				t.Errorf("the message is %q", err)
			}
		})
	}
	if _, err := s.Authenticate(t.Context(), good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestTokenExpiresByItself(t *testing.T) {
	t.Parallel()
	_, s, project := setUp(t)
	row, secret := newToken(t, s, project, time.Hour)
	if row.ExpiresAt == nil || time.Until(*row.ExpiresAt) < 59*time.Minute || time.Until(*row.ExpiresAt) > time.Hour {
		t.Errorf("a token for an hour expires at %v", row.ExpiresAt)
	}
	if _, err := s.Authenticate(t.Context(), secret); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	if forever, _ := newToken(t, s, project, 0); forever.ExpiresAt != nil {
		t.Errorf("a token without a limit expires at %v", forever.ExpiresAt)
	}
}

// TestLastUseIsNotedRarely keeps each request from writing a row.
func TestLastUseIsNotedRarely(t *testing.T) {
	t.Parallel()
	db, s, project := setUp(t)
	row, secret := newToken(t, s, project, 0)
	use := func() time.Time {
		t.Helper()
		if _, err := s.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		at, err := db.Ent.Token.Query().Where(token.ID(row.ID)).Only(t.Context())
		if err != nil || at.LastUsedAt == nil {
			t.Fatalf("last use: %v, %v", at, err)
		}
		return *at.LastUsedAt
	}
	first := use()
	if again := use(); !again.Equal(first) {
		t.Errorf("a second use at once was noted too: %s, %s", first, again)
	}
	long := time.Now().Add(-2 * time.Minute)
	set(t, db.Ent.Token.UpdateOneID(row.ID).SetLastUsedAt(long))
	if later := use(); later.Sub(long) < time.Minute {
		t.Errorf("a use after two minutes was not noted: %s", later)
	}
}

func TestTokenNeedsAName(t *testing.T) {
	t.Parallel()
	_, s, project := setUp(t)
	for _, name := range []string{"", "  \t", strings.Repeat("n", 101)} {
		_, secret, err := s.CreateToken(t.Context(), auth.NewToken{ProjectID: project.ID, Name: name})
		if e, ok := errors.AsType[*apperr.Error](err); !ok || e.Field != "name" || secret != "" {
			t.Errorf("the name %q: %v, secret %q", name, err, secret)
		}
	}
}

// TestEnsureProjectTogether lets many processes start on an empty database.
func TestEnsureProjectTogether(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	const n = 12
	ids := make([]string, n)
	errs := make([]error, n)
	var start, all sync.WaitGroup
	start.Add(1)
	for i := range n {
		all.Go(func() {
			start.Wait()
			p, err := auth.New(db).EnsureProject(t.Context())
			if errs[i] = err; err == nil {
				ids[i] = p.ID
			}
		})
	}
	start.Done()
	all.Wait()
	for i := range n {
		if errs[i] != nil || ids[i] != ids[0] {
			t.Errorf("process %d has project %q (%v), process 0 has %q", i, ids[i], errs[i], ids[0])
		}
	}
	if count, err := db.Ent.Project.Query().Count(t.Context()); err != nil || count != 1 {
		t.Errorf("%d projects (%v), want 1", count, err)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	holds := func(p ...auth.Permission) *auth.Principal { return &auth.Principal{ProjectID: "prj_x", Permissions: p} }
	for _, tt := range []struct {
		name string
		who  *auth.Principal
		want auth.Permission
		code apperr.Code
	}{
		{"nobody", nil, auth.Read, apperr.Unauthenticated},
		{"has it", holds(auth.Read), auth.Read, ""},
		{"has another one", holds(auth.Read), auth.Execute, apperr.Forbidden},
		{"has none", holds(), auth.Read, apperr.Forbidden},
		{"admin has all", holds(auth.Admin), auth.Execute, ""},
		{"none but admin is admin", holds(auth.Read, auth.Write, auth.Execute), auth.Admin, apperr.Forbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if tt.who != nil {
				ctx = auth.With(ctx, tt.who)
			}
			p, err := auth.Require(ctx, tt.want)
			if apperr.CodeOf(err) != tt.code || (err == nil) != (p != nil) {
				t.Errorf("Require = %v, %v; want %q", p, err, tt.code)
			}
			if err == nil && p != tt.who {
				t.Errorf("Require gives another principal: %+v", p)
			}
		})
	}
}

func setUp(t *testing.T) (*store.Store, *auth.Service, *ent.Project) {
	t.Helper()
	db := storetest.Open(t)
	s := auth.New(db)
	project, err := s.EnsureProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return db, s, project
}

func newToken(t *testing.T, s *auth.Service, p *ent.Project, ttl time.Duration) (*ent.Token, string) {
	t.Helper()
	row, secret, err := s.CreateToken(t.Context(), auth.NewToken{ProjectID: p.ID, Name: t.Name(), TTL: ttl})
	if err != nil {
		t.Fatal(err)
	}
	return row, secret
}

func set(t *testing.T, u *ent.TokenUpdateOne) {
	t.Helper()
	if err := u.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedTokens(t *testing.T) {
	t.Parallel()
	db, s, project := setUp(t)
	good, _ := newToken(t, s, project, 0)
	limited, secret := newToken(t, s, project, time.Hour)
	revoked, _ := newToken(t, s, project, 0)
	set(t, db.Ent.Token.UpdateOneID(revoked.ID).SetRevokedAt(time.Now()))
	expired, _ := newToken(t, s, project, time.Hour)
	set(t, db.Ent.Token.UpdateOneID(expired.ID).SetExpiresAt(time.Now().Add(-time.Minute)))
	got, err := s.Refused(t.Context(), []string{good.ID, revoked.ID, limited.ID, expired.ID, "tok_unknown"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{revoked.ID, expired.ID, "tok_unknown"}, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	p, err := s.Authenticate(t.Context(), secret)
	if err != nil || p.ExpiresAt.Sub(*limited.ExpiresAt).Abs() > time.Second {
		t.Errorf("the principal's token expires at %v (%v), want %v", p.ExpiresAt, err, limited.ExpiresAt)
	}
}
