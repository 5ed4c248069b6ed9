package members_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/member"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/members"
	"github.com/semantest/semantest/internal/store"
)

func TestCreateProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := func(u *ent.User) context.Context {
		return w.as(&auth.Principal{Kind: audit.User, UserID: u.ID, Permissions: []auth.Permission{auth.Instance}})
	}
	for _, tt := range []struct {
		name string
		ctx  context.Context
		in   members.NewProject
		code apperr.Code
	}{
		{"plain", root(w.ada), members.NewProject{Slug: "shop"}, ""},
		{"one letter", root(w.ada), members.NewProject{Slug: "s"}, ""},
		{"the longest", root(w.ada), members.NewProject{Slug: strings.Repeat("a", 63)}, ""},
		{"taken", root(w.ada), members.NewProject{Slug: "foreign"}, apperr.Conflict},
		{"empty", root(w.ada), members.NewProject{}, apperr.InvalidInput},
		{"capitals", root(w.ada), members.NewProject{Slug: "Shop"}, apperr.InvalidInput},
		{"a line break", root(w.ada), members.NewProject{Slug: "shop\n"}, apperr.InvalidInput},
		{"begins with -", root(w.ada), members.NewProject{Slug: "-shop"}, apperr.InvalidInput},
		{"too long", root(w.ada), members.NewProject{Slug: strings.Repeat("a", 64)}, apperr.InvalidInput},
		{"like an id", root(w.ada), members.NewProject{Slug: w.own.ID}, apperr.InvalidInput},
		{"a NUL in the name", root(w.ada), members.NewProject{Slug: "nul", Name: "a\x00"}, apperr.InvalidInput},
		{"unknown administrator", root(w.ada), members.NewProject{Slug: "x", Administrator: "nobody@example.test"}, apperr.NotFound},
		{"by a project's administrator", w.admin(), members.NewProject{Slug: "mine"}, apperr.Forbidden},
		{"by nobody", t.Context(), members.NewProject{Slug: "mine"}, apperr.Unauthenticated},
	} {
		row, err := w.members.CreateProject(tt.ctx, tt.in)
		w.wantCode(tt.name, err, tt.code)
		if (row == nil) != (err != nil) {
			t.Errorf("%s: %v with %v", tt.name, row, err)
		}
		if err == nil {
			if m := w.place(row, w.ada); m.Role != member.RoleAdmin || row.Name != row.Slug || w.told("project.created", row.ID) != 1 {
				t.Errorf("%s: %v, its creator is %s", tt.name, row, m.Role)
			}
		}
	}
}

func TestProjectsAreThoseOfTheCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.members.AddMember(w.in(w.foreign, w.bob, auth.Administrator), w.ada.Email, auth.Viewer); err != nil {
		t.Fatal(err)
	}
	root := w.as(&auth.Principal{UserID: w.user("root").ID, Permissions: []auth.Permission{auth.Instance}})
	nowhere := w.as(&auth.Principal{UserID: w.user("new").ID})
	program := w.as(&auth.Principal{ProjectID: w.own.ID, TokenID: "tok_x", Permissions: []auth.Permission{auth.Admin}})
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want []string // newest first
	}{
		{"a member of both", w.admin(), []string{w.foreign.ID, w.own.ID}},
		{"a member of one, acting in another", w.in(w.own, w.bob, auth.Viewer), []string{w.foreign.ID}},
		{"a token", program, []string{w.own.ID}},
		{"the instance's administrator", root, []string{w.foreign.ID, w.own.ID}},
		{"a user without a project", nowhere, nil},
	} {
		rows, more, err := w.members.Projects(tt.ctx, store.Page{})
		if err != nil || more {
			t.Errorf("%s: more %v, %v", tt.name, more, err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if n, err := w.members.CountProjects(tt.ctx); n != len(tt.want) || err != nil {
			t.Errorf("%s: %d projects are counted (%v)", tt.name, n, err)
		}
		for _, p := range []*ent.Project{w.own, w.foreign} {
			_, err := w.members.Project(tt.ctx, p.ID)
			want := apperr.NotFound
			if strings.Contains(strings.Join(tt.want, " "), p.ID) {
				want = ""
			}
			w.wantCode(tt.name+" reads "+p.Slug, err, want)
		}
	}
	_, _, err := w.members.Projects(t.Context(), store.Page{})
	w.wantCode("nobody", err, apperr.Unauthenticated)
}

func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve := w.add("eve", auth.Viewer)
	if eve.Edges.User.Email != "eve@example.test" || w.told("member.added", eve.ID) != 1 {
		t.Errorf("added: %v", eve)
	}
	_, err := w.members.AddMember(w.admin(), " EVE@example.test ", auth.Editor)
	w.wantCode("added twice, in capitals", err, apperr.Conflict)
	_, err = w.members.AddMember(w.admin(), "nobody@example.test", auth.Editor)
	w.wantCode("unknown", err, apperr.NotFound)
	_, err = w.members.AddMember(w.admin(), "x@example.test", "owner")
	w.wantCode("unknown role", err, apperr.InvalidInput)
	gone := w.user("gone")
	if err := w.db.Ent.User.UpdateOne(gone).SetDisabledAt(time.Now()).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = w.members.AddMember(w.admin(), gone.Email, auth.Editor)
	w.wantCode("disabled", err, apperr.NotFound)

	row, err := w.members.SetRole(w.admin(), eve.ID, auth.Editor)
	if err != nil || row.Role != member.RoleEditor || row.Edges.User == nil || w.told("member.updated", eve.ID) != 1 {
		t.Errorf("raised: %v, %v", row, err)
	}
	foreign := w.place(w.foreign, w.bob)
	_, err = w.members.SetRole(w.admin(), foreign.ID, auth.Viewer)
	w.wantCode("a foreign member", err, apperr.NotFound)
	w.wantCode("a foreign member", w.members.Remove(w.admin(), foreign.ID), apperr.NotFound)
	if _, err := w.members.Member(w.admin(), foreign.ID); apperr.CodeOf(err) != apperr.NotFound {
		t.Errorf("a foreign member is shown: %v", err)
	}
	_, _, err = w.members.Members(w.admin(), w.foreign.ID, store.Page{})
	w.wantCode("the members of another project", err, apperr.Forbidden)

	if err := w.members.Remove(w.admin(), eve.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := w.members.CountMembers(w.admin(), w.own.ID); n != 1 || err != nil || w.told("member.removed", eve.ID) != 1 {
		t.Errorf("%d members are left (%v)", n, err)
	}
	w.wantCode("removed twice", w.members.Remove(w.admin(), eve.ID), apperr.NotFound)
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.place(w.own, w.ada)
	lower := func() error { _, err := w.members.SetRole(w.admin(), ada.ID, auth.Editor); return err }
	leave := func() error { _, err := w.members.Leave(w.admin()); return err }
	w.wantCode("lowered", lower(), apperr.Conflict)
	w.wantCode("removed", w.members.Remove(w.admin(), ada.ID), apperr.Conflict)
	w.wantCode("left", leave(), apperr.Conflict)
	eve := w.add("eve", auth.Administrator)
	if err := w.db.Ent.User.UpdateOneID(eve.UserID).SetDisabledAt(time.Now()).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantCode("left with one who cannot sign in", leave(), apperr.Conflict)
	w.add("zoe", auth.Administrator)
	if err := leave(); err != nil {
		t.Errorf("left with another: %v", err)
	}
	if w.told("member.left", ada.ID) != 1 {
		t.Error("the audit log does not tell that ada left")
	}
	w.wantCode("left twice", leave(), apperr.NotFound)
	program := w.as(&auth.Principal{ProjectID: w.own.ID, TokenID: "tok_x", Permissions: []auth.Permission{auth.Admin}})
	_, err := w.members.Leave(program)
	w.wantCode("a program", err, apperr.NotFound)
}

// TestAdministratorsLeaveTogether has all leave at once, in each of the ways:
// one must stay.
func TestAdministratorsLeaveTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 9
	all := []*ent.Member{w.place(w.own, w.ada)}
	for i := range n - 1 {
		all = append(all, w.add(string(rune('m'+i)), auth.Administrator))
	}
	errs := make([]error, n)
	var together sync.WaitGroup
	start := make(chan struct{})
	for i, m := range all {
		together.Go(func() {
			<-start
			switch i % 3 {
			case 0:
				errs[i] = w.members.Remove(w.admin(), m.ID)
			case 1:
				_, errs[i] = w.members.SetRole(w.admin(), m.ID, auth.Viewer)
			default:
				_, errs[i] = w.members.Leave(w.as(&auth.Principal{
					ProjectID: w.own.ID, UserID: m.UserID, Permissions: []auth.Permission{auth.Admin},
				}))
			}
		})
	}
	close(start)
	together.Wait()
	refused := 0
	for i, err := range errs {
		if err == nil {
			continue
		}
		refused++
		w.wantCode(all[i].Edges.User.Email, err, apperr.Conflict)
	}
	left, err := w.db.Ent.Member.Query().Where(member.ProjectID(w.own.ID), member.RoleEQ(member.RoleAdmin)).Count(t.Context())
	if err != nil || left != 1 || refused != 1 {
		t.Errorf("%d administrators are left, %d were refused (%v)", left, refused, err)
	}
}

func TestOnlyAdministratorsChangePlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	eve := w.add("eve", auth.Editor)
	account, err := w.members.CreateAccount(w.admin(), "ci", auth.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.members.CreateToken(w.admin(), members.NewToken{AccountID: account.ID, Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := w.in(w.own, eve.Edges.User, auth.Editor)
	for name, do := range map[string]func() error{
		"UpdateProject": func() error { _, err := w.members.UpdateProject(ctx, members.ProjectChange{}); return err },
		"AddMember":     func() error { _, err := w.members.AddMember(ctx, w.bob.Email, auth.Viewer); return err },
		"SetRole":       func() error { _, err := w.members.SetRole(ctx, eve.ID, auth.Administrator); return err },
		"Remove":        func() error { return w.members.Remove(ctx, eve.ID) },
		"CreateAccount": func() error { _, err := w.members.CreateAccount(ctx, "n", auth.Viewer); return err },
		"UpdateAccount": func() error {
			_, err := w.members.UpdateAccount(ctx, account.ID, members.AccountChange{})
			return err
		},
		"CreateToken": func() error {
			_, _, err := w.members.CreateToken(ctx, members.NewToken{AccountID: account.ID, Name: "n"})
			return err
		},
		"RevokeToken": func() error { _, err := w.members.RevokeToken(ctx, "tok_x"); return err },
		"Account":     func() error { _, err := w.members.Account(ctx, account.ID); return err },
		"Accounts":    func() error { _, _, err := w.members.Accounts(ctx, w.own.ID, store.Page{}); return err },
		"Tokens":      func() error { _, _, err := w.members.Tokens(ctx, w.own.ID, "", store.Page{}); return err },
	} {
		w.wantCode(name, do(), apperr.Forbidden)
	}
}
