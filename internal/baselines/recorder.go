package baselines

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/comparison"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Recorder stores what attempts found. It implements runs.ComparisonRecorder.
type Recorder struct{}

var _ runs.ComparisonRecorder = Recorder{}

// Record stores the comparisons of an attempt in place of those of the result's
// earlier attempts. What a person has rejected before is rejected at once.
func (Recorder) Record(ctx context.Context, tx *store.Tx, res *ent.Result, found []runs.Comparison) error {
	row, err := tx.Run.Get(ctx, res.RunID)
	if err != nil {
		return fmt.Errorf("read run %s: %w", res.RunID, err)
	}
	project, err := tx.Project.Get(ctx, res.ProjectID)
	if err != nil {
		return fmt.Errorf("read the project of run %s: %w", res.RunID, err)
	}
	at := place{row.ProjectID, row.PlanID, cmp.Or(row.Branch, project.DefaultBranch), project.DefaultBranch}
	if _, err := tx.Comparison.Delete().Where(comparison.ResultID(res.ID), comparison.AttemptLT(res.Attempt)).Exec(ctx); err != nil {
		return fmt.Errorf("remove the comparisons of earlier attempts: %w", err)
	}
	rejected, err := rejections(ctx, tx, at, found)
	if err != nil {
		return err
	}
	creates := make([]*ent.ComparisonCreate, len(found))
	for i, f := range found {
		key := Key{CaseKey: res.CaseKey, Name: f.Name, Kind: f.Kind, Browser: f.Browser, Viewport: f.Viewport}
		against, err := against(ctx, tx, at, key, f.Against)
		if err != nil {
			return err
		}
		c := tx.Comparison.Create().SetProjectID(at.projectID).SetPlanID(at.planID).SetBranch(at.branch).
			SetRunID(res.RunID).SetResultID(res.ID).SetAttempt(res.Attempt).
			SetCaseKey(key.CaseKey).SetName(key.Name).SetKind(key.Kind).SetBrowser(key.Browser).SetViewport(key.Viewport).
			SetStatus(f.Status).SetDiffPixels(f.DiffPixels).SetDiffRatio(f.DiffRatio).SetReason(f.Reason).
			SetActualID(f.ActualID).SetActualSha256(f.ActualSHA256).SetDiffID(f.DiffID).SetBaselineID(against)
		if f.Status == spec.ComparisonSame {
			c.SetReview(comparison.ReviewUnneeded)
		} else if before := rejected[key][f.ActualSHA256]; before != nil {
			c.SetReview(comparison.ReviewRejected).SetReviewNote(before.ReviewNote).
				SetReviewedBy(before.ReviewedBy).SetReviewedByName(before.ReviewedByName).SetNillableReviewedAt(before.ReviewedAt)
		}
		creates[i] = c
	}
	if err := tx.Comparison.CreateBulk(creates...).Exec(ctx); err != nil {
		return fmt.Errorf("store the comparisons: %w", err)
	}
	return nil
}

// rejections finds which of the contents were rejected before, on the same
// branch or on the default one, by key and digest.
func rejections(ctx context.Context, tx *store.Tx, at place, found []runs.Comparison) (map[Key]map[string]*ent.Comparison, error) {
	var digests []string
	for _, f := range found {
		if f.Status != spec.ComparisonSame {
			digests = append(digests, f.ActualSHA256)
		}
	}
	if len(digests) == 0 {
		return nil, nil
	}
	slices.Sort(digests)
	rows, err := tx.Comparison.Query().
		Where(comparison.PlanID(at.planID), comparison.BranchIn(at.branch, at.fallback),
			comparison.ReviewEQ(comparison.ReviewRejected), comparison.ActualSha256In(slices.Compact(digests)...)).
		Order(comparison.ByID(sql.OrderDesc())).Limit(1000).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for what was rejected before: %w", err)
	}
	out := map[Key]map[string]*ent.Comparison{}
	for _, r := range rows {
		key := keyOf(r)
		if out[key] == nil {
			out[key] = map[string]*ent.Comparison{}
		}
		if out[key][r.ActualSha256] == nil {
			out[key][r.ActualSha256] = r
		}
	}
	return out, nil
}

// against finds the variant that was compared with; it may have been replaced
// meanwhile.
func against(ctx context.Context, tx *store.Tx, at place, key Key, digest string) (id string, err error) {
	if digest == "" {
		return "", nil
	}
	rows, err := variants(ctx, tx.Baseline, at, key)
	for _, r := range rows {
		if r.Sha256 == digest {
			return r.ID, nil
		}
	}
	return "", err
}

func keyOf(c *ent.Comparison) Key {
	return Key{CaseKey: c.CaseKey, Name: c.Name, Kind: c.Kind, Browser: c.Browser, Viewport: c.Viewport}
}
