package members_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/members"
	"github.com/semantest/semantest/internal/store"
)

func (w *world) account(name string, role auth.Role) *ent.ServiceAccount {
	w.t.Helper()
	row, err := w.members.CreateAccount(w.admin(), name, role)
	if err != nil {
		w.t.Fatal(err)
	}
	return row
}

func TestTokensMayAtMostWhatTheirAccountMay(t *testing.T) {
	t.Parallel()
	all := []auth.Permission{auth.Read, auth.Write, auth.Execute}
	for _, tt := range []struct {
		name  string
		role  auth.Role
		asked []auth.Permission
		code  apperr.Code
		may   []auth.Permission
	}{
		{"all of a viewer", auth.Viewer, nil, "", []auth.Permission{auth.Read}},
		{"all of an editor", auth.Editor, nil, "", all},
		{"all of an administrator", auth.Administrator, nil, "", []auth.Permission{auth.Admin}},
		{"part of an editor", auth.Editor, []auth.Permission{auth.Execute}, "", []auth.Permission{auth.Execute}},
		{"part of an administrator", auth.Administrator, []auth.Permission{auth.Write, auth.Read, auth.Read}, "", []auth.Permission{auth.Read, auth.Write}},
		{"more than a viewer", auth.Viewer, []auth.Permission{auth.Read, auth.Write}, apperr.InvalidInput, nil},
		{"an editor who administers", auth.Editor, []auth.Permission{auth.Admin}, apperr.InvalidInput, nil},
		{"the instance", auth.Administrator, []auth.Permission{auth.Instance}, apperr.InvalidInput, nil},
		{"unknown", auth.Administrator, []auth.Permission{"root"}, apperr.InvalidInput, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			account := w.account("ci", tt.role)
			row, secret, err := w.members.CreateToken(w.admin(), members.NewToken{AccountID: account.ID, Name: "t", Permissions: tt.asked})
			w.wantCode("created", err, tt.code)
			if err != nil {
				return
			}
			p, err := w.auth.Authenticate(t.Context(), secret)
			if err != nil {
				t.Fatal(err)
			}
			want := &auth.Principal{
				Kind: audit.ServiceAccount, ProjectID: w.own.ID, TokenID: row.ID, ServiceAccountID: account.ID, Name: "ci", Permissions: tt.may,
			}
			if diff := cmp.Diff(want, p); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
			if w.told("token.created", row.ID) != 1 {
				t.Error("the audit log does not tell of the token")
			}
		})
	}
}

// TestTokensFollowTheirAccount lowers, raises and disables an account whose token
// was made for everything.
func TestTokensFollowTheirAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.account("ci", auth.Administrator)
	_, secret, err := w.members.CreateToken(w.admin(), members.NewToken{AccountID: account.ID, Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	before, err := w.auth.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	disabled, enabled := true, false
	for _, step := range []struct {
		role     auth.Role
		disabled *bool
		want     []auth.Permission // none when refused
	}{
		{auth.Editor, nil, []auth.Permission{auth.Read, auth.Write, auth.Execute}},
		{auth.Viewer, nil, []auth.Permission{auth.Read}},
		{auth.Viewer, &disabled, nil},
		{auth.Administrator, nil, nil},
		{auth.Editor, &enabled, []auth.Permission{auth.Read, auth.Write, auth.Execute}},
		{auth.Administrator, nil, []auth.Permission{auth.Admin}},
	} {
		if _, err := w.members.UpdateAccount(w.admin(), account.ID, members.AccountChange{Role: &step.role, Disabled: step.disabled}); err != nil {
			t.Fatal(err)
		}
		p, err := w.auth.Authenticate(t.Context(), secret)
		if step.want == nil {
			w.wantCode("disabled", err, apperr.Unauthenticated)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, p.Permissions); diff != "" {
			t.Errorf("as %s (-want +got):\n%s", step.role, diff)
		}
	}
	// A connection that was opened before is told apart by its key.
	lowered := auth.Viewer
	if _, err := w.members.UpdateAccount(w.admin(), account.ID, members.AccountChange{Role: &lowered}); err != nil {
		t.Fatal(err)
	}
	if out, err := w.auth.Refused(t.Context(), []string{before.Key()}); err != nil || len(out) != 1 {
		t.Errorf("a connection of the administrator goes on for a viewer: %v, %v", out, err)
	}
	if w.told("service_account.updated", account.ID) != 7 {
		t.Errorf("the audit log tells of %d changes", w.told("service_account.updated", account.ID))
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.account("ci", auth.Editor)
	_, _, err := w.members.CreateToken(w.admin(), members.NewToken{AccountID: account.ID, Name: "t", ExpiresAt: time.Now().Add(-time.Minute)})
	w.wantCode("expired from the start", err, apperr.InvalidInput)
	_, _, err = w.members.CreateToken(w.admin(), members.NewToken{AccountID: account.ID, Name: " "})
	w.wantCode("without a name", err, apperr.InvalidInput)
	at := time.Now().Add(time.Hour)
	row, secret, err := w.members.CreateToken(w.admin(), members.NewToken{AccountID: account.ID, Name: "t", ExpiresAt: at})
	if err != nil || row.ExpiresAt.Sub(at).Abs() > time.Second {
		t.Fatalf("expires at %v, %v", row.ExpiresAt, err)
	}
	rows, _, err := w.members.Tokens(w.admin(), w.own.ID, account.ID, store.Page{})
	if err != nil || len(rows) != 1 || rows[0].ID != row.ID || rows[0].LastUsedAt != nil {
		t.Fatalf("listed: %v, %v", rows, err)
	}
	if _, err := w.auth.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if used, err := w.members.Token(w.admin(), row.ID); err != nil || used.LastUsedAt == nil {
		t.Errorf("the use is not shown: %v, %v", used, err)
	}
	foreign := w.in(w.foreign, w.bob, auth.Administrator)
	_, err = w.members.RevokeToken(foreign, row.ID)
	w.wantCode("revoked from elsewhere", err, apperr.NotFound)
	_, _, err = w.members.CreateToken(foreign, members.NewToken{AccountID: account.ID, Name: "t"})
	w.wantCode("for a foreign account", err, apperr.NotFound)
	for range 2 { // the second time changes nothing
		if row, err = w.members.RevokeToken(w.admin(), row.ID); err != nil || row.RevokedAt == nil {
			t.Fatalf("revoked: %v, %v", row, err)
		}
	}
	_, err = w.auth.Authenticate(t.Context(), secret)
	w.wantCode("used after its end", err, apperr.Unauthenticated)
	if n := w.told("token.revoked", row.ID); n != 1 {
		t.Errorf("the audit log tells %d times", n)
	}
}

func TestTokenOfTheInstanceIsBeyondAProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, _, err := w.auth.CreateToken(t.Context(), auth.NewToken{
		ProjectID: w.own.ID, Name: "root", Permissions: []auth.Permission{auth.Admin, auth.Instance},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.members.RevokeToken(w.admin(), row.ID)
	w.wantCode("revoked by a project's administrator", err, apperr.Forbidden)
	root := w.as(&auth.Principal{ProjectID: w.own.ID, TokenID: "tok_x", Permissions: []auth.Permission{auth.Admin, auth.Instance}})
	_, err = w.members.RevokeToken(root, row.ID)
	w.wantCode("revoked by the instance's", err, "")
}

func TestAccountsAreTheProjectsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.account("ci", auth.Editor)
	_, err := w.members.CreateAccount(w.admin(), "ci", auth.Viewer)
	w.wantCode("the same name", err, apperr.Conflict)
	foreign := w.in(w.foreign, w.bob, auth.Administrator)
	if _, err := w.members.CreateAccount(foreign, "ci", auth.Viewer); err != nil {
		t.Errorf("the same name elsewhere: %v", err)
	}
	role := auth.Administrator
	_, err = w.members.UpdateAccount(foreign, account.ID, members.AccountChange{Role: &role})
	w.wantCode("changed from elsewhere", err, apperr.NotFound)
	_, err = w.members.Account(foreign, account.ID)
	w.wantCode("read from elsewhere", err, apperr.NotFound)
	other := w.account("deploy", auth.Viewer)
	_, err = w.members.UpdateAccount(w.admin(), other.ID, members.AccountChange{Name: &account.Name})
	w.wantCode("renamed to a name that is taken", err, apperr.Conflict)
	for _, bad := range []string{"", "\x00", string(make([]byte, 101))} {
		_, err = w.members.UpdateAccount(w.admin(), other.ID, members.AccountChange{Name: &bad})
		w.wantCode("renamed badly", err, apperr.InvalidInput)
	}
	rows, more, err := w.members.Accounts(w.admin(), w.own.ID, store.Page{First: 1})
	if err != nil || !more || len(rows) != 1 || rows[0].ID != other.ID {
		t.Errorf("the first page: %v, %v, %v", rows, more, err)
	}
	rows, more, err = w.members.Accounts(w.admin(), w.own.ID, store.Page{First: 1, After: other.ID})
	if err != nil || more || len(rows) != 1 || rows[0].ID != account.ID {
		t.Errorf("the second page: %v, %v, %v", rows, more, err)
	}
}
