package browsersessions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/browsercommand"
	"github.com/semantest/semantest/ent/browsersession"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// maxWait bounds how long a request waits for the end of its command.
const maxWait = 8 * time.Second

// PerformWithin is Perform, and waits for the end of the command for so long.
func (s *Service) PerformWithin(ctx context.Context, sessionID, source string, within time.Duration) (*ent.BrowserCommand, error) {
	if within < 0 || within > maxWait {
		return nil, apperr.Invalid("waitMs", "waitMs must be from 0 to %d", maxWait.Milliseconds())
	}
	row, err := s.Perform(ctx, sessionID, source)
	if err != nil || within == 0 {
		return row, err
	}
	return s.Await(ctx, row, within)
}

// Perform puts steps behind those that a session has been given before.
func (s *Service) Perform(ctx context.Context, sessionID, source string) (*ent.BrowserCommand, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	if len(source) > MaxSource {
		return nil, apperr.Invalid("steps", "the steps have %d bytes; at most %d are taken at once", len(source), MaxSource)
	}
	var out *ent.BrowserCommand
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := lock(ctx, tx, p.ProjectID, sessionID)
		if err != nil {
			return err
		}
		steps, err := readSteps(row, source)
		if err != nil {
			return err
		}
		captures := row.Captures
		for _, one := range steps {
			for _, name := range one.Captured() {
				if !slices.Contains(captures, name) {
					captures = append(captures, name)
				}
			}
		}
		if len(captures) > maxCaptures {
			return apperr.Invalid("steps", "the steps of a session capture at most %d variables", maxCaptures)
		}
		out, err = tx.BrowserCommand.Create().SetID(ident.New(ident.BrowserCommand)).SetProjectID(row.ProjectID).SetSessionID(row.ID).
			SetOrdinal(row.CommandCount + 1).SetSource(source).Save(ctx)
		if err != nil {
			return fmt.Errorf("store the command: %w", err)
		}
		err = tx.BrowserSession.UpdateOne(row).AddCommandCount(1).AddWaiting(1).SetCaptures(captures).Exec(ctx)
		if err != nil {
			return fmt.Errorf("count the command: %w", err)
		}
		tx.AfterCommit(func() { s.bus.Ring(row.ID) })
		return note(ctx, tx, row, "browser_session.performed", map[string]string{"ordinal": strconv.Itoa(out.Ordinal), "steps": strconv.Itoa(len(steps))})
	})
	return out, err
}

// lock returns a session that takes another command.
func lock(ctx context.Context, tx *store.Tx, projectID, id string) (*ent.BrowserSession, error) {
	row, err := tx.BrowserSession.Query().Where(browsersession.ID(id), browsersession.ProjectID(projectID)).ForUpdate(store.NoKey).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.BrowserSession, id)
	}
	switch {
	case ended(row.Status):
		return nil, apperr.New(apperr.Conflict, "the session has ended%s; create another one", because(row))
	case row.Waiting >= MaxWaiting:
		return nil, apperr.New(apperr.Conflict, "%d commands of the session wait already; wait until they are done", row.Waiting)
	case row.CommandCount >= MaxCommands:
		return nil, apperr.New(apperr.Conflict, "the session has had %d commands, which is the most; create another one", MaxCommands)
	}
	return row, nil
}

func because(row *ent.BrowserSession) string {
	if row.Reason == "" {
		return ""
	}
	return ": " + row.Reason
}

func readSteps(row *ent.BrowserSession, source string) ([]spec.BrowserStep, error) {
	steps, err := spec.ParseBrowserSteps([]byte(source), append(names(row), row.Captures...), row.Secrets)
	if err != nil {
		return nil, invalidSteps(err)
	}
	if len(steps) > MaxSteps {
		return nil, apperr.Invalid("steps", "there are %d steps; at most %d are taken at once", len(steps), MaxSteps)
	}
	return steps, nil
}

// invalidSteps carries the mistakes to the edge.
func invalidSteps(err error) error {
	mistakes := spec.MistakesOf(err)
	if len(mistakes) == 0 {
		return apperr.Wrap(err, apperr.InvalidInput, "the steps cannot be read")
	}
	first := mistakes[0]
	out := apperr.Invalid("steps", "the steps cannot be read; line %d, column %d: %s", first.Line, first.Column, first.Sentence())
	if details, err := json.Marshal(mistakes); err == nil {
		out = out.With("mistakes", json.RawMessage(details))
	}
	return out
}

// lookEvery is how often somebody who waits looks without having been woken.
const lookEvery = 500 * time.Millisecond

// Await returns a command when it is done, or as it is when the time is over.
func (s *Service) Await(ctx context.Context, c *ent.BrowserCommand, within time.Duration) (*ent.BrowserCommand, error) {
	rung, leave := s.hub.Attend(c.SessionID)
	defer leave()
	over := time.NewTimer(within)
	defer over.Stop()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		row, err := s.Command(ctx, c.ID)
		if err != nil || row.Status == browsercommand.StatusDone || row.Status == browsercommand.StatusDropped {
			return row, err
		}
		select {
		case <-rung:
		case <-tick.C:
		case <-over.C:
			return row, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
