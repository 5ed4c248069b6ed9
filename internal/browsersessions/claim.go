package browsersessions

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/browsersession"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Claim is a session that a worker has taken, with what it needs.
type Claim struct {
	*ent.BrowserSession
	WorkerID string
	Values   map[string]string // of its secrets
	Left     time.Duration     // of its time
}

// Idle is how long nobody may ask for anything.
func (c *Claim) Idle() time.Duration { return time.Duration(c.IdleMs) * time.Millisecond }

// Viewport is the page's; nil where the device says it.
func (c *Claim) Viewport() *spec.Viewport {
	if c.Width == 0 {
		return nil
	}
	return &spec.Viewport{Width: c.Width, Height: c.Height}
}

// Claim takes a session. It fails with ErrOver when the session has ended or is
// taken, which makes a second delivery harmless, and with ErrNoRoom when it has
// to wait for the limits of its project.
func (s *Service) Claim(ctx context.Context, workerID, sessionID string) (*Claim, error) {
	found, err := s.store.Ent.BrowserSession.Query().Where(browsersession.ID(sessionID), browsersession.StatusEQ(browsersession.StatusQueued)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrOver
	}
	if err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	var out *Claim
	full := false
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		room, err := s.slots.HasRoom(ctx, tx, found.ProjectID, spec.KindBrowser)
		if err != nil {
			return err
		}
		if full = !room; full {
			return s.wait(ctx, tx, found)
		}
		out, err = s.take(ctx, tx, workerID, sessionID)
		return err
	})
	if err == nil && full {
		err = ErrNoRoom
	}
	return out, err
}

// wait says why a session has not begun.
func (s *Service) wait(ctx context.Context, tx *store.Tx, row *ent.BrowserSession) error {
	const reason = "it waits until the project's limits leave room for another case"
	if row.Reason == reason {
		return nil
	}
	err := tx.BrowserSession.Update().Where(browsersession.ID(row.ID), browsersession.StatusEQ(browsersession.StatusQueued)).SetReason(reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("say why the session waits: %w", err)
	}
	tx.AfterCommit(func() { s.bus.Ring(row.ID) })
	return nil
}

func (s *Service) take(ctx context.Context, tx *store.Tx, workerID, sessionID string) (*Claim, error) {
	const query = `
UPDATE browser_sessions SET status = 'opening', reason = '', worker_id = $2, lease_expires_at = now() + $3 * interval '1 millisecond'
WHERE id = $1 AND status = 'queued' AND expires_at > now()
RETURNING EXTRACT(EPOCH FROM expires_at - now())`
	var left float64
	if err := one(ctx, tx, query, []any{sessionID, workerID, LeaseTime.Milliseconds()}, &left); err != nil {
		return nil, over("take the session", err)
	}
	row, err := tx.BrowserSession.Get(ctx, sessionID)
	if err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	values, err := s.vault.Values(ctx, tx, row.ProjectID, row.Environment, row.Secrets)
	if err != nil {
		return nil, err
	}
	tx.AfterCommit(func() { s.bus.Ring(sessionID) })
	return &Claim{BrowserSession: row, WorkerID: workerID, Values: values, Left: time.Duration(left * float64(time.Second))}, nil
}

// Ready says that the session performs commands now.
func (s *Service) Ready(ctx context.Context, c *Claim) error {
	const query = `
UPDATE browser_sessions SET status = 'ready', ready_at = now(), used_at = now() WHERE id = $1 AND worker_id = $2 AND status = 'opening' RETURNING id`
	var id string
	if err := one(ctx, s.store.DB, query, []any{c.ID, c.WorkerID}, &id); err != nil {
		return over("say that the session is ready", err)
	}
	s.bus.Ring(c.ID)
	return nil
}

// Keep keeps a session its worker's.
func (s *Service) Keep(ctx context.Context, c *Claim) error {
	const query = `
UPDATE browser_sessions SET lease_expires_at = now() + $3 * interval '1 millisecond'
WHERE id = $1 AND worker_id = $2 AND status IN ('opening', 'ready') RETURNING id`
	var id string
	if err := one(ctx, s.store.DB, query, []any{c.ID, c.WorkerID, LeaseTime.Milliseconds()}, &id); err != nil {
		return over("keep the session", err)
	}
	return nil
}

// Command is what a session performs next.
type Command struct {
	ID      string
	Ordinal int
	Steps   []spec.BrowserStep
}

// Next returns the next command, which begins with that; nil when there is none.
// Idle then says for how long nobody has asked for anything. A command whose
// beginning the worker was not told of is returned again.
func (s *Service) Next(ctx context.Context, c *Claim) (next *Command, idle time.Duration, err error) {
	const query = `
WITH held AS (
	SELECT id, captures, EXTRACT(EPOCH FROM now() - used_at) AS idle FROM browser_sessions WHERE id = $1 AND worker_id = $2 AND status = 'ready'
), next AS (
	UPDATE browser_commands SET status = 'running', started_at = COALESCE(started_at, now())
	WHERE id = (SELECT id FROM browser_commands WHERE session_id = (SELECT id FROM held) AND status IN ('queued', 'running') ORDER BY ordinal LIMIT 1)
		AND status IN ('queued', 'running')
	RETURNING id, ordinal, source
)
SELECT COALESCE(captures, '[]'), idle, next.id, ordinal, source FROM held LEFT JOIN next ON true`
	var captures []byte
	var seconds float64
	var id, source sql.NullString
	var ordinal sql.NullInt64
	err = one(ctx, s.store.DB, query, []any{c.ID, c.WorkerID}, &captures, &seconds, &id, &ordinal, &source)
	if err != nil {
		return nil, 0, over("look for the next command", err)
	}
	if !id.Valid {
		return nil, time.Duration(seconds * float64(time.Second)), nil
	}
	row := *c.BrowserSession
	if err := json.Unmarshal(captures, &row.Captures); err != nil {
		return nil, 0, fmt.Errorf("read the variables of the session: %w", err)
	}
	steps, err := readSteps(&row, source.String)
	if err != nil {
		return nil, 0, fmt.Errorf("read the steps of command %d: %w", ordinal.Int64, err)
	}
	return &Command{ID: id.String, Ordinal: int(ordinal.Int64), Steps: steps}, 0, nil
}

// End ends a session for its worker. It fails with ErrOver when it has ended
// otherwise.
func (s *Service) End(ctx context.Context, c *Claim, status browsersession.Status, reason string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.BrowserSession.Query().Where(browsersession.ID(c.ID), browsersession.WorkerID(c.WorkerID), browsersession.EndedAtIsNil()).
			ForUpdate(store.NoKey).Only(ctx)
		if ent.IsNotFound(err) {
			return ErrOver
		}
		if err != nil {
			return fmt.Errorf("lock the session: %w", err)
		}
		_, err = s.end(ctx, tx, row, status, reason)
		return err
	})
}

// Fail ends a session that its worker cannot go on with.
func (s *Service) Fail(ctx context.Context, c *Claim, reason string) error {
	return s.End(ctx, c, browsersession.StatusFailed, reason)
}

// Expire ends a session whose time is over.
func (s *Service) Expire(ctx context.Context, c *Claim, reason string) error {
	return s.End(ctx, c, browsersession.StatusExpired, reason)
}

func over(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrOver
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// due keeps sessions whose worker fell silent or whose time is over.
func due(s *entsql.Selector) {
	s.Where(entsql.P(func(b *entsql.Builder) {
		b.WriteString("(").Ident(s.C(browsersession.FieldLeaseExpiresAt)).WriteString(" < now() OR ").
			Ident(s.C(browsersession.FieldExpiresAt)).WriteString(" < now() - ").Arg(overdue.Milliseconds()).WriteString(" * interval '1 millisecond')")
	}))
}
