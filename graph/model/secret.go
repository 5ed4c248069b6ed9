package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// SecretConnection is a page of secrets; the cursor is the secret's id.
type SecretConnection struct{ page[ent.Secret] }

// NewSecretConnection returns a page.
func NewSecretConnection(nodes []*ent.Secret, more bool, count func(context.Context) (int, error)) *SecretConnection {
	return &SecretConnection{page[ent.Secret]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *SecretConnection) PageInfo() *PageInfo {
	return c.info(func(s *ent.Secret) string { return s.ID })
}

// Edges returns the items with their cursors.
func (c *SecretConnection) Edges() []*SecretEdge {
	out := make([]*SecretEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &SecretEdge{Cursor: n.ID, Node: n}
	}
	return out
}
