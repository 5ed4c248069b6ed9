package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// AuditEntryConnection is a page of the audit log; the cursor is the entry's id.
type AuditEntryConnection struct{ page[ent.AuditEntry] }

// NewAuditEntryConnection returns a page.
func NewAuditEntryConnection(nodes []*ent.AuditEntry, more bool, count func(context.Context) (int, error)) *AuditEntryConnection {
	return &AuditEntryConnection{page[ent.AuditEntry]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *AuditEntryConnection) PageInfo() *PageInfo {
	return c.info(func(e *ent.AuditEntry) string { return e.ID })
}

// Edges returns the items with their cursors.
func (c *AuditEntryConnection) Edges() []*AuditEntryEdge {
	out := make([]*AuditEntryEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &AuditEntryEdge{Cursor: n.ID, Node: n}
	}
	return out
}
