package migration_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// TestEveryTableIsWalled fails when a table is added without a policy.
func TestEveryTableIsWalled(t *testing.T) {
	t.Parallel()
	db := storetest.OpenAsOwner(t)
	shared := []string{"workers", "schema_migrations"} // they hold nothing of a project
	rows, err := db.DB.QueryContext(t.Context(), `
SELECT relname, relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace ORDER BY relname`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	walled := 0
	for rows.Next() {
		var name string
		var held bool
		if err := rows.Scan(&name, &held); err != nil {
			t.Fatal(err)
		}
		switch exempt := slices.Contains(shared, name) || strings.HasPrefix(name, "river_"); {
		case !held && !exempt:
			t.Errorf("table %s has no row-level security: give it a policy in a migration, as row_level_security.sql does", name)
		case held && exempt:
			t.Errorf("table %s is held to be shared, but has a policy", name)
		case held:
			walled++
		}
	}
	if err := rows.Err(); err != nil || walled < 20 {
		t.Errorf("%d tables are walled (%v)", walled, err)
	}
}

// TestTheRoleOwnsNothing keeps the role that serves from getting round the wall.
func TestTheRoleOwnsNothing(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var user string
	var owned int
	var super, bypass bool
	err := db.DB.QueryRowContext(t.Context(), `
SELECT current_user, rolsuper, rolbypassrls, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)
FROM pg_roles r WHERE rolname = current_user`).Scan(&user, &super, &bypass, &owned)
	if err != nil || user != store.Role || super || bypass || owned != 0 {
		t.Errorf("the server acts as %s (superuser %t, bypasses %t, owns %d tables): %v", user, super, bypass, owned, err)
	}
	for _, statement := range []string{
		"ALTER TABLE plans DISABLE ROW LEVEL SECURITY",
		"DROP POLICY scope ON plans",
		"DROP TABLE plans",
		"TRUNCATE audit_entries",
		"CREATE TABLE more (id text)",
		"DELETE FROM schema_migrations",
	} {
		if _, err := db.DB.ExecContext(t.Context(), statement); !denied(err) {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
}

// TestAuditEntriesStay tries to change and to remove what is logged.
func TestAuditEntriesStay(t *testing.T) {
	t.Parallel()
	server := storetest.Open(t)
	exec := func(db *sql.DB, statement string, args ...any) error {
		_, err := db.ExecContext(t.Context(), statement, args...)
		return err
	}
	const add = `INSERT INTO audit_entries (id, at, actor_kind, action) VALUES ($1, now() - $2::interval, 'system', 'plan.created')`
	for id, age := range map[string]string{"aud_new": "1 hour", "aud_old": "40 days"} {
		if err := exec(server.DB, add, id, age); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"UPDATE audit_entries SET action = 'nothing'",
		"DELETE FROM audit_entries",
	} {
		if err := exec(server.DB, statement); !denied(err) {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
	owner := storetest.OpenAsOwner(t)
	if err := exec(owner.DB, add, "aud_x", "1 hour"); err != nil {
		t.Fatal(err)
	}
	if err := exec(owner.DB, "UPDATE audit_entries SET action = 'nothing'"); !denied(err) {
		t.Errorf("the owner changes an entry: %v", err)
	}
	if err := exec(server.DB, "SELECT prune_audit_entries(now(), 100)"); err == nil {
		t.Error("fresh entries are removed")
	}
	var removed, left int
	if err := server.DB.QueryRowContext(t.Context(), "SELECT prune_audit_entries(now() - interval '30 days', 100)").Scan(&removed); err != nil || removed != 1 {
		t.Errorf("%d old entries were removed (%v), want 1", removed, err)
	}
	if err := server.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM audit_entries").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d entries are left (%v), want 1", left, err)
	}
}

func denied(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && e.Code == "42501"
}
