package browsersessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/browsercommand"
	"github.com/semantest/semantest/ent/browsersession"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Close ends a session. One that has ended stays as it is.
func (s *Service) Close(ctx context.Context, id string) (*ent.BrowserSession, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	var out *ent.BrowserSession
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.BrowserSession.Query().Where(browsersession.ID(id), browsersession.ProjectID(p.ProjectID)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.BrowserSession, id)
		}
		if out = row; ended(row.Status) {
			return nil
		}
		if out, err = s.end(ctx, tx, row, browsersession.StatusClosed, ""); err != nil {
			return err
		}
		return note(ctx, tx, row, "browser_session.closed", nil)
	})
	return out, err
}

// end ends a session that is locked, and with it what it has not performed.
func (s *Service) end(ctx context.Context, tx *store.Tx, row *ent.BrowserSession, status browsersession.Status, reason string) (*ent.BrowserSession, error) {
	const session = `
UPDATE browser_sessions SET status = $2, reason = $3, ended_at = now(), waiting = 0, lease_expires_at = NULL WHERE id = $1`
	if _, err := tx.ExecContext(ctx, session, row.ID, string(status), reason); err != nil {
		return nil, fmt.Errorf("end the session: %w", err)
	}
	why := map[browsersession.Status]string{
		browsersession.StatusClosed:  "the session was closed before this was done",
		browsersession.StatusExpired: "the session ended before this was done: " + reason,
		browsersession.StatusFailed:  "the session ended before this was done: " + reason,
	}[status]
	const commands = `
UPDATE browser_commands SET status = 'dropped', outcome = 'cancelled', error = $2, finished_at = now()
WHERE session_id = $1 AND status IN ('queued', 'running')`
	if _, err := tx.ExecContext(ctx, commands, row.ID, why); err != nil {
		return nil, fmt.Errorf("end the session's commands: %w", err)
	}
	tx.AfterCommit(func() { s.bus.Ring(row.ID) })
	out, err := tx.BrowserSession.Get(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	return out, nil
}

// Lost is why a session has failed whose worker fell silent.
const Lost = "the worker that had the browser was lost, and what a browser holds cannot be carried to another one; create another session"

const (
	reapBatch = 200
	// overdue is how much later than their worker others end a session whose time
	// is over.
	overdue = 2 * time.Second
)

// Reap ends sessions whose worker was lost, or whose time is over, removes those
// that ended long ago, and returns how many workers were lost. Any process may
// call it at any time.
func (s *Service) Reap(ctx context.Context) (lost int, err error) {
	rows, err := s.store.Ent.BrowserSession.Query().Where(browsersession.EndedAtIsNil(), due).
		Order(browsersession.ByExpiresAt()).Limit(reapBatch).IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for sessions to end: %w", err)
	}
	var errs []error
	for _, id := range rows {
		silent, err := s.reapOne(ctx, id)
		if silent {
			lost++
		}
		errs = append(errs, err)
	}
	const old = `DELETE FROM browser_sessions WHERE ended_at < now() - $1 * interval '1 millisecond'`
	if _, err := s.store.DB.ExecContext(ctx, old, KeptFor.Milliseconds()); err != nil {
		errs = append(errs, fmt.Errorf("remove old sessions: %w", err))
	}
	return lost, errors.Join(errs...)
}

func (s *Service) reapOne(ctx context.Context, id string) (silent bool, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		silent = false
		row, err := tx.BrowserSession.Query().Where(browsersession.ID(id), browsersession.EndedAtIsNil(), due).ForUpdate(store.NoKeySkipLocked).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // somebody else was faster
		}
		if err != nil {
			return fmt.Errorf("lock the session: %w", err)
		}
		status, reason := browsersession.StatusExpired, "its time was over"
		if row.Status == browsersession.StatusQueued {
			reason = "its time was over before a worker had a free slot for browsers"
		}
		var now time.Time
		if err := one(ctx, tx, "SELECT now()", nil, &now); err != nil {
			return err
		}
		if row.LeaseExpiresAt != nil && row.LeaseExpiresAt.Before(now) && row.ExpiresAt.After(now) {
			status, reason, silent = browsersession.StatusFailed, Lost, true
		}
		_, err = s.end(ctx, tx, row, status, reason)
		return err
	})
	return silent && err == nil, err
}

// Done says how a command ended.
type Done struct {
	Command   *Command
	Outcome   spec.Outcome
	Error     string // one sentence; empty when passed
	Steps     []schema.SessionStep
	Picture   []byte // PNG of the page afterwards; nil for none
	PageURL   string
	PageTitle string
	Recorded  string // plan of what was done so far
	Notes     []string
}

// Finish stores how a command ended. It fails with ErrOver when the session is
// no longer the worker's.
func (s *Service) Finish(ctx context.Context, c *Claim, d Done) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		const session = `
UPDATE browser_sessions SET waiting = GREATEST(waiting - 1, 0), used_at = now()
WHERE id = $1 AND worker_id = $2 AND status = 'ready' RETURNING id`
		var id string
		if err := one(ctx, tx, session, []any{c.ID, c.WorkerID}, &id); err != nil {
			return over("store how the command ended", err)
		}
		if c.Record {
			if err := tx.BrowserSession.UpdateOneID(c.ID).SetRecorded(d.Recorded).SetNotes(d.Notes).Exec(ctx); err != nil {
				return fmt.Errorf("store what was recorded: %w", err)
			}
		}
		n, err := tx.BrowserCommand.Update().Where(browsercommand.ID(d.Command.ID), browsercommand.StatusEQ(browsercommand.StatusRunning)).
			SetStatus(browsercommand.StatusDone).SetOutcome(string(d.Outcome)).SetError(d.Error).SetSteps(d.Steps).SetPicture(d.Picture).
			SetPageURL(d.PageURL).SetPageTitle(d.PageTitle).SetFinishedAt(time.Now()).Save(ctx)
		if err != nil {
			return fmt.Errorf("store how the command ended: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("store how the command ended: %w", ErrOver)
		}
		const forget = `UPDATE browser_commands SET picture = NULL WHERE session_id = $1 AND ordinal <= $2 AND picture IS NOT NULL`
		if _, err := tx.ExecContext(ctx, forget, c.ID, d.Command.Ordinal-pictures); err != nil {
			return fmt.Errorf("forget old pictures: %w", err)
		}
		tx.AfterCommit(func() { s.bus.Ring(c.ID) })
		return nil
	})
}
