package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// UserConnection is a page of users; the cursor is the user's id.
type UserConnection struct{ page[ent.User] }

// NewUserConnection returns a page.
func NewUserConnection(nodes []*ent.User, more bool, count func(context.Context) (int, error)) *UserConnection {
	return &UserConnection{page[ent.User]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *UserConnection) PageInfo() *PageInfo {
	return c.info(func(u *ent.User) string { return u.ID })
}

// Edges returns the items with their cursors.
func (c *UserConnection) Edges() []*UserEdge {
	out := make([]*UserEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &UserEdge{Cursor: n.ID, Node: n}
	}
	return out
}
