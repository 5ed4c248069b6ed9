package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/semantest/semantest/internal/store"
)

// grants lets the role that serves use every table and change none. River's own
// tables are among them. The audit log it may only add to; what is old goes by
// a function that has the owner's rights.
const grants = `
GRANT USAGE ON SCHEMA %[2]s TO %[1]s;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[2]s TO %[1]s;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %[2]s TO %[1]s;
REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM %[1]s;
REVOKE UPDATE, DELETE ON audit_entries FROM %[1]s;
GRANT EXECUTE ON FUNCTION prune_audit_entries(timestamptz, integer) TO %[1]s;`

// grant makes the role that serves, where it is not there, and gives it what it
// needs. It reports whether this connection may act as the role: an owner who
// may not make roles serves by itself, and row-level security is forced on it.
// Without need the rights are left alone: to grant them collides with what else
// changes the catalog.
func grant(ctx context.Context, conn *sql.Conn, changed bool) (bool, error) {
	var exists, member, granted bool
	err := conn.QueryRowContext(ctx, `SELECT count(*) > 0, coalesce(bool_or(pg_has_role(oid, 'MEMBER')), false),
			coalesce(bool_or(has_table_privilege(oid, 'audit_entries', 'INSERT')), false)
		FROM pg_roles WHERE rolname = $1`, store.Role).Scan(&exists, &member, &granted)
	if err != nil {
		return false, fmt.Errorf("look for the role %s: %w", store.Role, err)
	}
	if !exists {
		switch _, err := conn.ExecContext(ctx, "CREATE ROLE "+store.Role+" NOLOGIN"); {
		case isCode(err, "42501"):
			return false, nil // this owner may not make roles
		case err != nil && !isCode(err, "42710") && !isCode(err, "23505"): // another database's migration was faster
			return false, fmt.Errorf("make the role %s: %w", store.Role, err)
		}
		if member, err = join(ctx, conn); err != nil {
			return false, err
		}
	}
	if !member {
		if member, err = join(ctx, conn); err != nil || !member {
			return false, err
		}
	}
	if granted && !changed {
		return true, nil
	}
	var schema string
	if err := conn.QueryRowContext(ctx, "SELECT quote_ident(current_schema())").Scan(&schema); err != nil {
		return false, fmt.Errorf("read the schema's name: %w", err)
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(grants, store.Role, schema)); err != nil {
		return false, fmt.Errorf("grant the role %s its rights: %w", store.Role, err)
	}
	return true, nil
}

// join makes the owner a member of the role, and reports whether it is one now.
func join(ctx context.Context, conn *sql.Conn) (bool, error) {
	_, err := conn.ExecContext(ctx, "GRANT "+store.Role+" TO CURRENT_USER")
	if isCode(err, "42501") {
		return false, nil // somebody else made the role
	}
	if err != nil {
		return false, fmt.Errorf("join the role %s: %w", store.Role, err)
	}
	return true, nil
}

func isCode(err error, code pqerror.Code) bool {
	pqErr, ok := errors.AsType[*pq.Error](err)
	return ok && pqErr.Code == code
}
