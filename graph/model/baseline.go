package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// BaselineConnection is a page of baselines; the cursor is the baseline's id.
type BaselineConnection struct{ page[ent.Baseline] }

// NewBaselineConnection returns a page.
func NewBaselineConnection(nodes []*ent.Baseline, more bool, count func(context.Context) (int, error)) *BaselineConnection {
	return &BaselineConnection{page[ent.Baseline]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *BaselineConnection) PageInfo() *PageInfo {
	return c.info(func(b *ent.Baseline) string { return b.ID })
}

// Edges returns the items with their cursors.
func (c *BaselineConnection) Edges() []*BaselineEdge {
	out := make([]*BaselineEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &BaselineEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// ComparisonConnection is a page of comparisons; the cursor is the comparison's
// id.
type ComparisonConnection struct{ page[ent.Comparison] }

// NewComparisonConnection returns a page.
func NewComparisonConnection(nodes []*ent.Comparison, more bool, count func(context.Context) (int, error)) *ComparisonConnection {
	return &ComparisonConnection{page[ent.Comparison]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *ComparisonConnection) PageInfo() *PageInfo {
	return c.info(func(x *ent.Comparison) string { return x.ID })
}

// Edges returns the items with their cursors.
func (c *ComparisonConnection) Edges() []*ComparisonEdge {
	out := make([]*ComparisonEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &ComparisonEdge{Cursor: n.ID, Node: n}
	}
	return out
}
