package auth

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/store"
)

// Limits hold a project's runs and cases back, so that they leave room for
// others.
type Limits struct {
	MaxParallel  *int           // cases under way at once; 0 is without a limit, nil leaves it as it is
	Environments map[string]int // runs under way at once, by environment; nil leaves them as they are
}

// SetLimits changes the limits of the caller's project. What is under way goes
// on; what begins from a second later on is held to them.
func (s *Service) SetLimits(ctx context.Context, l Limits) (*ent.Project, error) {
	p, err := Require(ctx, Admin)
	if err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	var row *ent.Project
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Project.UpdateOneID(p.ProjectID).SetNillableMaxParallel(l.MaxParallel)
		if l.Environments != nil {
			update.SetEnvironmentLimits(l.Environments)
		}
		if row, err = update.Save(ctx); err != nil {
			return fmt.Errorf("set the project's limits: %w", err)
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: row.ID, Action: "project.limits_set", ObjectID: row.ID, ObjectName: row.Slug,
		})
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

func (l Limits) check() error {
	if n := l.MaxParallel; n != nil {
		if *n < 0 || *n > 100_000 {
			return apperr.Invalid("maxParallel", "maxParallel must be from 0 to 100000; 0 is without a limit")
		}
	}
	if l.Environments != nil {
		if len(l.Environments) > 100 {
			return apperr.Invalid("environmentLimits", "a project limits at most 100 environments")
		}
		for name, n := range l.Environments {
			if name == "" || len(name) > 100 {
				return apperr.Invalid("environmentLimits", "the name of an environment has 1 to 100 characters")
			}
			if n < 1 || n > 10_000 {
				return apperr.Invalid("environmentLimits", "maxRuns of %s must be from 1 to 10000", name)
			}
		}
	}
	return nil
}
