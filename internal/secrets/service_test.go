package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/ent/secret"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestSetAndValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, w.ours, "TOKEN", "", "for-all")
	w.set(t, w.ours, "TOKEN", "staging", "first")
	w.set(t, w.ours, "TOKEN", "staging", "of-staging") // replaces it
	w.set(t, w.ours, "ONLY_PROD", "prod", "of-prod")
	w.set(t, w.theirs, "TOKEN", "", "of-others")
	w.set(t, w.theirs, "THEIRS", "", "of-others")
	names := []string{"TOKEN", "ONLY_PROD", "THEIRS", "NONE"}
	for environment, want := range map[string]map[string]string{
		"":        {"TOKEN": "for-all"},
		"staging": {"TOKEN": "of-staging"},
		"prod":    {"TOKEN": "for-all", "ONLY_PROD": "of-prod"},
		"Staging": {"TOKEN": "for-all"},
	} {
		if diff := cmp.Diff(want, w.values(t, w.oursID, environment, names)); diff != "" {
			t.Errorf("environment %q (-want +got)\n%s", environment, diff)
		}
	}
	if got := w.values(t, w.oursID, "prod", nil); len(got) != 0 {
		t.Errorf("a plan without secrets gets %v", got)
	}
	for _, row := range w.store.Ent.Secret.Query().AllX(t.Context()) {
		if bytes.Contains(row.SealedValue, []byte("of-")) || bytes.Contains(row.SealedValue, []byte("for-all")) {
			t.Errorf("%s lies open in the database", row.Name)
		}
	}
	moved := w.store.Ent.Secret.Query().Where(secret.ProjectID(w.oursID), secret.Environment("prod")).OnlyX(t.Context())
	foreign := w.store.Ent.Secret.Query().Where(secret.Name("THEIRS")).OnlyX(t.Context())
	w.store.Ent.Secret.UpdateOne(moved).SetSealedValue(foreign.SealedValue).ExecX(t.Context())
	err := w.store.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := w.Values(ctx, tx, w.oursID, "prod", []string{"ONLY_PROD"})
		return err
	})
	if apperr.CodeOf(err) != apperr.Unavailable || !strings.Contains(err.Error(), "ONLY_PROD") {
		t.Errorf("a value that was moved into another row: %v", err)
	}
}

func TestInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct{ name, secret, environment, value, field string }{
		{"plain", "API_TOKEN", "", "1234", ""},
		{"dots and dashes", "api.token-2", "staging", "1234", ""},
		{"the longest", strings.Repeat("a", 100), "", strings.Repeat("v", 64<<10), ""},
		{"any text", "ANY", "", "\"\x00ø 密 <&>\n", ""},
		{"no name", "", "", "12345", "name"},
		{"a digit first", "1A", "", "12345", "name"},
		{"a space", "A B", "", "12345", "name"},
		{"too long a name", strings.Repeat("a", 101), "", "12345", "name"},
		{"a variable of every case", "run.id", "", "12345", "name"},
		{"too long an environment", "A", strings.Repeat("e", 101), "12345", "environment"},
		{"empty", "A", "", "", "value"},
		{"too short to hide", "A", "", "123", "value"},
		{"too long", "A", "", strings.Repeat("v", 64<<10+1), "value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row, err := w.Set(w.ours, secrets.Key{Name: tt.secret, Environment: tt.environment}, tt.value)
			if tt.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := w.values(t, w.oursID, tt.environment, []string{tt.secret}); got[tt.secret] != tt.value {
					t.Errorf("it comes back as %.40q", got[tt.secret])
				}
				if row.UpdatedBy != "ann" {
					t.Errorf("it was given by %q", row.UpdatedBy)
				}
				return
			}
			if e, ok := errors.AsType[*apperr.Error](err); !ok || e.Code != apperr.InvalidInput || e.Field != tt.field {
				t.Errorf("%v, want INVALID_INPUT of %s", err, tt.field)
			} else if len(tt.value) > 3 && strings.Contains(err.Error(), tt.value) {
				t.Errorf("the message shows the value: %v", err)
			}
		})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 5 {
		w.set(t, w.ours, fmt.Sprint("S", i), "", "value")
	}
	w.set(t, w.ours, "S0", "prod", "value")
	w.set(t, w.theirs, "THEIRS", "", "value")
	list := func(page secrets.Page) (names []string, more bool, last string) {
		rows, more, err := w.List(w.ours, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			names, last = append(names, row.Name+row.Environment), row.ID
		}
		return names, more, last
	}
	first, more, last := list(secrets.Page{Page: store.Page{First: 4}})
	second, end, _ := list(secrets.Page{Page: store.Page{First: 4, After: last}})
	if diff := cmp.Diff([]string{"S0prod", "S4", "S3", "S2", "S1", "S0"}, append(first, second...)); diff != "" || !more || end {
		t.Errorf("%t %t\n%s", more, end, diff)
	}
	prod, none := "prod", ""
	if names, _, _ := list(secrets.Page{Environment: &prod}); !slices.Equal(names, []string{"S0prod"}) {
		t.Errorf("of prod: %v", names)
	}
	if n, err := w.Count(w.ours, secrets.Page{Environment: &none}); n != 5 || err != nil {
		t.Errorf("for all: %d (%v)", n, err)
	}
	if _, _, err := w.List(w.ours, secrets.Page{Page: store.Page{First: -1}}); apperr.CodeOf(err) != apperr.InvalidInput {
		t.Errorf("a negative page: %v", err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, w.ours, "A", "", "value")
	w.set(t, w.ours, "A", "prod", "value")
	w.set(t, w.theirs, "THEIRS", "", "value")
	if _, err := w.Delete(w.ours, secrets.Key{Name: "A", Environment: "prod"}); err != nil {
		t.Fatal(err)
	}
	if got := w.values(t, w.oursID, "prod", []string{"A"}); len(got) != 1 {
		t.Errorf("the one for all is gone too: %v", got)
	}
	_, again := w.Delete(w.ours, secrets.Key{Name: "A", Environment: "prod"})
	_, theirs := w.Delete(w.ours, secrets.Key{Name: "THEIRS"})
	_, never := w.Delete(w.ours, secrets.Key{Name: "NEVER"})
	for _, err := range []error{again, theirs, never} {
		if apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("%v, want NOT_FOUND", err)
		}
	}
	if strings.ReplaceAll(theirs.Error(), "THEIRS", "NEVER") != never.Error() {
		t.Errorf("another project's secret answers %q, one that never was %q", theirs, never)
	}
	if n := w.store.Ent.Secret.Query().Where(secret.Name("THEIRS")).CountX(t.Context()); n != 1 {
		t.Error("another project's secret is gone")
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, w.ours, "A", "", "value")
	for _, tt := range []struct {
		name         string
		permissions  []auth.Permission
		list, change apperr.Code
	}{
		{"viewer", auth.PermissionsOf(auth.Viewer), "", apperr.Forbidden},
		{"editor", auth.PermissionsOf(auth.Editor), "", apperr.Forbidden},
		{"admin", auth.PermissionsOf(auth.Administrator), "", ""},
		{"nobody", nil, apperr.Forbidden, apperr.Forbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := auth.With(t.Context(), &auth.Principal{ProjectID: w.oursID, Permissions: tt.permissions})
			_, _, list := w.List(ctx, secrets.Page{})
			_, count := w.Count(ctx, secrets.Page{})
			_, set := w.Set(ctx, secrets.Key{Name: "B"}, "value")
			_, remove := w.Delete(ctx, secrets.Key{Name: "B"})
			for what, got := range map[string][2]apperr.Code{
				"list": {apperr.CodeOf(list), tt.list}, "count": {apperr.CodeOf(count), tt.list},
				"set": {apperr.CodeOf(set), tt.change}, "delete": {apperr.CodeOf(remove), tt.change},
			} {
				if got[0] != got[1] {
					t.Errorf("%s: %q, want %q", what, got[0], got[1])
				}
			}
		})
	}
}

// TestTogether lets many give one secret a value at once.
func TestTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := w.Set(w.ours, secrets.Key{Name: "A"}, fmt.Sprint("value", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := w.store.Ent.Secret.Query().CountX(t.Context()); n != 1 {
		t.Errorf("there are %d secrets", n)
	}
	if n := w.store.Ent.AuditEntry.Query().Where(auditentry.Action("secret.changed")).CountX(t.Context()); n != 7 {
		t.Errorf("the audit log knows of %d changes", n)
	}
}

func TestMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var rows []*ent.SecretCreate
	for i := range 1000 {
		rows = append(rows, w.store.Ent.Secret.Create().SetProjectID(w.oursID).SetName(fmt.Sprint("S", i)).SetSealedValue([]byte("x")))
	}
	w.store.Ent.Secret.CreateBulk(rows...).SaveX(t.Context())
	if _, err := w.Set(w.ours, secrets.Key{Name: "ONE_MORE"}, "value"); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("one more: %v", err)
	}
	w.set(t, w.ours, "S7", "", "value")
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, w.ours, "A", "prod", "planted-value")
	w.set(t, w.ours, "A", "prod", "planted-value-2")
	if _, err := w.Delete(w.ours, secrets.Key{Name: "A", Environment: "prod"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range w.store.Ent.AuditEntry.Query().Order(auditentry.ByID()).AllX(t.Context()) {
		got = append(got, fmt.Sprint(e.Action, " ", e.ObjectName, " ", e.Detail, " ", e.ActorName))
		if strings.Contains(fmt.Sprint(e), "planted-value") {
			t.Errorf("an entry shows the value: %v", e)
		}
	}
	want := []string{"secret.created A map[environment:prod] ann", "secret.changed A map[environment:prod] ann", "secret.deleted A map[environment:prod] ann"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// world is a service with two projects and their administrators.
type world struct {
	*secrets.Service
	store            *store.Store
	keys             *seal.Keys
	ours, theirs     context.Context
	oursID, theirsID string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := storetest.Open(t)
	keys, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Service: secrets.New(s, seal.With(keys)), store: s, keys: keys}
	admin := func(slug string) (context.Context, string) {
		p := s.Ent.Project.Create().SetSlug(slug).SetName(slug).SaveX(t.Context())
		return auth.With(t.Context(), &auth.Principal{
			Kind: audit.User, UserID: "u", Name: "ann", ProjectID: p.ID, Permissions: auth.PermissionsOf(auth.Administrator),
		}), p.ID
	}
	w.ours, w.oursID = admin("ours")
	w.theirs, w.theirsID = admin("theirs")
	return w
}

func (w *world) set(t *testing.T, ctx context.Context, name, environment, value string) { //nolint:revive // the context says who
	t.Helper()
	if _, err := w.Set(ctx, secrets.Key{Name: name, Environment: environment}, value); err != nil {
		t.Fatal(err)
	}
}

func (w *world) values(t *testing.T, projectID, environment string, names []string) (out map[string]string) {
	t.Helper()
	err := w.store.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = w.Values(ctx, tx, projectID, environment, names)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
