package generation

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generatedcase"
	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/ent/plan"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// maxReviewed bounds the cases of one review.
const maxReviewed = 100

// Approval says which cases enter which plan.
type Approval struct {
	IDs  []string
	Name string // of a new plan, where the generation is not for one that is there
}

// Approve puts cases of one generation into a plan: one new version, or a new
// plan, in the transaction that marks them.
func (s *Service) Approve(ctx context.Context, a Approval) (*ent.Plan, []*ent.GeneratedCase, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, nil, err
	}
	var into *ent.Plan
	var out []*ent.GeneratedCase
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		cases, err := reviewable(ctx, tx, p.ProjectID, a.IDs)
		if err != nil {
			return err
		}
		of, err := tx.Generation.Query().Where(generation.ProjectID(p.ProjectID), generation.ID(cases[0].GenerationID)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Generation, cases[0].GenerationID)
		}
		if slices.ContainsFunc(cases, func(c *ent.GeneratedCase) bool { return c.GenerationID != of.ID }) {
			return apperr.Invalid("ids", "the cases are of more than one generation; accept those of one at a time")
		}
		if of.FinishedAt == nil || len(of.Frame) == 0 {
			return apperr.New(apperr.Conflict, "the generation %s is %s; its cases can be accepted when it is completed", of.ID, of.Status)
		}
		planID := ""
		if of.PlanID != nil {
			planID = *of.PlanID
		}
		frame, err := frameOf(of)
		if err != nil {
			return err
		}
		var version *ent.PlanVersion
		if into, version, err = s.enter(ctx, tx, p.ProjectID, planID, a.Name, frame, cases); err != nil {
			return err
		}
		if planID == "" {
			// Who accepts one after the other means one plan.
			if err := of.Update().SetPlanID(into.ID).Exec(ctx); err != nil {
				return fmt.Errorf("store the plan of generation %s: %w", of.ID, err)
			}
		}
		out, err = review(ctx, tx, p, cases, generatedcase.StateAccepted, "", &version.ID)
		return err
	})
	return into, out, err
}

// enter writes the cases into the plan's text.
func (s *Service) enter(ctx context.Context, tx *store.Tx, projectID, planID, name string, frame draft.Frame, cases []*ent.GeneratedCase) (*ent.Plan, *ent.PlanVersion, error) {
	src := plans.Source{Files: map[string][]byte{}}
	if planID == "" {
		frame.Name = cmp.Or(strings.TrimSpace(name), frame.Name)
		text, err := frame.Plan(sources(cases)...)
		if err != nil {
			return nil, nil, err
		}
		src.Text = string(text)
	} else {
		// What somebody else saves between reading and writing must not be lost.
		if _, err := tx.Plan.Query().Where(plan.ProjectID(projectID), plan.ID(planID)).ForUpdate(store.NoKey).OnlyID(ctx); err != nil {
			return nil, nil, store.Missing(err, ident.Plan, planID)
		}
		latest, err := s.plans.LatestTx(ctx, tx, projectID, planID)
		if err != nil {
			return nil, nil, err
		}
		text, err := frame.AddTo(latest.Source, sources(cases)...)
		if err != nil {
			return nil, nil, apperr.Wrap(err, apperr.Conflict, "the cases cannot be added to the plan %s: %s", planID, err)
		}
		src.Text = string(text)
		maps.Copy(src.Files, latest.Files)
	}
	parsed, err := spec.Parse([]byte(src.Text))
	if err == nil {
		err = addFiles(&src, parsed, frame)
	}
	if len(spec.MistakesOf(err)) > 0 {
		return nil, nil, apperr.Wrap(err, apperr.Conflict, "with these cases the plan would not be valid: %s", spec.MistakesOf(err)[0].Message)
	}
	if err != nil {
		return nil, nil, err
	}
	return s.plans.SaveTx(ctx, tx, projectID, planID, src)
}

// addFiles adds what the plan's cases refer to.
func addFiles(src *plans.Source, parsed *spec.Plan, frame draft.Frame) error {
	for _, name := range parsed.Files() {
		data, ours := frame.Files[name]
		there, theirs := src.Files[name]
		if ours && theirs && !bytes.Equal(data, there) {
			return apperr.New(apperr.Conflict, "the plan has another file %s; rename it there first", name)
		}
		if ours {
			src.Files[name] = data
		}
	}
	return nil
}

// Reject turns cases down.
func (s *Service) Reject(ctx context.Context, ids []string, reason string) (out []*ent.GeneratedCase, err error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(reason) > 500 {
		return nil, apperr.Invalid("reason", "a reason has at most 500 characters")
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		cases, err := reviewable(ctx, tx, p.ProjectID, ids)
		if err != nil {
			return err
		}
		out, err = review(ctx, tx, p, cases, generatedcase.StateRejected, reason, nil)
		return err
	})
	return out, err
}

// reviewable locks the cases, each of which a person may decide on.
func reviewable(ctx context.Context, tx *store.Tx, projectID string, ids []string) ([]*ent.GeneratedCase, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) == 0 || len(ids) > maxReviewed {
		return nil, apperr.Invalid("ids", "name 1 to %d generated cases", maxReviewed)
	}
	rows, err := tx.GeneratedCase.Query().Where(generatedcase.ProjectID(projectID), generatedcase.IDIn(ids...)).
		Order(generatedcase.ByOrdinal(), generatedcase.ByID()).ForUpdate().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the generated cases: %w", err)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(rows, func(c *ent.GeneratedCase) bool { return c.ID == id }) {
			return nil, store.NotFound(ident.GeneratedCase, id)
		}
	}
	for _, c := range rows {
		if c.State != generatedcase.StateProposed && c.State != generatedcase.StateSuspectedDefect {
			return nil, apperr.New(apperr.Conflict, "the case %s is %s; only one that is proposed or a suspected defect can be decided on", c.ID, c.State)
		}
	}
	return rows, nil
}

func review(ctx context.Context, tx *store.Tx, p *auth.Principal, cases []*ent.GeneratedCase, state generatedcase.State, reason string, version *string) ([]*ent.GeneratedCase, error) {
	out := make([]*ent.GeneratedCase, len(cases))
	for i, c := range cases {
		checks := slices.Clone(c.Checks)
		if at := slices.IndexFunc(checks, func(c schema.CaseCheck) bool { return c.Name == string(accept.Approved) }); at >= 0 {
			checks[at] = schema.CaseCheck{Name: string(accept.Approved), Outcome: schema.CaseCheckFailed, Reason: cmp.Or(reason, "a person has turned it down")}
			if state == generatedcase.StateAccepted {
				checks[at] = schema.CaseCheck{Name: string(accept.Approved), Outcome: schema.CaseCheckPassed}
			}
		}
		row, err := c.Update().SetState(state).SetChecks(checks).SetNillablePlanVersionID(version).SetReviewedBy(p.Actor().ID).SetReviewedByName(p.Actor().Name).
			SetReviewReason(reason).SetReviewedAt(time.Now()).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("store what becomes of %s: %w", c.ID, err)
		}
		if err := audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: c.ProjectID, Action: "generated_case." + string(state), ObjectID: c.ID, ObjectName: c.Name,
		}); err != nil {
			return nil, err
		}
		out[i] = row
	}
	return out, nil
}
