package plans

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent/planversion"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/exporting"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// exportsAtOnce is how many exports a process writes at the same time: each is
// held in memory several times over while its language reads it.
const exportsAtOnce = 2

// maxExportedIDs bounds the cases that are named.
const maxExportedIDs = 1000

// Export writes the newest version of a plan for another program, or those of its
// cases that are named.
func (s *Service) Export(ctx context.Context, id string, format exporting.Format, cases ...string) (*exporting.Result, error) {
	row, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(cases) > maxExportedIDs {
		return nil, apperr.Invalid("cases", "name at most %d cases, or none for all of them", maxExportedIDs)
	}
	latest, err := s.versions(row.ProjectID, row.ID).Order(planversion.ByID(sql.OrderDesc())).First(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Plan, id)
	}
	select {
	case s.exports <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.exports }()
	v, err := s.Parsed(latest)
	if err != nil {
		return nil, err
	}
	out, err := exporting.Export(v.Plan, format, cases...)
	switch {
	case errors.Is(err, exporting.ErrNoCase), errors.Is(err, exporting.ErrTooLarge):
		return nil, apperr.Wrap(err, apperr.InvalidInput, "%s", err)
	case err != nil:
		return nil, fmt.Errorf("export plan %s: %w", id, err)
	}
	if len(out.Cases) == 0 {
		out.Files = nil // what all exports bring with them is of no use alone
	}
	return out, nil
}
