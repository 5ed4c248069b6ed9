package members_test

import (
	"context"
	"strings"
	"testing"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/members"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// world is a project with its administrator ada, and another project with bob.
type world struct {
	t        *testing.T
	db       *store.Store
	auth     *auth.Service
	members  *members.Service
	own      *ent.Project
	foreign  *ent.Project
	ada, bob *ent.User
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t)}
	w.auth = auth.New(w.db)
	w.members = members.New(w.db, w.auth)
	w.ada, w.bob = w.user("ada"), w.user("bob")
	root := w.as(&auth.Principal{Kind: audit.Token, TokenID: "tok_root", Permissions: []auth.Permission{auth.Instance}})
	var err error
	if w.own, err = w.members.CreateProject(root, members.NewProject{Slug: "own", Administrator: w.ada.Email}); err != nil {
		t.Fatal(err)
	}
	if w.foreign, err = w.members.CreateProject(root, members.NewProject{Slug: "foreign", Administrator: w.bob.Email}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) user(name string) *ent.User {
	w.t.Helper()
	u, err := w.db.Ent.User.Create().SetEmail(name + "@example.test").SetName(strings.ToUpper(name)).Save(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) as(p *auth.Principal) context.Context { return auth.With(w.t.Context(), p) }

// in is a user with a role in a project.
func (w *world) in(p *ent.Project, u *ent.User, role auth.Role) context.Context {
	return w.as(&auth.Principal{
		Kind: audit.User, ProjectID: p.ID, UserID: u.ID, SessionID: "ses_x", Name: u.Email, Permissions: auth.PermissionsOf(role),
	})
}

func (w *world) admin() context.Context { return w.in(w.own, w.ada, auth.Administrator) }

func (w *world) add(name string, role auth.Role) *ent.Member {
	w.t.Helper()
	m, err := w.members.AddMember(w.admin(), w.user(name).Email, role)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// place is a user's membership in a project.
func (w *world) place(p *ent.Project, u *ent.User) *ent.Member {
	w.t.Helper()
	rows, _, err := w.members.Members(w.in(p, u, auth.Viewer), p.ID, store.Page{First: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range rows {
		if m.UserID == u.ID {
			return m
		}
	}
	w.t.Fatalf("%s is no member of %s", u.Email, p.Slug)
	return nil
}

// told counts the audit log's entries about an action on an object.
func (w *world) told(action, objectID string) int {
	w.t.Helper()
	n, err := w.db.Ent.AuditEntry.Query().Where(auditentry.Action(action), auditentry.ObjectID(objectID)).Count(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) wantCode(what string, err error, want apperr.Code) {
	w.t.Helper()
	if got := apperr.CodeOf(err); got != want {
		w.t.Errorf("%s: %v, want %s", what, err, want)
	}
}
