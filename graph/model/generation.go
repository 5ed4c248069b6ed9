package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// GenerationConnection is a page of generations; the cursor is the generation's
// id.
type GenerationConnection struct{ page[ent.Generation] }

// NewGenerationConnection returns a page.
func NewGenerationConnection(nodes []*ent.Generation, more bool, count func(context.Context) (int, error)) *GenerationConnection {
	return &GenerationConnection{page[ent.Generation]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *GenerationConnection) PageInfo() *PageInfo {
	return c.info(func(g *ent.Generation) string { return g.ID })
}

// Edges returns the items with their cursors.
func (c *GenerationConnection) Edges() []*GenerationEdge {
	out := make([]*GenerationEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &GenerationEdge{Cursor: n.ID, Node: n}
	}
	return out
}
