package browsersessions

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/browsercommand"
	"github.com/semantest/semantest/ent/browsersession"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Get returns a session of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.BrowserSession, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.BrowserSession.Query().Where(browsersession.ID(id), browsersession.ProjectID(p.ProjectID)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.BrowserSession, id)
	}
	return row, nil
}

// List returns a page of the project's sessions, newest first, and whether more
// follow.
func (s *Service) List(ctx context.Context, page store.Page) ([]*ent.BrowserSession, bool, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.BrowserSession.Query().Where(browsersession.ProjectID(p.ProjectID))
	if page.After != "" {
		q.Where(browsersession.IDLT(page.After))
	}
	rows, err := q.Order(browsersession.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the sessions: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many sessions List goes through.
func (s *Service) Count(ctx context.Context) (int, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return 0, err
	}
	return s.store.Ent.BrowserSession.Query().Where(browsersession.ProjectID(p.ProjectID)).Count(ctx)
}

// Command returns a command of a session of the caller's project.
func (s *Service) Command(ctx context.Context, id string) (*ent.BrowserCommand, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.BrowserCommand.Query().Where(browsercommand.ID(id), browsercommand.ProjectID(p.ProjectID)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.BrowserCommand, id)
	}
	return row, nil
}

// Commands returns a page of a session's commands, oldest first; the cursor is
// the ordinal. The caller holds the session, which proves that it may see them.
func (s *Service) Commands(ctx context.Context, of *ent.BrowserSession, page store.Page) ([]*ent.BrowserCommand, bool, error) {
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.BrowserCommand.Query().Where(browsercommand.SessionID(of.ID), browsercommand.ProjectID(of.ProjectID))
	if page.After != "" {
		n, err := strconv.Atoi(page.After)
		if err != nil || n < 0 {
			return nil, false, apperr.Invalid("after", "%q is not a cursor of this list", page.After)
		}
		q.Where(browsercommand.OrdinalGT(n))
	}
	rows, err := q.Order(browsercommand.ByOrdinal()).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the commands: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// watchEvery is how often a watcher looks without having been woken.
const watchEvery = time.Second

// Watch sends a session as it is, and again whenever its status changes or a
// command begins or ends, until it has ended. Who reads slowly misses some.
func (s *Service) Watch(ctx context.Context, id string) (<-chan *ent.BrowserSession, error) {
	rung, leave := s.hub.Attend(id)
	row, err := s.Get(ctx, id)
	if err != nil {
		leave()
		return nil, err
	}
	out := make(chan *ent.BrowserSession)
	go func() {
		defer close(out)
		defer leave()
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case out <- row:
			}
			for seen := stamp(row); stamp(row) == seen; {
				if ended(row.Status) {
					return
				}
				select {
				case <-ctx.Done():
					return
				case <-rung:
				case <-tick.C:
				}
				if next, err := s.Get(ctx, id); err == nil {
					row = next
				} else if apperr.CodeOf(err) == apperr.NotFound {
					return // it was removed
				}
			}
		}
	}()
	return out, nil
}

// stamp is another one when there is something to tell.
func stamp(row *ent.BrowserSession) string {
	return fmt.Sprint(row.Status, row.Reason, row.CommandCount, row.Waiting)
}
