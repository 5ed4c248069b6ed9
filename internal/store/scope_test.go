package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/plan"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// walled is a database with two projects, each with one plan of its own slug.
type walled struct {
	*store.Store
	ours, theirs *ent.Project
}

// behindTheWall opens a store as the server does: a context that names no
// project sees none.
func behindTheWall(t *testing.T, conns int32) *walled {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.URL(t), store.Options{MaxConns: conns, Role: store.Role})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &walled{Store: s}
	all := store.AllProjects(t.Context())
	for _, p := range []**ent.Project{&w.ours, &w.theirs} {
		slug := map[bool]string{true: "ours", false: "theirs"}[p == &w.ours]
		*p = s.Ent.Project.Create().SetSlug(slug).SetName(slug).SaveX(all)
		s.Ent.Plan.Create().SetProjectID((*p).ID).SetName(slug).SetTags([]string{}).SaveX(all)
	}
	return w
}

// names are the plans that a context sees.
func names(ctx context.Context, c *ent.PlanClient) ([]string, error) {
	return c.Query().Order(plan.ByName()).Select(plan.FieldName).Strings(ctx)
}

func TestScope(t *testing.T) {
	t.Parallel()
	w := behindTheWall(t, 1) // one connection, which goes from scope to scope
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want []string
	}{
		{"our project", store.InProject(t.Context(), w.ours.ID), []string{"ours"}},
		{"their project", store.InProject(t.Context(), w.theirs.ID), []string{"theirs"}},
		{"all", store.AllProjects(t.Context()), []string{"ours", "theirs"}},
		{"nobody said", t.Context(), nil},
		{"no project", store.InProject(t.Context(), ""), nil},
		{"an unknown project", store.InProject(t.Context(), "prj_unknown"), nil},
		{"a name that would end the statement", store.InProject(t.Context(), `x'; SET semantest.scope = '*`), nil},
		{"a pattern", store.InProject(t.Context(), `%`), nil},
		{"all, within a project", store.AllProjects(store.InProject(t.Context(), w.ours.ID)), []string{"ours", "theirs"}},
		{"a project, within all", store.InProject(store.AllProjects(t.Context()), w.ours.ID), []string{"ours"}},
	} {
		got, err := names(tt.ctx, w.Ent.Plan)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" && len(tt.want)+len(got) > 0 {
			t.Errorf("%s sees (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestScopeOfWrites keeps a statement from touching what it cannot see, and from
// writing into another project.
func TestScopeOfWrites(t *testing.T) {
	t.Parallel()
	w := behindTheWall(t, 2)
	ours := store.InProject(t.Context(), w.ours.ID)
	if n, err := w.Ent.Plan.Update().SetName("taken").Save(ours); n != 1 || err != nil {
		t.Errorf("an update of all plans changed %d (%v), want 1", n, err)
	}
	if n, err := w.Ent.Plan.Delete().Where(plan.ProjectID(w.theirs.ID)).Exec(ours); n != 0 || err != nil {
		t.Errorf("%d of their plans were deleted (%v)", n, err)
	}
	_, err := w.Ent.Plan.Create().SetProjectID(w.theirs.ID).SetName("planted").SetTags([]string{}).Save(ours)
	if e, ok := errors.AsType[*pq.Error](err); !ok || e.Code != "42501" {
		t.Errorf("a plan was written into their project: %v", err)
	}
	if _, err := w.Ent.Plan.Create().SetProjectID(w.ours.ID).SetName("more").SetTags([]string{}).Save(ours); err != nil {
		t.Errorf("our own: %v", err)
	}
}

// TestScopeInTransactions changes the scope within transactions that end in each
// way, on one connection.
func TestScopeInTransactions(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, tt := range []struct {
		name string
		end  func(ctx context.Context, tx *store.Tx) error
	}{
		{"committed", func(context.Context, *store.Tx) error { return nil }},
		{"rolled back", func(context.Context, *store.Tx) error { return boom }},
		{"failed", func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "SELECT 1/0")
			return errors.Join(err, boom)
		}},
		{"back to a savepoint", func(ctx context.Context, tx *store.Tx) error {
			inner, err := tx.Pgx().Begin(ctx)
			if err != nil {
				return err
			}
			if _, err := names(store.AllProjects(ctx), tx.Plan); err != nil {
				return err
			}
			if err := inner.Rollback(ctx); err != nil {
				return err
			}
			if got, err := names(ctx, tx.Plan); err != nil || len(got) != 1 {
				return fmt.Errorf("after the savepoint it sees %q: %w", got, err)
			}
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := behindTheWall(t, 1)
			ours, theirs := store.InProject(t.Context(), w.ours.ID), store.InProject(t.Context(), w.theirs.ID)
			err := w.WithTx(ours, func(ctx context.Context, tx *store.Tx) error {
				for _, in := range []context.Context{ctx, store.AllProjects(ctx), ctx, store.AllProjects(ctx)} {
					if _, err := names(in, tx.Plan); err != nil {
						return err
					}
				}
				return tt.end(ctx, tx)
			})
			if err != nil && !errors.Is(err, boom) {
				t.Fatal(err)
			}
			for ctx, want := range map[context.Context]string{ours: "ours", theirs: "theirs"} {
				if got, err := names(ctx, w.Ent.Plan); err != nil || len(got) != 1 || got[0] != want {
					t.Errorf("afterwards %s sees %q (%v)", want, got, err)
				}
			}
		})
	}
}

// TestScopesSideBySide lets many callers of both projects share few connections.
func TestScopesSideBySide(t *testing.T) {
	t.Parallel()
	w := behindTheWall(t, 3)
	var all sync.WaitGroup
	for i := range 16 {
		p := []*ent.Project{w.ours, w.theirs}[i%2]
		ctx := store.InProject(t.Context(), p.ID)
		all.Go(func() {
			for range 50 {
				if got, err := names(ctx, w.Ent.Plan); err != nil || len(got) != 1 || got[0] != p.Slug {
					t.Errorf("%s sees %q (%v)", p.Slug, got, err)
					return
				}
			}
		})
	}
	all.Wait()
}
