package generation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generatedcase"
	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/generation/making"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
)

// errOver says that a generation is no longer to be made by who makes it: somebody
// has cancelled it, or another worker has begun it anew.
var errOver = errors.New("the generation is over")

// attempt is one worker's try at a generation. What it stores counts only until
// another worker begins: one that was taken for lost may still be there.
type attempt struct {
	id    string
	began time.Time // to the microsecond, as the database keeps it
}

// storeWithin bounds what is stored after the time of a generation is up.
const storeWithin = 30 * time.Second

// Perform makes a generation. For the worker: it checks no permission, and does
// nothing where the generation is over, so that a job that is delivered twice
// counts once. One whose worker was lost is begun anew, and nothing counts any
// more that the lost one has to say.
func (s *Service) Perform(ctx context.Context, id string) error {
	row, err := s.begin(ctx, id)
	if err != nil || row == nil {
		return err
	}
	at := attempt{id, *row.StartedAt}
	var request making.Request
	if err := json.Unmarshal(row.Request, &request); err != nil {
		return s.finish(ctx, at, nil, fmt.Errorf("read the request of %s: %w", id, err))
	}
	tools := s.tools
	if tools.Existing, err = s.existing(ctx, row); err != nil {
		return cmp.Or(ctx.Err(), s.finish(ctx, at, nil, err))
	}
	working, stop := context.WithTimeout(ctx, time.Duration(row.TimeoutMs)*time.Millisecond)
	defer stop()
	cancelled := s.cancelled(working, at, stop)
	var storing error
	tools.Progress = func(p making.Progress) {
		if storing == nil {
			if storing = s.tell(context.WithoutCancel(working), at, p); storing != nil {
				stop()
			}
		}
	}
	made, err := making.Make(working, request, tools)
	stop()
	<-cancelled
	if ctx.Err() != nil { // the worker ends; another one begins anew
		return ctx.Err()
	}
	if storing != nil && !errors.Is(storing, errOver) {
		return storing
	}
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer done()
	return s.finish(ending, at, made, err)
}

// GiveUp ends a generation that nobody makes any more as one that has failed. For
// the worker: it checks no permission, and does nothing where one is over or gone.
func (s *Service) GiveUp(ctx context.Context, id, why string) error {
	return s.finish(ctx, attempt{id: id}, nil, apperr.New(apperr.Unavailable, "%s", why))
}

// begin marks a generation as running, and nil where it is over.
func (s *Service) begin(ctx context.Context, id string) (out *ent.Generation, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := open(ctx, tx, attempt{id: id})
		if err != nil {
			if errors.Is(err, errOver) {
				return nil
			}
			return err
		}
		if _, err := tx.GeneratedCase.Delete().Where(generatedcase.GenerationID(id)).Exec(ctx); err != nil {
			return fmt.Errorf("begin %s anew: %w", id, err)
		}
		again, now := row.StartedAt != nil, time.Now().Truncate(time.Microsecond)
		if again && !now.After(*row.StartedAt) { // clocks of two machines differ
			now = row.StartedAt.Add(time.Microsecond)
		}
		if out, err = row.Update().SetStatus(generation.StatusRunning).SetStartedAt(now).
			SetTried(0).SetCandidates(0).SetProposed(0).Save(ctx); err != nil || again {
			return err
		}
		return s.announce(ctx, tx, out, webhooks.GenerationStarted)
	})
	return out, err
}

// open locks a generation that is not over, for an attempt that is the newest one
// or has yet to begin.
func open(ctx context.Context, tx *store.Tx, at attempt) (*ent.Generation, error) {
	q := tx.Generation.Query().Where(generation.ID(at.id), generation.FinishedAtIsNil())
	if !at.began.IsZero() {
		q.Where(generation.StartedAt(at.began))
	}
	row, err := q.ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errOver
	}
	if err != nil {
		return nil, fmt.Errorf("read generation %s: %w", at.id, err)
	}
	return row, nil
}

// cancelEvery is how often a worker looks whether somebody has cancelled.
const cancelEvery = 500 * time.Millisecond

// cancelled stops the work when the generation is over or made by somebody else,
// until ctx is done; what it returns is closed then.
func (s *Service) cancelled(ctx context.Context, at attempt, stop func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(cancelEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			ours := s.store.Ent.Generation.Query().Where(generation.ID(at.id), generation.FinishedAtIsNil(), generation.StartedAt(at.began))
			if there, err := ours.Exist(ctx); err == nil && !there {
				stop()
				return
			}
		}
	}()
	return done
}

// tell stores a case that was judged, and an event.
func (s *Service) tell(ctx context.Context, at attempt, p making.Progress) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := open(ctx, tx, at)
		if err != nil {
			return err
		}
		told := step{stage: string(p.Stage)}
		if v := p.Verdict; v != nil {
			told.caseID, told.state = v.ID, string(v.State)
			if err := keep(ctx, tx, row, *v); err != nil {
				return err
			}
			row.Tried++
		}
		row, err = row.Update().SetTried(row.Tried).SetCandidates(max(p.Of, row.Candidates)).SetProposed(max(p.Proposed, row.Proposed)).Save(ctx)
		if err != nil {
			return fmt.Errorf("store how far %s is: %w", at.id, err)
		}
		_, err = note(ctx, tx, row, told)
		return err
	})
}

func keep(ctx context.Context, tx *store.Tx, row *ent.Generation, v accept.Verdict) error {
	cites, checks := []schema.CaseCite{}, []schema.CaseCheck{}
	for _, c := range v.Cites {
		cites = append(cites, schema.CaseCite{Kind: string(c.Kind), Ref: excerpt.Storable(c.Ref), Quote: excerpt.Storable(c.Quote)})
	}
	for _, c := range v.Checks {
		checks = append(checks, schema.CaseCheck{Name: string(c.Name), Outcome: schema.CaseCheckOutcome(c.Outcome), Reason: excerpt.Of(c.Reason, 1000)})
	}
	covers := v.Covers
	if covers == nil {
		covers = []string{}
	}
	err := tx.GeneratedCase.Create().SetProjectID(row.ProjectID).SetGenerationID(row.ID).SetOrdinal(row.Tried).
		SetCaseID(excerpt.Storable(v.ID)).SetName(excerpt.Storable(v.Name)).SetKind(v.Kind).SetSource(excerpt.Storable(v.Source)).SetState(generatedcase.State(v.State)).
		SetConfidence(v.Confidence).SetCites(cites).SetCovers(covers).SetChecks(checks).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store a case of %s: %w", row.ID, err)
	}
	return nil
}

// finish stores the end of a generation and tells it, unless it is over already.
func (s *Service) finish(ctx context.Context, at attempt, made *making.Made, failure error) error {
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := open(ctx, tx, at)
		if err != nil {
			return err
		}
		update, told := row.Update().SetFinishedAt(time.Now()), webhooks.GenerationCompleted
		if failure != nil {
			told = webhooks.GenerationFailed
			update.SetStatus(generation.StatusFailed).SetReason(reason(failure))
		} else {
			frame, err := json.Marshal(storable(made.Frame))
			if err != nil {
				return fmt.Errorf("encode what %s was made of: %w", at.id, err)
			}
			update.SetStatus(generation.StatusCompleted).SetGenerator(made.Generator).SetCoverage(made.Coverage).SetFrame(frame).
				SetNotes(shortened(made.Notes)).SetFromCache(made.FromCache).SetCacheAgeMs(made.CacheAge.Milliseconds())
		}
		if row, err = update.Save(ctx); err != nil {
			return fmt.Errorf("store the end of %s: %w", at.id, err)
		}
		if row, err = note(ctx, tx, row, step{stage: stageFinished}); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.count(row) })
		return s.announce(ctx, tx, row, told)
	})
	if errors.Is(err, errOver) {
		return nil
	}
	return err
}

// storable leaves out what the database refuses.
func storable(f draft.Frame) draft.Frame {
	f.Name, f.Environment, f.BaseURL, f.Env = excerpt.Storable(f.Name), excerpt.Storable(f.Environment), excerpt.Storable(f.BaseURL), maps.Clone(f.Env)
	for name, value := range f.Env {
		f.Env[name] = excerpt.Storable(value)
	}
	return f
}

func shortened(notes []string) []string {
	out := make([]string, len(notes))
	for i, n := range notes {
		out[i] = excerpt.Line(n, 500)
	}
	return out
}

// reason is what a person may read of a failure.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) && apperr.CodeOf(err) == apperr.Internal {
		return "the time was up before any case was made; give it more"
	}
	return excerpt.Of(apperr.Message(err), 1000)
}

func (s *Service) count(row *ent.Generation) {
	if s.meter == nil {
		return
	}
	generator := "rules"
	if row.Source == generation.SourceRequirements {
		generator = "llm"
	}
	s.meter.Generated(string(row.Source), generator, string(row.Status))
}

// GenerationData is the data of the types ai.generation.*.
type GenerationData struct {
	ID         string     `json:"id"`
	Source     string     `json:"source"` // OPENAPI, CRAWL or REQUIREMENTS
	Status     string     `json:"status"`
	Reason     string     `json:"reason,omitempty"`
	PlanID     string     `json:"planId,omitempty"`
	Generator  string     `json:"generator,omitempty"` // RULES or the name of a model
	Candidates int        `json:"candidates"`
	Tried      int        `json:"tried"`
	Proposed   int        `json:"proposed"`
	Coverage   float64    `json:"coverage"` // 0–1
	CreatedAt  time.Time  `json:"createdAt"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
}

func (s *Service) announce(ctx context.Context, tx *store.Tx, row *ent.Generation, t webhooks.Type) error {
	d := GenerationData{
		ID: row.ID, Source: capitals(string(row.Source)), Status: capitals(string(row.Status)), Reason: row.Reason, Generator: row.Generator,
		Candidates: row.Candidates, Tried: row.Tried, Proposed: row.Proposed, Coverage: row.Coverage, CreatedAt: row.CreatedAt.UTC(),
	}
	if row.PlanID != nil {
		d.PlanID = *row.PlanID
	}
	if row.FinishedAt != nil {
		at := row.FinishedAt.UTC()
		d.FinishedAt = &at
	}
	return s.outbox.Emit(ctx, tx, row.ProjectID, t, row.ID, d)
}

func capitals(word string) string { return strings.ToUpper(word) }

// existing are the cases of the plan that a generation is for.
func (s *Service) existing(ctx context.Context, row *ent.Generation) (cases []spec.Case, err error) {
	if row.PlanID == nil {
		return nil, nil
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		version, err := s.plans.LatestTx(ctx, tx, row.ProjectID, *row.PlanID)
		if apperr.CodeOf(err) == apperr.NotFound {
			return nil // it was deleted; there is nothing to compare with
		}
		if err != nil {
			return err
		}
		parsed, err := s.plans.Parsed(version)
		if err == nil {
			cases = parsed.Plan.Cases
		}
		return err
	})
	return cases, err
}
