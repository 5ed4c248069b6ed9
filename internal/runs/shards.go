package runs

import (
	"cmp"
	"context"
	"crypto/sha256"
	stdsql "database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/shardplan"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// MaxShards bounds into how many runs a plan's cases are divided.
const MaxShards = 1000

// shardPlanDays is how long a division is kept: a build that is repeated within
// this time gets the same one.
const shardPlanDays = 30

// Shard is one of several runs that share a plan's cases. The zero value is a
// run with all of them.
type Shard struct {
	Index int // from 1
	Total int
	Group string // what the shards of one build have in common; without it, durations are not looked at
}

func (s Shard) validate() error {
	switch {
	case s == Shard{}:
		return nil
	case s.Total < 1 || s.Total > MaxShards:
		return apperr.Invalid("shard.total", "the number of shards must be from 1 to %d", MaxShards)
	case s.Index < 1 || s.Index > s.Total:
		return apperr.Invalid("shard.index", "the shard must be from 1 to %d, the number of shards", s.Total)
	case len(s.Group) > 200:
		return apperr.Invalid("shard.group", "the group of the shards has at most 200 characters")
	}
	return nil
}

// part returns the cases of one shard, in the plan's order. All shards of a
// group divide equal cases alike, whenever they start: the first one's division
// is kept for the others.
func (s *Service) part(ctx context.Context, tx *store.Tx, version *ent.PlanVersion, cases []spec.ExpandedCase, sh Shard) ([]spec.ExpandedCase, error) {
	var shards map[string]int
	if sh.Group == "" {
		shards = inTurn(cases, sh.Total)
	} else {
		var err error
		if shards, err = s.division(ctx, tx, version, cases, sh); err != nil {
			return nil, err
		}
	}
	out := slices.DeleteFunc(slices.Clone(cases), func(c spec.ExpandedCase) bool { return shards[c.Key] != sh.Index })
	if len(out) == 0 {
		return nil, apperr.Invalid("shard", "shard %d of %d has no case: there are only %d", sh.Index, sh.Total, len(cases)).With("reason", "EMPTY_SHARD")
	}
	return out, nil
}

func (s *Service) division(ctx context.Context, tx *store.Tx, version *ent.PlanVersion, cases []spec.ExpandedCase, sh Shard) (map[string]int, error) {
	key := divisionKey(version, cases, sh)
	kept := shardplan.And(shardplan.ProjectID(version.ProjectID), shardplan.Key(key))
	row, err := tx.ShardPlan.Query().Where(kept).Only(ctx)
	if err == nil {
		return row.Shards, nil
	}
	if !ent.IsNotFound(err) {
		return nil, fmt.Errorf("read how the cases are divided: %w", err)
	}
	durations, err := s.Durations(ctx, tx, version.ProjectID, version.PlanID)
	if err != nil {
		return nil, err
	}
	err = tx.ShardPlan.Create().SetProjectID(version.ProjectID).SetKey(key).SetShards(balanced(cases, durations, sh.Total)).
		OnConflict(sql.ConflictColumns(shardplan.FieldProjectID, shardplan.FieldKey), sql.DoNothing()).Exec(ctx)
	// DO NOTHING returns no row where another shard was faster.
	if err != nil && !errors.Is(err, stdsql.ErrNoRows) {
		return nil, fmt.Errorf("keep how the cases are divided: %w", err)
	}
	if row, err = tx.ShardPlan.Query().Where(kept).Only(ctx); err != nil {
		return nil, fmt.Errorf("read how the cases are divided: %w", err)
	}
	return row.Shards, forgetDivisions(ctx, tx)
}

// divisionKey names a division by all that it depends on but the durations. The
// content counts, not the version's number: another build may have given the
// plan a version in between.
func divisionKey(version *ent.PlanVersion, cases []spec.ExpandedCase, sh Shard) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s %d %q\n", version.PlanID, version.Digest, sh.Total, sh.Group)
	for _, c := range cases {
		_, _ = fmt.Fprintf(h, "%q\n", c.Key)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func forgetDivisions(ctx context.Context, tx *store.Tx) error {
	const query = `
DELETE FROM shard_plans WHERE id IN (
	SELECT id FROM shard_plans WHERE created_at < now() - $1 * interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED)`
	if _, err := tx.ExecContext(ctx, query, shardPlanDays); err != nil {
		return fmt.Errorf("forget how cases were divided: %w", err)
	}
	return nil
}

// inTurn deals the cases out one by one.
func inTurn(cases []spec.ExpandedCase, shards int) map[string]int {
	out := make(map[string]int, len(cases))
	for i, c := range cases {
		out[c.Key] = i%shards + 1
	}
	return out
}

// balanced gives the longest cases out first, each to the shard that has least
// to do, so that none takes more than 4/3 of the least possible time. A case of
// which nothing is known counts as the median of the others.
func balanced(cases []spec.ExpandedCase, known map[string]time.Duration, shards int) map[string]int {
	lengths := lengthsOf(cases, known)
	order := make([]int, len(cases))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lengths[b], lengths[a]) })
	type load struct {
		length time.Duration
		cases  int
	}
	loads := make([]load, shards)
	out := make(map[string]int, len(cases))
	for _, i := range order {
		least := 0
		for n := range loads {
			if cmp.Or(cmp.Compare(loads[n].length, loads[least].length), cmp.Compare(loads[n].cases, loads[least].cases)) < 0 {
				least = n
			}
		}
		loads[least].length += lengths[i]
		loads[least].cases++
		out[cases[i].Key] = least + 1
	}
	return out
}

// lengthsOf returns how long each case takes.
func lengthsOf(cases []spec.ExpandedCase, known map[string]time.Duration) []time.Duration {
	var sorted []time.Duration
	for _, c := range cases {
		if d, ok := known[c.Key]; ok && c.Skip == "" {
			sorted = append(sorted, d)
		}
	}
	median := time.Second // all alike
	if len(sorted) > 0 {
		slices.Sort(sorted)
		median = sorted[len(sorted)/2]
	}
	out := make([]time.Duration, len(cases))
	for i, c := range cases {
		d, ok := known[c.Key]
		switch {
		case c.Skip != "":
		case ok:
			out[i] = d
		default:
			out[i] = median
		}
	}
	return out
}
