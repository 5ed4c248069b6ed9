package auth_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

func TestAuditLog(t *testing.T) {
	t.Parallel()
	db, s, ours := setUp(t)
	theirs := db.Ent.Project.Create().SetSlug("theirs").SetName("Theirs").SaveX(t.Context())
	ann := audit.From(audit.As(t.Context(), audit.Actor{Kind: audit.User, ID: "usr_ann", Name: "Ann"}),
		audit.Origin{Address: "192.0.2.7", UserAgent: "test"})
	record := func(ctx context.Context, e audit.Entry) {
		t.Helper()
		if err := audit.Record(ctx, db.Ent.AuditEntry, e); err != nil {
			t.Fatal(err)
		}
	}
	record(ann, audit.Entry{ProjectID: ours.ID, Action: "plan.created", ObjectID: "pln_1", ObjectName: "Shop", Detail: map[string]string{"version": "1"}})
	record(ann, audit.Entry{ProjectID: theirs.ID, Action: "plan.created", ObjectID: "pln_2"})
	record(ann, audit.Entry{Action: "user.created", ObjectID: "usr_bob"})
	record(t.Context(), audit.Entry{ProjectID: ours.ID, Action: "plan.deleted", ObjectID: "pln_1"})
	if err := audit.Refused(ann, db.Ent.AuditEntry, audit.Entry{ProjectID: ours.ID, Action: "plan.deleted", ObjectID: "pln_3"}); err != nil {
		t.Fatal(err)
	}
	as := func(may ...auth.Permission) context.Context {
		return auth.With(t.Context(), &auth.Principal{ProjectID: ours.ID, Permissions: may})
	}
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		filter auth.AuditFilter
		want   []string // action and object
		code   apperr.Code
	}{
		{"the project's, newest first", as(auth.Admin), auth.AuditFilter{}, []string{"plan.deleted pln_3", "plan.deleted pln_1", "plan.created pln_1"}, ""},
		{"by actor", as(auth.Admin), auth.AuditFilter{ActorID: "usr_ann"}, []string{"plan.deleted pln_3", "plan.created pln_1"}, ""},
		{"by object", as(auth.Admin), auth.AuditFilter{ObjectID: "pln_1"}, []string{"plan.deleted pln_1", "plan.created pln_1"}, ""},
		{"by their object", as(auth.Admin), auth.AuditFilter{ObjectID: "pln_2"}, nil, ""},
		{"by action", as(auth.Admin), auth.AuditFilter{Action: "plan.created"}, []string{"plan.created pln_1"}, ""},
		{"refused", as(auth.Admin), auth.AuditFilter{Outcome: auditentry.OutcomeRefused}, []string{"plan.deleted pln_3"}, ""},
		{"later", as(auth.Admin), auth.AuditFilter{From: time.Now().Add(time.Hour)}, nil, ""},
		{"until then", as(auth.Admin), auth.AuditFilter{To: time.Now().Add(time.Hour), Action: "plan.created"}, []string{"plan.created pln_1"}, ""},
		{"no time at all", as(auth.Admin), auth.AuditFilter{From: time.Now(), To: time.Now().Add(-time.Hour)}, nil, apperr.InvalidInput},
		{"of an editor", as(auth.PermissionsOf(auth.Editor)...), auth.AuditFilter{}, nil, apperr.Forbidden},
		{"of nobody", t.Context(), auth.AuditFilter{}, nil, apperr.Unauthenticated},
		{"the instance's, of a project's admin", as(auth.Admin), auth.AuditFilter{Instance: true}, nil, apperr.Forbidden},
		{
			"the instance's", as(auth.Admin, auth.Instance), auth.AuditFilter{Instance: true},
			[]string{"plan.deleted pln_3", "plan.deleted pln_1", "user.created usr_bob", "plan.created pln_2", "plan.created pln_1"}, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rows, more, err := s.AuditLog(tt.ctx, store.Page{}, tt.filter)
			if apperr.CodeOf(err) != tt.code || more {
				t.Fatalf("AuditLog: %v, more %t, want %q", err, more, tt.code)
			}
			var got []string
			for _, r := range rows {
				got = append(got, r.Action+" "+r.ObjectID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if n, err := s.CountAuditLog(tt.ctx, tt.filter); n != len(tt.want) || apperr.CodeOf(err) != tt.code {
				t.Errorf("the count is %d (%v), want %d", n, err, len(tt.want))
			}
		})
	}
	rows, more, err := s.AuditLog(as(auth.Admin), store.Page{First: 1}, auth.AuditFilter{})
	if err != nil || len(rows) != 1 || !more {
		t.Fatalf("a page of one has %d (%v), more %t", len(rows), err, more)
	}
	rows, _, err = s.AuditLog(as(auth.Admin), store.Page{First: 2, After: rows[0].ID}, auth.AuditFilter{})
	if err != nil || len(rows) != 2 {
		t.Fatalf("the next page has %d (%v)", len(rows), err)
	}
	first := rows[1]
	got := fmt.Sprint(first.ActorKind, first.ActorID, first.ActorName, first.Address, first.UserAgent, first.ObjectName, first.Detail)
	if want := fmt.Sprint("user", "usr_ann", "Ann", "192.0.2.7", "test", "Shop", map[string]string{"version": "1"}); got != want {
		t.Errorf("the first entry says %s, want %s", got, want)
	}
	if rows[0].ActorKind != auditentry.ActorKindAnonymous || ident.Validate(ident.AuditEntry, rows[0].ID) != nil {
		t.Errorf("an entry of nobody: %v", rows[0])
	}
}

func TestPruneAuditLog(t *testing.T) {
	t.Parallel()
	db, s, project := setUp(t)
	for _, age := range []time.Duration{0, 10 * 24 * time.Hour, 40 * 24 * time.Hour, 50 * 24 * time.Hour} {
		db.Ent.AuditEntry.Create().SetProjectID(project.ID).SetActorKind(auditentry.ActorKindSystem).SetAction("plan.created").
			SetAt(time.Now().Add(-age)).SaveX(t.Context())
	}
	if n, err := s.PruneAuditLog(t.Context(), 30*24*time.Hour); n != 2 || err != nil {
		t.Errorf("%d entries were removed (%v), want 2", n, err)
	}
	if _, err := s.PruneAuditLog(t.Context(), time.Hour); err == nil {
		t.Error("entries of today can be removed")
	}
	if left := db.Ent.AuditEntry.Query().CountX(t.Context()); left != 2 {
		t.Errorf("%d entries are left, want 2", left)
	}
}
