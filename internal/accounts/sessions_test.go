package accounts_test

import (
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
)

func weakHash(pass string) string {
	salt := []byte("salt of the test")
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=1$%s$%s", b64(salt), b64(argon2.IDKey([]byte(pass), salt, 1, 64, 1, 32)))
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.login(adminEmail, adminPass)
	w.pass(6 * 24 * time.Hour)
	second, err := w.s.Refresh(w.ctx, first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if second.Refresh == first.Refresh || second.SessionID != first.SessionID || second.User.ID != w.admin.ID {
		t.Errorf("got %+v after %+v", second, first)
	}
	if !w.valid(second) {
		t.Error("the new access token is refused")
	}
	w.pass(6 * 24 * time.Hour) // beyond the first one's time
	third, err := w.s.Refresh(w.ctx, second.Refresh)
	if err != nil {
		t.Fatalf("the session was not prolonged: %v", err)
	}
	w.pass(accounts.RefreshLife + time.Second) // Postgres rounds to microseconds
	_, err = w.s.Refresh(w.ctx, third.Refresh)
	code(t, err, apperr.Unauthenticated)
}

func TestRefreshTokensAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.login(adminEmail, adminPass)
	var found int
	err := w.db.DB.QueryRowContext(t.Context(),
		"SELECT count(*) FROM refresh_tokens WHERE strpos(refresh_tokens::text, $1) > 0 OR strpos(encode(hash, 'escape'), $1) > 0", got.Refresh[4:]).Scan(&found)
	if err != nil || found != 0 {
		t.Errorf("%d rows hold it, %v", found, err)
	}
}

// TestReuseEndsTheSession: a copied token is worth nothing once its owner has
// refreshed, and takes both out.
func TestReuseEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.login(adminEmail, adminPass)
	other := w.login(adminEmail, adminPass)
	second, err := w.s.Refresh(w.ctx, first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(accounts.Grace - time.Second)
	tab, err := w.s.Refresh(w.ctx, first.Refresh)
	if err != nil || tab.Refresh == second.Refresh {
		t.Fatalf("the second of two tabs: %v", err)
	}
	w.pass(2 * time.Second)
	_, err = w.s.Refresh(w.ctx, first.Refresh)
	code(t, err, apperr.Unauthenticated)
	for name, dead := range map[string]*accounts.Tokens{"the newest": second, "the other tab's": tab} {
		if w.valid(dead) {
			t.Errorf("%s access token is still taken", name)
		}
		_, err := w.s.Refresh(w.ctx, dead.Refresh)
		code(t, err, apperr.Unauthenticated)
	}
	if !w.valid(other) {
		t.Error("the other session ended too")
	}
	row := w.db.Ent.Session.GetX(t.Context(), first.SessionID)
	if row.RevokedReason == nil || *row.RevokedReason != session.RevokedReasonReuse {
		t.Errorf("the session ended because of %v", row.RevokedReason)
	}
	if e := w.entries("session.refreshed", auditentry.OutcomeRefused); len(e) != 1 || e[0].ObjectID != first.SessionID {
		t.Errorf("audit log %+v", e)
	}
}

// TestConcurrentRefreshes lets many tabs refresh at once: each gets tokens of its
// own, all of them good.
func TestConcurrentRefreshes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.login(adminEmail, adminPass)
	const tabs = 32
	got := make(chan *accounts.Tokens, tabs)
	var all sync.WaitGroup
	for range tabs {
		all.Go(func() {
			next, err := w.s.Refresh(w.ctx, first.Refresh)
			if err != nil {
				t.Error(err)
				return
			}
			got <- next
		})
	}
	all.Wait()
	close(got)
	seen := map[string]bool{}
	for next := range got {
		seen[next.Refresh] = true
	}
	if len(seen) != tabs {
		t.Errorf("%d different tokens", len(seen))
	}
	for secret := range seen {
		if _, err := w.s.Refresh(w.ctx, secret); err != nil {
			t.Errorf("one of them is not good: %v", err)
		}
	}
	w.pass(accounts.Grace + time.Second)
	// The one that many used is a copy from now on, however many ask at once.
	for range tabs {
		all.Go(func() {
			_, err := w.s.Refresh(w.ctx, first.Refresh)
			code(t, err, apperr.Unauthenticated)
		})
	}
	all.Wait()
	if e := w.entries("session.refreshed", auditentry.OutcomeRefused); len(e) != 1 {
		t.Errorf("the session ended %d times", len(e))
	}
}

func TestBadRefreshTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.login(adminEmail, adminPass)
	for _, secret := range []string{"", "smr_", "smr_" + good.Refresh, good.Access, good.Refresh + "A", good.Refresh[:46], "smr_\x00\xff"} {
		_, err := w.s.Refresh(w.ctx, secret)
		code(t, err, apperr.Unauthenticated)
	}
	if _, err := w.s.Refresh(w.ctx, good.Refresh); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two, three := w.login(adminEmail, adminPass), w.login(adminEmail, adminPass), w.login(adminEmail, adminPass)
	if err := w.s.Logout(w.as(one), ""); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Logout(w.ctx, two.Refresh); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Logout(w.ctx, two.Refresh); err != nil {
		t.Errorf("twice: %v", err)
	}
	if w.valid(one) || w.valid(two) || !w.valid(three) {
		t.Error("the wrong sessions ended")
	}
	code(t, w.s.Logout(w.ctx, ""), apperr.Unauthenticated)
	code(t, w.s.Logout(w.ctx, "smr_nothing"), apperr.Unauthenticated)
	if e := w.entries("session.revoked", auditentry.OutcomeDone); len(e) != 2 || e[0].ActorID != w.admin.ID || e[1].ActorID != w.admin.ID {
		t.Errorf("audit log %+v", e)
	}
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann@example.com")
	w.user("bob@example.com")
	admin, ann, laptop, bob := w.login(adminEmail, adminPass), w.login("ann@example.com", adminPass), w.login("ann@example.com", adminPass), w.login("bob@example.com", adminPass)
	list, err := w.s.Sessions(w.as(ann))
	if err != nil || len(list) != 2 || list[0].ID != laptop.SessionID || list[1].ID != ann.SessionID {
		t.Fatalf("ann's sessions: %v, %v", list, err)
	}
	_, err = w.s.RevokeSession(w.as(bob), laptop.SessionID)
	code(t, err, apperr.NotFound)
	other := ident.New(ident.Session)
	if _, absent := w.s.RevokeSession(w.as(bob), other); apperr.Message(err) != "there is no session "+laptop.SessionID || apperr.Message(absent) != "there is no session "+other {
		t.Errorf("somebody else's and an absent one differ: %v, %v", err, absent)
	}
	_, err = w.s.RevokeSession(w.as(bob), "run_x")
	code(t, err, apperr.InvalidInput)
	_, err = w.s.RevokeSession(w.ctx, laptop.SessionID)
	code(t, err, apperr.Unauthenticated)
	if row, err := w.s.RevokeSession(w.as(ann), laptop.SessionID); err != nil || row.RevokedAt == nil {
		t.Fatalf("ann's own: %+v, %v", row, err)
	}
	if w.valid(laptop) || !w.valid(ann) {
		t.Error("the wrong session ended")
	}
	if _, err := w.s.RevokeSession(w.as(admin), ann.SessionID); err != nil || w.valid(ann) {
		t.Errorf("by the administrator: %v", err)
	}
	if list, err := w.s.Sessions(w.as(bob)); err != nil || len(list) != 1 {
		t.Errorf("bob's sessions: %v, %v", list, err)
	}
}

// TestRevokedElsewhere: what another process revokes stops here when what is
// remembered is too old.
func TestRevokedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	there := auth.New(w.db, auth.WithSessions(w.keys), auth.WithMemory())
	got := w.login(adminEmail, adminPass)
	if _, err := there.Authenticate(w.ctx, got.Access); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Logout(w.as(got), ""); err != nil {
		t.Fatal(err)
	}
	revoked := time.Now()
	if w.valid(got) {
		t.Error("it is still taken by the process that revoked it")
	}
	for {
		_, err := there.Authenticate(w.ctx, got.Access)
		if took := time.Since(revoked); err == nil && took > auth.Remember+time.Minute {
			t.Fatalf("still taken after %s", took)
		}
		if err != nil {
			code(t, err, apperr.Unauthenticated)
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal("still taken")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
