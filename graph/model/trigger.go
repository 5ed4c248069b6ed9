package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// TriggerConnection is a page of triggers; the cursor is the trigger's id.
type TriggerConnection struct{ page[ent.Trigger] }

// NewTriggerConnection returns a page.
func NewTriggerConnection(nodes []*ent.Trigger, more bool, count func(context.Context) (int, error)) *TriggerConnection {
	return &TriggerConnection{page[ent.Trigger]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *TriggerConnection) PageInfo() *PageInfo {
	return c.info(func(t *ent.Trigger) string { return t.ID })
}

// Edges returns the items with their cursors.
func (c *TriggerConnection) Edges() []*TriggerEdge {
	out := make([]*TriggerEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &TriggerEdge{Cursor: n.ID, Node: n}
	}
	return out
}
