package generation

import (
	"context"
	"encoding/json"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generatedcase"
	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// maxListed bounds the cases that Cases returns.
const maxListed = 200

// Get returns a generation of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Generation, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Generation.Query().Where(generation.ProjectID(p.ProjectID), generation.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Generation, id)
	}
	return row, nil
}

// GetCase returns a generated case of the caller's project.
func (s *Service) GetCase(ctx context.Context, id string) (*ent.GeneratedCase, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.GeneratedCase.Query().Where(generatedcase.ProjectID(p.ProjectID), generatedcase.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.GeneratedCase, id)
	}
	return row, nil
}

// List returns a page of the project's generations, newest first, and whether
// more follow.
func (s *Service) List(ctx context.Context, page store.Page) ([]*ent.Generation, bool, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Generation.Query().Where(generation.ProjectID(p.ProjectID)).Order(generation.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(generation.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the generations: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many generations List would go through.
func (s *Service) Count(ctx context.Context) (int, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return 0, err
	}
	return s.store.Ent.Generation.Query().Where(generation.ProjectID(p.ProjectID)).Count(ctx)
}

// Cases returns the cases of a generation in their order, those in some states
// only where any are named.
func (s *Service) Cases(ctx context.Context, id string, states ...generatedcase.State) ([]*ent.GeneratedCase, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	q := s.store.Ent.GeneratedCase.Query().Where(generatedcase.ProjectID(p.ProjectID), generatedcase.GenerationID(id)).
		Order(generatedcase.ByOrdinal()).Limit(maxListed)
	if len(states) > 0 {
		q.Where(generatedcase.StateIn(states...))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the cases of %s: %w", id, err)
	}
	return rows, nil
}

// Proposal is a plan that nobody has stored.
type Proposal struct {
	Text  string            // empty where nothing is proposed, and before the generation is completed
	Files map[string][]byte // what it refers to
}

// Proposal writes a plan of what a generation proposes.
func (s *Service) Proposal(ctx context.Context, row *ent.Generation) (*Proposal, error) {
	if len(row.Frame) == 0 {
		return &Proposal{}, nil
	}
	cases, err := s.Cases(ctx, row.ID, generatedcase.StateProposed)
	if err != nil || len(cases) == 0 {
		return &Proposal{}, err
	}
	frame, err := frameOf(row)
	if err != nil {
		return nil, err
	}
	text, err := frame.Proposal(sources(cases)...)
	if err != nil {
		return nil, err
	}
	parsed, err := spec.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the plan that %s proposes: %w", row.ID, err)
	}
	src := plans.Source{Files: map[string][]byte{}}
	return &Proposal{Text: string(text), Files: src.Files}, addFiles(&src, parsed, frame)
}

func frameOf(row *ent.Generation) (draft.Frame, error) {
	var frame draft.Frame
	if err := json.Unmarshal(row.Frame, &frame); err != nil {
		return frame, fmt.Errorf("read what %s was made of: %w", row.ID, err)
	}
	return frame, nil
}

func sources(cases []*ent.GeneratedCase) []string {
	out := make([]string, len(cases))
	for i, c := range cases {
		out[i] = c.Source
	}
	return out
}
