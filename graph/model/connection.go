package model

import (
	"context"
	"strconv"

	"github.com/semantest/semantest/ent"
)

// page is what every connection has.
type page[T any] struct {
	Nodes []*T
	More  bool
	Count func(ctx context.Context) (int, error)
}

// TotalCount counts only when it is asked for.
func (p page[T]) TotalCount(ctx context.Context) (int, error) { return p.Count(ctx) }

func (p page[T]) info(cursor func(*T) string) *PageInfo {
	out := &PageInfo{HasNextPage: p.More}
	if n := len(p.Nodes); n > 0 {
		end := cursor(p.Nodes[n-1])
		out.EndCursor = &end
	}
	return out
}

// PlanConnection is a page of plans; the cursor is the plan's id.
type PlanConnection struct{ page[ent.Plan] }

// NewPlanConnection returns a page.
func NewPlanConnection(nodes []*ent.Plan, more bool, count func(context.Context) (int, error)) *PlanConnection {
	return &PlanConnection{page[ent.Plan]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *PlanConnection) PageInfo() *PageInfo {
	return c.info(func(p *ent.Plan) string { return p.ID })
}

// Edges returns the items with their cursors.
func (c *PlanConnection) Edges() []*PlanEdge {
	out := make([]*PlanEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &PlanEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// PlanVersionConnection is a page of a plan's versions; the cursor is the
// version's id.
type PlanVersionConnection struct{ page[ent.PlanVersion] }

// NewPlanVersionConnection returns a page.
func NewPlanVersionConnection(nodes []*ent.PlanVersion, more bool, count func(context.Context) (int, error)) *PlanVersionConnection {
	return &PlanVersionConnection{page[ent.PlanVersion]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *PlanVersionConnection) PageInfo() *PageInfo {
	return c.info(func(v *ent.PlanVersion) string { return v.ID })
}

// Edges returns the items with their cursors.
func (c *PlanVersionConnection) Edges() []*PlanVersionEdge {
	out := make([]*PlanVersionEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &PlanVersionEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// RunConnection is a page of runs; the cursor is the run's id.
type RunConnection struct{ page[ent.Run] }

// NewRunConnection returns a page.
func NewRunConnection(nodes []*ent.Run, more bool, count func(context.Context) (int, error)) *RunConnection {
	return &RunConnection{page[ent.Run]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *RunConnection) PageInfo() *PageInfo {
	return c.info(func(r *ent.Run) string { return r.ID })
}

// Edges returns the items with their cursors.
func (c *RunConnection) Edges() []*RunEdge {
	out := make([]*RunEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &RunEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// ResultConnection is a page of results; the cursor is the result's place in
// the run.
type ResultConnection struct{ page[ent.Result] }

// NewResultConnection returns a page.
func NewResultConnection(nodes []*ent.Result, more bool, count func(context.Context) (int, error)) *ResultConnection {
	return &ResultConnection{page[ent.Result]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *ResultConnection) PageInfo() *PageInfo { return c.info(ResultCursor) }

// Edges returns the items with their cursors.
func (c *ResultConnection) Edges() []*ResultEdge {
	out := make([]*ResultEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &ResultEdge{Cursor: ResultCursor(n), Node: n}
	}
	return out
}

// ResultCursor is the cursor of a result.
func ResultCursor(r *ent.Result) string { return strconv.Itoa(r.Ordinal) }
