package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/lib/pq"
)

// Role is the database role that serves. It owns no table, so that row-level
// security binds it; package migration makes it and gives it its rights.
const Role = "semantest_app"

// scope is whose rows a statement may see, as row-level security holds it: the
// second wall behind the services' own checks.
type scope string

const (
	nothing     scope = ""  // no project's rows: what forgot to say whose it wants
	allProjects scope = "*" // the work of the server itself
)

type scopeKey struct{}

// InProject returns a context whose statements see the rows of one project only;
// with an empty id those of none.
func InProject(ctx context.Context, projectID string) context.Context {
	return context.WithValue(ctx, scopeKey{}, scope(projectID))
}

// AllProjects returns a context whose statements see the rows of all projects:
// for the work of the server itself, never for what a request asks.
func AllProjects(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, allProjects)
}

// seen is what Postgres has been told about a connection's scope.
type seen struct {
	usual  scope // of statements whose context names none
	told   scope
	known  bool // whether told is what holds
	inside bool // told within the transaction, so that its rollback takes it back
}

// enter tells Postgres whose rows the coming statement may see, unless it knows.
// It costs a round trip only where a connection goes from one project to
// another.
func (c *conn) enter(ctx context.Context) error {
	want, ok := ctx.Value(scopeKey{}).(scope)
	if !ok {
		want = c.scope.usual
	}
	if c.scope.known && c.scope.told == want {
		return nil
	}
	c.scope.known = false
	if _, err := c.pqConn.ExecContext(ctx, "SET semantest.scope = "+pq.QuoteLiteral(string(want)), nil); err != nil {
		return fmt.Errorf("tell the database whose rows are meant: %w", err)
	}
	c.scope.told, c.scope.known, c.scope.inside = want, true, c.inTx
	return nil
}

// returned takes note that Postgres went back to a savepoint, or to before the
// transaction, and with it to the scope that held there.
func (s *seen) returned() {
	if s.inside {
		s.known, s.inside = false, false
	}
}

// returns reports whether a statement goes back to a savepoint.
func returns(query string) bool { return strings.HasPrefix(query, "ROLLBACK TO") }
