package generation

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/ent/generationevent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// The stages beside those of package making.
const (
	stageQueued   = "queued"
	stageFinished = "finished"
)

// step is what an event tells.
type step struct {
	stage         string
	caseID, state string
}

// note numbers an event and stores it, with the counts of the row. The caller
// holds the lock of the row.
func note(ctx context.Context, tx *store.Tx, row *ent.Generation, s step) (*ent.Generation, error) {
	row, err := row.Update().SetLastSeq(row.LastSeq + 1).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("number an event of %s: %w", row.ID, err)
	}
	err = tx.GenerationEvent.Create().SetGenerationID(row.ID).SetSeq(row.LastSeq).SetStage(s.stage).SetTried(row.Tried).
		SetCandidates(row.Candidates).SetProposed(row.Proposed).SetCaseID(s.caseID).SetState(s.state).SetAt(time.Now()).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("store an event of %s: %w", row.ID, err)
	}
	return row, nil
}

func lock(ctx context.Context, tx *store.Tx, projectID, id string) (*ent.Generation, error) {
	row, err := tx.Generation.Query().Where(generation.ProjectID(projectID), generation.ID(id)).ForUpdate().Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Generation, id)
	}
	return row, nil
}

// watchEvery is how often a watched generation is read, for each who watches: it
// tells a few events in half a minute.
const watchEvery = 250 * time.Millisecond

// watchBatch bounds one read.
const watchBatch = 100

// Watch sends the events of a generation after a number, as they come, and closes
// the channel after the last one, or when ctx is done. Nothing is left out: they
// wait in the database.
func (s *Service) Watch(ctx context.Context, id string, after int64) (<-chan *ent.GenerationEvent, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, err
	}
	row, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if after < 0 || after > row.LastSeq {
		return nil, apperr.Invalid("after", "after is %d, but the generation's newest event is %d; begin again from 0", after, row.LastSeq)
	}
	out := make(chan *ent.GenerationEvent)
	if row.FinishedAt != nil && after == row.LastSeq {
		close(out) // the last event was seen
		return out, nil
	}
	go func() {
		defer close(out)
		ticks := time.NewTicker(watchEvery)
		defer ticks.Stop()
		for {
			sent, over := s.send(ctx, id, &after, out)
			if over {
				return
			}
			if sent == watchBatch {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
	}()
	return out, nil
}

// send sends what there is, and reports whether the last event was among it. What
// cannot be read now is there later.
func (s *Service) send(ctx context.Context, id string, after *int64, out chan<- *ent.GenerationEvent) (sent int, over bool) {
	events, err := s.store.Ent.GenerationEvent.Query().
		Where(generationevent.GenerationID(id), generationevent.SeqGT(*after)).
		Order(generationevent.BySeq()).Limit(watchBatch).All(ctx)
	if err != nil {
		return 0, ctx.Err() != nil
	}
	for _, e := range events {
		select {
		case <-ctx.Done():
			return len(events), true
		case out <- e:
		}
		*after = e.Seq
		if e.Stage == stageFinished {
			return len(events), true
		}
	}
	return len(events), false
}
