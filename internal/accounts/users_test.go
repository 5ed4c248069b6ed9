package accounts_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

const newPass = "another good one"

func ptr[T any](v T) *T { return &v }

func TestCreateUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(w.login(adminEmail, adminPass))
	u, err := w.s.CreateUser(admin, accounts.NewUser{Email: " Ann@Example.COM", Name: "Ann", Password: adminPass})
	if err != nil || u.Email != "ann@example.com" || u.InstanceAdmin {
		t.Fatalf("got %+v, %v", u, err)
	}
	ann := w.login("ann@example.com", adminPass)
	p, err := auth.Signed(w.as(ann))
	if err != nil || p.ProjectID != "" || len(p.Permissions) != 0 {
		t.Errorf("ann may do %+v, %v", p, err)
	}
	for name, tt := range map[string]struct {
		in   accounts.NewUser
		code apperr.Code
	}{
		"the same address":   {accounts.NewUser{Email: "ANN@example.com", Password: adminPass}, apperr.Conflict},
		"no address":         {accounts.NewUser{Email: "ann", Password: adminPass}, apperr.InvalidInput},
		"a name in it":       {accounts.NewUser{Email: "Ann <ann2@example.com>", Password: adminPass}, apperr.InvalidInput},
		"two addresses":      {accounts.NewUser{Email: "a@b.example,c@d.example", Password: adminPass}, apperr.InvalidInput},
		"a line break":       {accounts.NewUser{Email: "a@b.example\r\nBcc: x", Password: adminPass}, apperr.InvalidInput},
		"far too long":       {accounts.NewUser{Email: strings.Repeat("a", 300) + "@b.example", Password: adminPass}, apperr.InvalidInput},
		"a short password":   {accounts.NewUser{Email: "x@b.example", Password: "short"}, apperr.InvalidInput},
		"a long name":        {accounts.NewUser{Email: "x@b.example", Name: strings.Repeat("x", 101)}, apperr.InvalidInput},
		"control characters": {accounts.NewUser{Email: "x@b.example", Name: "a\x1b[31m"}, apperr.InvalidInput},
	} {
		_, err := w.s.CreateUser(admin, tt.in)
		if apperr.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	_, err = w.s.CreateUser(w.as(ann), accounts.NewUser{Email: "x@b.example"})
	code(t, err, apperr.Forbidden)
	_, err = w.s.CreateUser(w.ctx, accounts.NewUser{Email: "x@b.example"})
	code(t, err, apperr.Unauthenticated)
	if e := w.entries("user.created", auditentry.OutcomeDone); len(e) != 2 || e[1].ActorID != w.admin.ID || e[1].ObjectID != u.ID {
		t.Errorf("audit log %+v", e)
	}
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.user("ann@example.com")
	own := w.login(adminEmail, adminPass)
	admin := w.as(own)
	one, two := w.login("ann@example.com", adminPass), w.login("ann@example.com", adminPass)

	got, err := w.s.UpdateUser(admin, ann.ID, accounts.UserChange{Name: ptr("Ann"), InstanceAdmin: ptr(true)})
	if err != nil || got.Name != "Ann" || !got.InstanceAdmin {
		t.Fatalf("got %+v, %v", got, err)
	}
	if p, err := auth.Require(w.as(one), auth.Instance); err != nil || p.ProjectID == "" {
		t.Errorf("an administrator at once: %+v, %v", p, err)
	}
	if _, err := w.s.UpdateUser(admin, ann.ID, accounts.UserChange{InstanceAdmin: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	_, err = auth.Require(w.as(one), auth.Instance)
	code(t, err, apperr.Forbidden)

	if _, err := w.s.UpdateUser(admin, ann.ID, accounts.UserChange{Password: ptr(newPass)}); err != nil {
		t.Fatal(err)
	}
	if w.valid(one) || w.valid(two) {
		t.Error("sessions outlive a password that was reset")
	}
	_, err = w.s.Login(w.ctx, "ann@example.com", adminPass)
	code(t, err, apperr.Unauthenticated)
	three := w.login("ann@example.com", newPass)

	if got, err := w.s.UpdateUser(admin, ann.ID, accounts.UserChange{Disabled: ptr(true)}); err != nil || got.DisabledAt == nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	if w.valid(three) {
		t.Error("a session outlives its user")
	}
	_, err = w.s.Refresh(w.ctx, three.Refresh)
	code(t, err, apperr.Unauthenticated)
	_, err = w.s.Login(w.ctx, "ann@example.com", newPass)
	code(t, err, apperr.Unauthenticated)
	if _, err := w.s.UpdateUser(admin, ann.ID, accounts.UserChange{Disabled: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	if w.valid(three) {
		t.Error("a session came back to life")
	}
	w.login("ann@example.com", newPass)

	for name, tt := range map[string]struct {
		id     string
		change accounts.UserChange
		code   apperr.Code
	}{
		"nobody":         {ident.New(ident.User), accounts.UserChange{}, apperr.NotFound},
		"another kind":   {ident.New(ident.Run), accounts.UserChange{}, apperr.InvalidInput},
		"short password": {ann.ID, accounts.UserChange{Password: ptr("short")}, apperr.InvalidInput},
		"last one lower": {w.admin.ID, accounts.UserChange{InstanceAdmin: ptr(false)}, apperr.Conflict},
		"last one gone":  {w.admin.ID, accounts.UserChange{Disabled: ptr(true)}, apperr.Conflict},
	} {
		_, err := w.s.UpdateUser(admin, tt.id, tt.change)
		if apperr.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if _, err := w.s.UpdateUser(admin, w.admin.ID, accounts.UserChange{Password: ptr(newPass)}); err != nil || !w.valid(own) {
		t.Errorf("who sets the own password stays: %v", err)
	}
	all := w.entries("user.updated", auditentry.OutcomeDone)
	want := map[string]string{"password": "set", "sessionsEnded": "2"}
	if diff := cmp.Diff(want, all[2].Detail); diff != "" {
		t.Errorf("audit log of the password (-want +got):\n%s", diff)
	}
}

// TestAdministratorsCannotRemoveOneAnother at the same time, so that none is left.
func TestAdministratorsCannotRemoveOneAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(w.login(adminEmail, adminPass))
	other, err := w.s.CreateUser(admin, accounts.NewUser{Email: "ann@example.com", Password: adminPass, InstanceAdmin: true})
	if err != nil {
		t.Fatal(err)
	}
	ann := w.as(w.login("ann@example.com", adminPass))
	var both sync.WaitGroup
	both.Go(func() { _, _ = w.s.UpdateUser(admin, other.ID, accounts.UserChange{Disabled: ptr(true)}) })
	both.Go(func() { _, _ = w.s.UpdateUser(ann, w.admin.ID, accounts.UserChange{Disabled: ptr(true)}) })
	both.Wait()
	left := 0
	for _, u := range w.db.Ent.User.Query().AllX(t.Context()) {
		if u.InstanceAdmin && u.DisabledAt == nil {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d administrators are left", left)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.login(adminEmail, adminPass), w.login(adminEmail, adminPass)
	_, err := w.s.ChangePassword(w.as(here), "wrong", newPass)
	code(t, err, apperr.InvalidInput)
	_, err = w.s.ChangePassword(w.as(here), adminPass, "short")
	code(t, err, apperr.InvalidInput)
	if u, err := w.s.ChangePassword(w.as(here), adminPass, newPass); err != nil || u.PasswordChangedAt == nil {
		t.Fatalf("got %+v, %v", u, err)
	}
	if !w.valid(here) || w.valid(there) {
		t.Error("the wrong sessions ended")
	}
	_, err = w.s.Refresh(w.ctx, there.Refresh)
	code(t, err, apperr.Unauthenticated)
	_, err = w.s.Login(w.ctx, adminEmail, adminPass)
	code(t, err, apperr.Unauthenticated)
	w.login(adminEmail, newPass)
	for range 5 {
		_, err = w.s.ChangePassword(w.as(here), "wrong", newPass)
		code(t, err, apperr.InvalidInput)
	}
	_, err = w.s.ChangePassword(w.as(here), newPass, adminPass)
	code(t, err, apperr.RateLimited)
	if e := w.entries("user.password_changed", auditentry.OutcomeDone); len(e) != 1 || e[0].Detail["sessionsEnded"] != "1" {
		t.Errorf("audit log %+v", e)
	}
	if e := w.entries("user.password_changed", auditentry.OutcomeRefused); len(e) != 7 {
		t.Errorf("%d refusals in the audit log", len(e))
	}
	_, err = w.s.ChangePassword(w.ctx, newPass, adminPass)
	code(t, err, apperr.Unauthenticated)
	token := auth.With(w.ctx, &auth.Principal{TokenID: ident.New(ident.Token), Permissions: auth.Permissions()})
	_, err = w.s.ChangePassword(token, newPass, adminPass)
	code(t, err, apperr.Forbidden)
}

func TestUsersComeInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.user("ann@example.com"), w.user("bob@example.com")
	admin := w.as(w.login(adminEmail, adminPass))
	page, more, err := w.s.Users(admin, store.Page{First: 2})
	if err != nil || !more || len(page) != 2 || page[0].ID != bob.ID || page[1].ID != ann.ID {
		t.Fatalf("got %v, %v, %v", page, more, err)
	}
	rest, more, err := w.s.Users(admin, store.Page{First: 2, After: page[1].ID})
	if err != nil || more || len(rest) != 1 || rest[0].ID != w.admin.ID {
		t.Errorf("got %v, %v, %v", rest, more, err)
	}
	if n, err := w.s.CountUsers(admin); n != 3 || err != nil {
		t.Errorf("%d users, %v", n, err)
	}
	_, _, err = w.s.Users(admin, store.Page{After: "x"})
	code(t, err, apperr.InvalidInput)
	_, _, err = w.s.Users(w.as(w.login("ann@example.com", adminPass)), store.Page{})
	code(t, err, apperr.Forbidden)
}
