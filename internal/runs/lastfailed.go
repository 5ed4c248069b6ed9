package runs

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/result"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// lastFailed keeps the cases that did not pass in the plan's newest run in this
// environment that has ended. Where that run was one of several shards, the
// newest ones of its siblings count too.
func (s *Service) lastFailed(ctx context.Context, tx *store.Tx, version *ent.PlanVersion, environment string, cases []spec.ExpandedCase) ([]spec.ExpandedCase, error) {
	ended := run.And(run.ProjectID(version.ProjectID), run.PlanID(version.PlanID), run.Environment(environment), run.FinishedAtNotNil())
	newest, err := tx.Run.Query().Where(ended).Order(run.ByID(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil, noCase("no run of this plan%s has ended yet, so there are no failed cases to repeat", in(environment))
	}
	if err != nil {
		return nil, fmt.Errorf("look for the last run: %w", err)
	}
	ids := []string{newest.ID}
	if newest.Shards > 0 {
		siblings, err := tx.Run.Query().
			Where(ended, run.PlanVersionID(newest.PlanVersionID), run.Shards(newest.Shards), run.ShardNEQ(newest.Shard)).
			Order(run.ByID(sql.OrderDesc())).Limit(2*MaxShards).Select(run.FieldID, run.FieldShard).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for the last run's other shards: %w", err)
		}
		seen := map[int]bool{}
		for _, r := range siblings {
			if !seen[r.Shard] {
				ids = append(ids, r.ID)
			}
			seen[r.Shard] = true
		}
	}
	keys, err := tx.Result.Query().
		Where(result.RunIDIn(ids...), result.OutcomeNotIn(spec.OutcomePassed, spec.OutcomeFlaky)).
		Select(result.FieldCaseKey).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what failed in the last run: %w", err)
	}
	failed := make(map[string]bool, len(keys))
	for _, key := range keys {
		failed[key] = true
	}
	// What the plan itself skips has not failed.
	out := slices.DeleteFunc(slices.Clone(cases), func(c spec.ExpandedCase) bool { return !failed[c.Key] || c.Skip != "" })
	if len(out) == 0 {
		return nil, noCase("nothing to repeat: of the cases chosen, none failed in the last run of this plan%s, %s", in(environment), newest.ID)
	}
	return out, nil
}

func in(environment string) string {
	if environment == "" {
		return ""
	}
	return fmt.Sprintf(" in the environment %s", environment)
}

func noCase(format string, args ...any) error {
	return apperr.Invalid("select", format, args...).With("reason", "NO_CASE")
}
