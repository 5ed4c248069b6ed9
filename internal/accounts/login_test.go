package accounts_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.login("  Root@Example.com ", adminPass)
	if got.User.ID != w.admin.ID || len(got.Refresh) != 47 || got.Refresh[:4] != "smr_" || got.User.LastLoginAt == nil {
		t.Errorf("got %+v", got)
	}
	p, err := w.auth.Authenticate(w.ctx, got.Access)
	if err != nil {
		t.Fatal(err)
	}
	home, err := w.auth.EnsureProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &auth.Principal{
		Kind: audit.User, ProjectID: home.ID, UserID: w.admin.ID, SessionID: got.SessionID, Name: adminEmail,
		Permissions: []auth.Permission{auth.Admin, auth.Instance}, ExpiresAt: p.ExpiresAt,
	}
	if diff := cmp.Diff(want, p); diff != "" || !p.ExpiresAt.Equal(got.AccessExpires) {
		t.Errorf("principal (-want +got):\n%s", diff)
	}
	row := w.db.Ent.Session.GetX(t.Context(), got.SessionID)
	if row.Method != session.MethodPassword || row.Address != address || row.UserAgent != "tests" {
		t.Errorf("session %+v", row)
	}
	if e := w.entries("session.created", auditentry.OutcomeDone); len(e) != 1 || e[0].ActorID != w.admin.ID || e[0].ObjectID != got.SessionID {
		t.Errorf("audit log %+v", e)
	}
}

func TestRefusedLogins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("ann@example.com")
	gone := w.user("gone@example.com")
	yes := true
	if _, err := w.s.UpdateUser(w.as(w.login(adminEmail, adminPass)), gone.ID, accounts.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.CreateUser(w.as(w.login(adminEmail, adminPass)), accounts.NewUser{Email: "oidc@example.com"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ email, pass, reason, message string }{
		{"nobody@example.com", adminPass, "unknown account", "the e-mail address or the password is wrong"},
		{"oidc@example.com", "", "unknown account", "the e-mail address or the password is wrong"},
		{"ann@example.com", adminPass + "!", "wrong password", "the e-mail address or the password is wrong"},
		{"ann@example.com", "", "wrong password", "the e-mail address or the password is wrong"},
		{"gone@example.com", "wrong", "wrong password", "the e-mail address or the password is wrong"},
		{"gone@example.com", adminPass, "disabled", "this account is disabled; an administrator of the instance can enable it"},
	} {
		_, err := w.s.Login(w.ctx, tt.email, tt.pass)
		code(t, err, apperr.Unauthenticated)
		if got := apperr.Message(err); got != tt.message {
			t.Errorf("%s with %q: %q", tt.email, tt.pass, got)
		}
		all := w.entries("session.created", auditentry.OutcomeRefused)
		if last := all[len(all)-1]; last.Detail["reason"] != tt.reason || last.ObjectName != tt.email || last.ActorKind != auditentry.ActorKindAnonymous {
			t.Errorf("%s: the log says %+v", tt.email, last)
		}
	}
}

func TestAttemptsOfAnAccountAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	try := func(pass string) error {
		_, err := w.s.Login(w.ctx, adminEmail, pass)
		return err
	}
	for range 4 {
		code(t, try("wrong"), apperr.Unauthenticated)
	}
	if err := try(adminPass); err != nil {
		t.Fatalf("the fifth attempt: %v", err)
	}
	for range 5 { // the success has forgotten the four
		code(t, try("wrong"), apperr.Unauthenticated)
	}
	code(t, try(adminPass), apperr.RateLimited)
	code(t, try("wrong"), apperr.RateLimited)
	refused := w.entries("session.created", auditentry.OutcomeRefused)
	if last := refused[len(refused)-1]; len(refused) != 11 || last.Detail["reason"] != "limit" {
		t.Errorf("%d refusals, the last %+v", len(refused), last)
	}
}

// TestParallelAttemptsAreCounted: who guesses with many requests at once has no
// more guesses.
func TestParallelAttemptsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	codes := make(chan apperr.Code, 20)
	var all sync.WaitGroup
	for range cap(codes) {
		all.Go(func() {
			_, err := w.s.Login(w.ctx, adminEmail, "wrong")
			codes <- apperr.CodeOf(err)
		})
	}
	all.Wait()
	close(codes)
	count := map[apperr.Code]int{}
	for c := range codes {
		count[c]++
	}
	if count[apperr.Unauthenticated] != 5 || count[apperr.RateLimited] != 15 {
		t.Errorf("answers %v", count)
	}
}

func TestAttemptsFromAnAddressAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := from(t.Context(), "198.51.100.1")
	for i := range 50 {
		_, err := w.s.Login(other, "nobody"+string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.com", "")
		code(t, err, apperr.Unauthenticated)
	}
	_, err := w.s.Login(other, adminEmail, adminPass)
	code(t, err, apperr.RateLimited)
	w.login(adminEmail, adminPass) // from elsewhere
}

// TestOldHashesAreRenewed: a login is when the password is known.
func TestOldHashesAreRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// argon2id with m=64, t=1, p=1 of the usual password.
	old := weakHash(adminPass)
	w.db.Ent.User.UpdateOneID(w.admin.ID).SetPasswordHash(old).ExecX(t.Context())
	w.login(adminEmail, adminPass)
	if now := *w.db.Ent.User.GetX(t.Context(), w.admin.ID).PasswordHash; now == old {
		t.Error("the hash is as weak as before")
	}
	w.login(adminEmail, adminPass)
}

func TestFirstAdministratorIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if again, err := w.s.EnsureAdministrator(w.ctx, "other@example.com", adminPass); again != nil || err != nil {
		t.Errorf("got %+v, %v", again, err)
	}
	w.db.Ent.Member.Delete().ExecX(t.Context())
	w.db.Ent.User.Delete().ExecX(t.Context())
	firsts := make(chan *accounts.First, 8)
	var all sync.WaitGroup
	for range cap(firsts) {
		all.Go(func() {
			first, err := w.s.EnsureAdministrator(w.ctx, "", "")
			if err != nil {
				t.Error(err)
			}
			firsts <- first
		})
	}
	all.Wait()
	close(firsts)
	made := 0
	for f := range firsts {
		if f == nil {
			continue
		}
		made++
		if !f.Generated || f.User.Email != "admin@localhost" || !f.User.InstanceAdmin {
			t.Errorf("made %+v", f)
		}
		w.login(f.User.Email, f.Password)
	}
	if made != 1 {
		t.Errorf("%d administrators were made", made)
	}
	_, err := w.s.EnsureAdministrator(w.ctx, "", "short")
	if err != nil {
		t.Errorf("a password that is not needed was judged: %v", err)
	}
}

func TestFirstAdministratorNeedsAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Ent.Member.Delete().ExecX(t.Context())
	w.db.Ent.User.Delete().ExecX(t.Context())
	_, err := w.s.EnsureAdministrator(w.ctx, "", "short")
	code(t, err, apperr.InvalidInput)
	_, err = w.s.EnsureAdministrator(w.ctx, "no address", adminPass)
	code(t, err, apperr.InvalidInput)
}

func TestOldSessionsAreRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.login(adminEmail, adminPass)
	w.pass(31 * 24 * time.Hour)
	fresh := w.login(adminEmail, adminPass)
	if n, err := w.s.Prune(t.Context()); n != 0 || err != nil {
		t.Errorf("after 31 days: %d, %v", n, err)
	}
	w.pass(7 * 24 * time.Hour)
	if n, err := w.s.Prune(t.Context()); n != 1 || err != nil {
		t.Errorf("after 38 days: %d, %v", n, err)
	}
	if left := w.db.Ent.Session.Query().OnlyIDX(t.Context()); left != fresh.SessionID || left == old.SessionID {
		t.Errorf("%s is left", left)
	}
}
