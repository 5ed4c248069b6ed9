package baselines

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/baseline"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/store"
)

const (
	// MaxPromoted is how many variants a branch may have for Promote, which takes
	// all of them or none.
	MaxPromoted = 1000

	maxBranch = 250 // characters of a name

	// maxHistory bounds what is read of the past of a key.
	maxHistory = 200

	// oneChange is the time within which a variant and its successor are written
	// when they take each other's place.
	oneChange = 5 * time.Second
)

// Promotion is what became of the baselines of a branch.
type Promotion struct {
	Branch, Into string
	Promoted     []*ent.Baseline // the target's own by now, oldest first
	Unchanged    int             // variants that the target had already
	Kept         []Conflict
}

// Conflict is a key whose baseline was changed on both branches: the target's is
// kept, and the branch's stays its own.
type Conflict struct{ Ours, Theirs *ent.Baseline }

// Promote makes what is accepted on a branch the baseline of another one, as when
// it is merged: of the project's default branch where into is empty. What the
// target has accepted for a key since the branch began to have its own is kept.
// Where the target is the default branch, whose baselines stand in for those of
// branches without any, the branch has none of its own any more.
func (s *Service) Promote(ctx context.Context, branch, into string) (*Promotion, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	for field, name := range map[string]string{"branch": branch, "into": into} {
		if len([]rune(name)) > maxBranch {
			return nil, apperr.Invalid(field, "the name of a branch has at most %d characters", maxBranch)
		}
	}
	if branch == "" {
		return nil, apperr.Invalid("branch", "say the branch that was merged")
	}
	var out *Promotion
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		project, err := tx.Project.Get(ctx, p.ProjectID)
		if err != nil {
			return fmt.Errorf("read the project: %w", err)
		}
		out = &Promotion{Branch: branch, Into: cmp.Or(into, project.DefaultBranch)}
		if branch == out.Into {
			return apperr.Invalid("into", "%s cannot be merged into itself", branch)
		}
		own, err := tx.Baseline.Query().Where(baseline.ProjectID(p.ProjectID), baseline.Branch(branch), baseline.RetiredAtIsNil()).
			Order(baseline.ByID()).Limit(MaxPromoted + 1).ForUpdate(store.NoKey).All(ctx)
		if err != nil {
			return fmt.Errorf("read the baselines of %s: %w", branch, err)
		}
		if len(own) > MaxPromoted {
			return apperr.New(apperr.Conflict, "%s has more than %d accepted variants, too many to take over at once; remove those that are not needed", branch, MaxPromoted)
		}
		for _, ours := range byKey(own) {
			if err := promote(ctx, tx, ours, project.DefaultBranch, out); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// byKey groups variants by what they are of, in the order of the first of each.
func byKey(rows []*ent.Baseline) [][]*ent.Baseline {
	type planKey struct {
		plan string
		key  Key
	}
	var out [][]*ent.Baseline
	at := map[planKey]int{}
	for _, b := range rows {
		k := planKey{b.PlanID, keyOfBaseline(b)}
		n, known := at[k]
		if !known {
			n = len(out)
			at[k], out = n, append(out, nil)
		}
		out[n] = append(out[n], b)
	}
	return out
}

func keyOfBaseline(b *ent.Baseline) Key {
	return Key{CaseKey: b.CaseKey, Name: b.Name, Kind: b.Kind, Browser: b.Browser, Viewport: b.Viewport}
}

// promote takes over the variants of one key.
func promote(ctx context.Context, tx *store.Tx, ours []*ent.Baseline, fallback string, out *Promotion) error {
	key := keyOfBaseline(ours[0])
	theirs, err := tx.Baseline.Query().Where(of(ours[0].PlanID, out.Into, key)...).Order(baseline.ByID()).ForUpdate(store.NoKey).All(ctx)
	if err != nil {
		return fmt.Errorf("read the baselines of %s: %w", out.Into, err)
	}
	fresh, others := apart(ours, theirs), apart(theirs, ours)
	if len(others) > 0 {
		newer, err := sinceBegun(ctx, tx, ours, others)
		if err != nil {
			return err
		}
		if newer != nil {
			out.Kept = append(out.Kept, Conflict{Ours: ours[len(ours)-1], Theirs: newer})
			return nil
		}
	}
	out.Unchanged += len(ours) - len(fresh)
	if err := retire(ctx, tx, others); err != nil {
		return err
	}
	about := ours[len(ours)-1].ID
	for _, b := range fresh {
		made, err := copyTo(ctx, tx, b, out.Into)
		if err != nil {
			return err
		}
		out.Promoted, about = append(out.Promoted, made), made.ID
	}
	if out.Into == fallback {
		if err := retire(ctx, tx, ours); err != nil {
			return err
		}
	} else if len(fresh) == 0 && len(others) == 0 {
		return nil // nothing is different now
	}
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: ours[0].ProjectID, Action: "baseline.promoted", ObjectID: about, ObjectName: key.CaseKey + " " + key.Name,
		Detail: map[string]string{"plan": ours[0].PlanID, "branch": out.Into, "from": out.Branch},
	})
}

// apart lists those whose content none of the others has.
func apart(rows, others []*ent.Baseline) []*ent.Baseline {
	return slices.DeleteFunc(slices.Clone(rows), func(b *ent.Baseline) bool {
		return slices.ContainsFunc(others, func(o *ent.Baseline) bool { return o.Sha256 == b.Sha256 })
	})
}

// sinceBegun returns the newest of the target's variants that was accepted there
// after the branch began to have its own, and that the branch never had; nil
// where there is none.
func sinceBegun(ctx context.Context, tx *store.Tx, ours, others []*ent.Baseline) (*ent.Baseline, error) {
	first := ours[0]
	past, err := tx.Baseline.Query().Where(
		baseline.PlanID(first.PlanID), baseline.Branch(first.Branch), baseline.CaseKey(first.CaseKey), baseline.Name(first.Name),
		baseline.KindEQ(first.Kind), baseline.Browser(first.Browser), baseline.Viewport(first.Viewport), baseline.RetiredAtNotNil(),
	).Order(baseline.ByID(sql.OrderDesc())).Limit(maxHistory).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what %s had before: %w", first.Branch, err)
	}
	began := ours[0].CreatedAt
	for _, b := range ours {
		began = earlier(began, b.CreatedAt)
	}
	had := ours
	for _, b := range past { // newest first
		if b.RetiredAt.Before(began.Add(-oneChange)) {
			break // it had none for a while: an earlier branch of the same name
		}
		began, had = earlier(began, b.CreatedAt), append(had, b)
	}
	for _, b := range slices.Backward(apart(others, had)) {
		if b.CreatedAt.After(began) {
			return b, nil
		}
	}
	return nil, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func retire(ctx context.Context, tx *store.Tx, rows []*ent.Baseline) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, len(rows))
	for i, b := range rows {
		ids[i] = b.ID
	}
	if err := tx.Baseline.Update().Where(baseline.IDIn(ids...)).SetRetiredAt(time.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("replace the baselines: %w", err)
	}
	return nil
}

// copyTo makes a variant one of another branch. Who looked at it and accepted it
// stays the same.
func copyTo(ctx context.Context, tx *store.Tx, b *ent.Baseline, branch string) (*ent.Baseline, error) {
	made, err := tx.Baseline.Create().SetProjectID(b.ProjectID).SetPlanID(b.PlanID).SetBranch(branch).
		SetCaseKey(b.CaseKey).SetName(b.Name).SetKind(b.Kind).SetBrowser(b.Browser).SetViewport(b.Viewport).
		SetContentType(b.ContentType).SetSize(b.Size).SetSha256(b.Sha256).SetKey(b.Key).
		SetComparisonID(b.ComparisonID).SetAcceptedBy(b.AcceptedBy).SetAcceptedByName(b.AcceptedByName).Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, apperr.Wrap(err, apperr.Conflict, "somebody accepted the same on %s at this moment; try again", branch)
	}
	if err != nil {
		return nil, fmt.Errorf("give %s a baseline: %w", branch, err)
	}
	return made, nil
}
