package auth_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/ent/session"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// town has two projects and people in them.
type town struct {
	t        *testing.T
	db       *store.Store
	s        *auth.Service
	ring     *keys.Ring
	one, two *ent.Project
}

func newTown(t *testing.T, options ...auth.Option) *town {
	t.Helper()
	w := &town{t: t, db: storetest.Open(t)}
	w.ring = keys.New(w.db, plain{}, keys.Options{})
	w.s = auth.New(w.db, append(options, auth.WithSessions(w.ring))...)
	var err error
	if w.one, err = w.s.EnsureProject(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.two = w.db.Ent.Project.Create().SetSlug("two").SetName("Two").SaveX(t.Context())
	return w
}

// user makes somebody with a session, and returns the access token.
func (w *town) user(email string, admin bool, roles map[*ent.Project]member.Role) (*ent.User, *ent.Session, string) {
	w.t.Helper()
	ctx := w.t.Context()
	u := w.db.Ent.User.Create().SetEmail(email).SetInstanceAdmin(admin).SaveX(ctx)
	for p, r := range roles {
		w.db.Ent.Member.Create().SetProjectID(p.ID).SetUserID(u.ID).SetRole(r).ExecX(ctx)
	}
	row := w.db.Ent.Session.Create().SetUserID(u.ID).SetMethod(session.MethodPassword).
		SetLastUsedAt(time.Now()).SetExpiresAt(time.Now().Add(time.Hour)).SaveX(ctx)
	token, _, err := w.ring.Sign(ctx, u.ID, row.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return u, row, token
}

func (w *town) in(project, token string) (*auth.Principal, error) {
	return w.s.Authenticate(auth.ProjectHint(w.t.Context(), project), token)
}

func TestProjectOfARequest(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	_, _, ann := w.user("ann@example.com", false, map[*ent.Project]member.Role{w.two: member.RoleViewer})
	_, _, bob := w.user("bob@example.com", false, nil)
	_, _, root := w.user("root@example.com", true, nil)
	_, token, err := w.s.CreateToken(t.Context(), auth.NewToken{ProjectID: w.two.ID, Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	read := []auth.Permission{auth.Read}
	all := []auth.Permission{auth.Admin, auth.Instance}
	usual := []auth.Permission{auth.Read, auth.Write, auth.Execute}
	for name, tt := range map[string]struct {
		secret, hint, project string
		permissions           []auth.Permission
		missing               bool
	}{
		"a member's own":              {secret: ann, project: w.two.ID, permissions: read},
		"by id":                       {secret: ann, hint: w.two.ID, project: w.two.ID, permissions: read},
		"by slug":                     {secret: ann, hint: "two", project: w.two.ID, permissions: read},
		"another's":                   {secret: ann, hint: w.one.ID, missing: true},
		"another's by slug":           {secret: ann, hint: "default", missing: true},
		"none such":                   {secret: ann, hint: "nowhere", missing: true},
		"nobody's":                    {secret: bob},
		"nobody's, asked for":         {secret: bob, hint: "default", missing: true},
		"an administrator's first":    {secret: root, project: w.one.ID, permissions: all},
		"an administrator's any":      {secret: root, hint: "two", project: w.two.ID, permissions: all},
		"an administrator's none":     {secret: root, hint: "nowhere", missing: true},
		"a token's":                   {secret: token, project: w.two.ID, permissions: usual},
		"a token's by slug":           {secret: token, hint: "two", project: w.two.ID, permissions: usual},
		"a token's by id":             {secret: token, hint: w.two.ID, project: w.two.ID, permissions: usual},
		"a token in another project":  {secret: token, hint: "default", missing: true},
		"a token in none such":        {secret: token, hint: "nowhere", missing: true},
		"a hint that nobody can have": {secret: ann, hint: string(make([]byte, 1000)), missing: true},
	} {
		p, err := w.in(tt.hint, tt.secret)
		if tt.missing {
			if apperr.CodeOf(err) != apperr.NotFound {
				t.Errorf("%s: %+v, %v", name, p, err)
			}
			continue
		}
		if err != nil || p.ProjectID != tt.project {
			t.Errorf("%s: %+v, %v", name, p, err)
			continue
		}
		if diff := cmp.Diff(tt.permissions, p.Permissions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestWhoIsEvicted changes what live connections depend on, one thing at a time.
func TestWhoIsEvicted(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, tt := range map[string]struct {
		change  func(w *town, u *ent.User, s *ent.Session)
		evicted bool
	}{
		"nothing": {func(*town, *ent.User, *ent.Session) {}, false},
		"the session is revoked": {func(w *town, _ *ent.User, s *ent.Session) {
			w.db.Ent.Session.UpdateOne(s).SetRevokedAt(now).ExecX(w.t.Context())
		}, true},
		"the session expires": {func(w *town, _ *ent.User, s *ent.Session) {
			w.db.Ent.Session.UpdateOne(s).SetExpiresAt(now.Add(-time.Second)).ExecX(w.t.Context())
		}, true},
		"the session is gone": {func(w *town, _ *ent.User, s *ent.Session) { w.db.Ent.Session.DeleteOne(s).ExecX(w.t.Context()) }, true},
		"the user is disabled": {func(w *town, u *ent.User, _ *ent.Session) {
			w.db.Ent.User.UpdateOne(u).SetDisabledAt(now).ExecX(w.t.Context())
		}, true},
		"another role": {func(w *town, u *ent.User, _ *ent.Session) {
			w.db.Ent.Member.Update().Where(member.UserID(u.ID)).SetRole(member.RoleEditor).ExecX(w.t.Context())
		}, true},
		"no member any more": {func(w *town, u *ent.User, _ *ent.Session) {
			w.db.Ent.Member.Delete().Where(member.UserID(u.ID)).ExecX(w.t.Context())
		}, true},
		"an administrator now": {func(w *town, u *ent.User, _ *ent.Session) {
			w.db.Ent.User.UpdateOne(u).SetInstanceAdmin(true).ExecX(w.t.Context())
		}, true},
		"a place in another project": {func(w *town, u *ent.User, _ *ent.Session) {
			w.db.Ent.Member.Create().SetProjectID(w.one.ID).SetUserID(u.ID).SetRole(member.RoleAdmin).ExecX(w.t.Context())
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			u, s, secret := w.user("ann@example.com", false, map[*ent.Project]member.Role{w.two: member.RoleViewer})
			_, _, stays := w.user("bob@example.com", false, map[*ent.Project]member.Role{w.two: member.RoleViewer})
			var keys []string
			for _, secret := range []string{secret, stays} {
				p, err := w.s.Authenticate(t.Context(), secret)
				if err != nil {
					t.Fatal(err)
				}
				keys = append(keys, p.Key())
			}
			tt.change(w, u, s)
			refused, err := w.s.Refused(t.Context(), keys)
			if err != nil || slices.Contains(refused, keys[0]) != tt.evicted || slices.Contains(refused, keys[1]) {
				t.Errorf("refused are %q of %q, %v", refused, keys, err)
			}
		})
	}
}

func TestRememberedSecrets(t *testing.T) {
	t.Parallel()
	w := newTown(t, auth.WithMemory())
	_, row, secret := w.user("ann@example.com", false, map[*ent.Project]member.Role{w.two: member.RoleViewer})
	first, err := w.s.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.s.Authenticate(t.Context(), secret); err != nil || again != first {
		t.Errorf("it was looked up again: %v", err)
	}
	if other, err := w.in("two", secret); err != nil || other == first {
		t.Errorf("another project is remembered as the same: %v", err)
	}
	w.db.Ent.Session.UpdateOne(row).SetRevokedAt(time.Now()).ExecX(t.Context())
	w.s.Forget()
	if _, err := w.s.Authenticate(t.Context(), secret); apperr.CodeOf(err) != apperr.Unauthenticated {
		t.Errorf("after Forget: %v", err)
	}
}

// TestWhoHangsUpLeavesTheOthers: a lookup that many wait for goes on.
func TestWhoHangsUpLeavesTheOthers(t *testing.T) {
	t.Parallel()
	w := newTown(t, auth.WithMemory())
	_, _, secret := w.user("ann@example.com", false, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			ctx := t.Context()
			if i%2 == 0 {
				ctx = gone
			}
			if _, err := w.s.Authenticate(ctx, secret); err != nil && i%2 == 1 {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
