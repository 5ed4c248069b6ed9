package baselines

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/artifact"
	"github.com/semantest/semantest/ent/baseline"
	"github.com/semantest/semantest/ent/comparison"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// MaxAtOnce is how many comparisons AcceptAll accepts; what is left another call
// accepts.
const MaxAtOnce = 100

// maxNote bounds in bytes what a person says.
const maxNote = 1000

// Accept makes what a comparison saw the baseline of its branch. asVariant adds
// it to what is accepted; otherwise it takes the place of that. What was
// accepted before stays so, and what was rejected can be accepted after all.
func (s *Service) Accept(ctx context.Context, id string, asVariant bool, note string) (*ent.Comparison, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	if len(note) > maxNote {
		return nil, apperr.Invalid("note", "a note has at most %d bytes", maxNote)
	}
	row, err := s.comparison(ctx, p.ProjectID, id)
	if err != nil || row.Review == comparison.ReviewAccepted {
		return row, err
	}
	if row.Review == comparison.ReviewUnneeded {
		return nil, apperr.New(apperr.Conflict, "what this comparison saw is accepted already: it is like one of the variants")
	}
	out, err := s.accept(ctx, p.ProjectID, []*ent.Comparison{row}, asVariant, note)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 { // somebody else was faster
		return s.comparison(ctx, p.ProjectID, id)
	}
	return out[0], nil
}

// AcceptAll accepts what still waits for a review in a run, in the order in
// which it was found, and says how much is left.
func (s *Service) AcceptAll(ctx context.Context, runID string, asVariants bool) (accepted []*ent.Comparison, left int, err error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, 0, err
	}
	if _, err := s.runs.Get(ctx, runID); err != nil {
		return nil, 0, err
	}
	rows, err := s.store.Ent.Comparison.Query().
		Where(comparison.ProjectID(p.ProjectID), comparison.RunID(runID), comparison.ReviewEQ(comparison.ReviewPending)).
		Order(comparison.ByID()).Limit(MaxAtOnce).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read what waits for a review: %w", err)
	}
	if len(rows) > 0 {
		if accepted, err = s.accept(ctx, p.ProjectID, rows, asVariants, ""); err != nil {
			return nil, 0, err
		}
	}
	left, err = s.CountComparisons(ctx, ComparisonFilter{RunID: runID, Reviews: []comparison.Review{comparison.ReviewPending}})
	return accepted, left, err
}

// kept is an artifact whose content lies by its digest.
type kept struct {
	row *ent.Artifact
	key string
}

// accept accepts comparisons of one run. It returns those that it changed.
func (s *Service) accept(ctx context.Context, projectID string, rows []*ent.Comparison, asVariant bool, note string) ([]*ent.Comparison, error) {
	contents, err := s.keep(ctx, projectID, rows)
	if err != nil {
		return nil, err
	}
	var out []*ent.Comparison
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		project, err := tx.Project.Get(ctx, projectID)
		if err != nil {
			return fmt.Errorf("read the project: %w", err)
		}
		var told []runs.Reviewed
		for _, row := range rows {
			row, err := tx.Comparison.Query().Where(comparison.ID(row.ID)).ForUpdate(store.NoKey).Only(ctx)
			if err != nil {
				return store.Missing(err, ident.Comparison, row.ID)
			}
			if row.Review == comparison.ReviewAccepted {
				continue
			}
			at := place{row.ProjectID, row.PlanID, row.Branch, project.DefaultBranch}
			made, err := replace(ctx, tx, at, row, contents[row.ActualID], asVariant)
			if err != nil {
				return err
			}
			if row, err = review(ctx, tx, row, comparison.ReviewAccepted, note); err != nil {
				return err
			}
			if err := audited(ctx, tx, row, "baseline.accepted", map[string]string{"baseline": made.ID}); err != nil {
				return err
			}
			out, told = append(out, row), append(told, reviewedOf(row))
		}
		if len(told) == 0 {
			return nil
		}
		return s.runs.TellReviews(ctx, tx, rows[0].RunID, told)
	})
	return out, err
}

// keep copies what the comparisons saw before anything is locked.
func (s *Service) keep(ctx context.Context, projectID string, rows []*ent.Comparison) (map[string]kept, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ActualID
	}
	found, err := s.store.Ent.Artifact.Query().Where(artifact.ProjectID(projectID), artifact.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the artifacts: %w", err)
	}
	out := make(map[string]kept, len(found))
	for _, a := range found {
		key, err := s.artifacts.Keep(ctx, a)
		if err != nil {
			return nil, err
		}
		out[a.ID] = kept{a, key}
	}
	for _, r := range rows {
		if out[r.ActualID].row == nil {
			return nil, apperr.New(apperr.Conflict, "what the comparison of %s saw is no longer there; run the case again", r.Name)
		}
	}
	return out, nil
}

// replace makes the content a variant of its key: beside those that are
// accepted, or in their place.
func replace(ctx context.Context, tx *store.Tx, at place, row *ent.Comparison, content kept, asVariant bool) (*ent.Baseline, error) {
	key := keyOf(row)
	own, err := tx.Baseline.Query().Where(of(at.planID, at.branch, key)...).Order(baseline.ByID(sql.OrderDesc())).ForUpdate(store.NoKey).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the baselines: %w", err)
	}
	if asVariant && len(own) == 0 && at.branch != at.fallback {
		if own, err = inherit(ctx, tx, at, key); err != nil {
			return nil, err
		}
	}
	var same *ent.Baseline
	var others []string
	for _, b := range own {
		if b.Sha256 == content.row.Sha256 {
			same = b
		} else {
			others = append(others, b.ID)
		}
	}
	if asVariant && same == nil && len(own) >= MaxVariants {
		return nil, apperr.New(apperr.Conflict, "%s has %d accepted variants already, the most that there may be; remove some, or accept this one in their place", row.Name, len(own))
	}
	if !asVariant && len(others) > 0 {
		if _, err := tx.Baseline.Update().Where(baseline.IDIn(others...)).SetRetiredAt(time.Now()).Save(ctx); err != nil {
			return nil, fmt.Errorf("replace the baselines: %w", err)
		}
	}
	if same != nil {
		return same, nil
	}
	actor := audit.ActorOf(ctx)
	made, err := tx.Baseline.Create().SetProjectID(at.projectID).SetPlanID(at.planID).SetBranch(at.branch).
		SetCaseKey(key.CaseKey).SetName(key.Name).SetKind(key.Kind).SetBrowser(key.Browser).SetViewport(key.Viewport).
		SetContentType(content.row.ContentType).SetSize(content.row.Size).SetSha256(content.row.Sha256).SetKey(content.key).
		SetComparisonID(row.ID).SetAcceptedBy(actor.ID).SetAcceptedByName(actor.Name).Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, apperr.Wrap(err, apperr.Conflict, "somebody accepted the same at this moment; look again")
	}
	if err != nil {
		return nil, fmt.Errorf("store the baseline: %w", err)
	}
	return made, nil
}

// inherit gives a branch the variants of the default branch as its own, which
// stood in for them so far.
func inherit(ctx context.Context, tx *store.Tx, at place, key Key) ([]*ent.Baseline, error) {
	from, err := variants(ctx, tx.Baseline, at, key)
	if err != nil {
		return nil, err
	}
	out := make([]*ent.Baseline, len(from))
	for i, b := range from {
		if out[i], err = copyTo(ctx, tx, b, at.branch); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Reject says that what a comparison saw is wrong. Its case stays failed, and
// when the same is seen again it is known to be wrong.
func (s *Service) Reject(ctx context.Context, id, note string) (*ent.Comparison, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	if len(note) > maxNote {
		return nil, apperr.Invalid("note", "a note has at most %d bytes", maxNote)
	}
	var out *ent.Comparison
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Comparison.Query().Where(comparison.ProjectID(p.ProjectID), comparison.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Comparison, id)
		}
		switch row.Review {
		case comparison.ReviewRejected:
			out = row
			return nil
		case comparison.ReviewAccepted:
			return apperr.New(apperr.Conflict, "this comparison was accepted; remove the baseline that it became instead (removeBaseline)")
		case comparison.ReviewUnneeded:
			return apperr.New(apperr.Conflict, "what this comparison saw is like an accepted variant; remove that one instead (removeBaseline)")
		case comparison.ReviewPending:
		}
		if out, err = review(ctx, tx, row, comparison.ReviewRejected, note); err != nil {
			return err
		}
		if err := audited(ctx, tx, out, "baseline.rejected", nil); err != nil {
			return err
		}
		return s.runs.TellReviews(ctx, tx, out.RunID, []runs.Reviewed{reviewedOf(out)})
	})
	return out, err
}

// Remove takes a variant out of what is accepted. One that is no longer accepted
// stays so.
func (s *Service) Remove(ctx context.Context, id string) (*ent.Baseline, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	var out *ent.Baseline
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Baseline.Query().Where(baseline.ProjectID(p.ProjectID), baseline.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Baseline, id)
		}
		if out = row; row.RetiredAt != nil {
			return nil
		}
		if out, err = row.Update().SetRetiredAt(time.Now()).Save(ctx); err != nil {
			return fmt.Errorf("remove the baseline: %w", err)
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: out.ProjectID, Action: "baseline.removed", ObjectID: out.ID, ObjectName: out.CaseKey + " " + out.Name,
			Detail: map[string]string{"plan": out.PlanID, "branch": out.Branch},
		})
	})
	return out, err
}

func review(ctx context.Context, tx *store.Tx, row *ent.Comparison, what comparison.Review, note string) (*ent.Comparison, error) {
	actor := audit.ActorOf(ctx)
	out, err := tx.Comparison.UpdateOneID(row.ID).SetReview(what).SetReviewNote(note).
		SetReviewedBy(actor.ID).SetReviewedByName(actor.Name).SetReviewedAt(time.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the review: %w", err)
	}
	return out, nil
}

func audited(ctx context.Context, tx *store.Tx, row *ent.Comparison, action string, more map[string]string) error {
	detail := map[string]string{"run": row.RunID, "plan": row.PlanID, "branch": row.Branch}
	for k, v := range more {
		detail[k] = v
	}
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.CaseKey + " " + row.Name, Detail: detail,
	})
}

func reviewedOf(row *ent.Comparison) runs.Reviewed {
	return runs.Reviewed{ResultID: row.ResultID, CaseKey: row.CaseKey, Title: row.Name, ComparisonID: row.ID, Review: string(row.Review)}
}
