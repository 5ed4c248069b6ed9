package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// ProjectConnection is a page of projects; the cursor is the project's id.
type ProjectConnection struct{ page[ent.Project] }

// NewProjectConnection returns a page.
func NewProjectConnection(nodes []*ent.Project, more bool, count func(context.Context) (int, error)) *ProjectConnection {
	return &ProjectConnection{page[ent.Project]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *ProjectConnection) PageInfo() *PageInfo {
	return c.info(func(p *ent.Project) string { return p.ID })
}

// Edges returns the items with their cursors.
func (c *ProjectConnection) Edges() []*ProjectEdge {
	out := make([]*ProjectEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &ProjectEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// MemberConnection is a page of members; the cursor is the member's id.
type MemberConnection struct{ page[ent.Member] }

// NewMemberConnection returns a page.
func NewMemberConnection(nodes []*ent.Member, more bool, count func(context.Context) (int, error)) *MemberConnection {
	return &MemberConnection{page[ent.Member]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *MemberConnection) PageInfo() *PageInfo {
	return c.info(func(m *ent.Member) string { return m.ID })
}

// Edges returns the items with their cursors.
func (c *MemberConnection) Edges() []*MemberEdge {
	out := make([]*MemberEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &MemberEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// ServiceAccountConnection is a page of service accounts; the cursor is the
// account's id.
type ServiceAccountConnection struct{ page[ent.ServiceAccount] }

// NewServiceAccountConnection returns a page.
func NewServiceAccountConnection(nodes []*ent.ServiceAccount, more bool, count func(context.Context) (int, error)) *ServiceAccountConnection {
	return &ServiceAccountConnection{page[ent.ServiceAccount]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *ServiceAccountConnection) PageInfo() *PageInfo {
	return c.info(func(a *ent.ServiceAccount) string { return a.ID })
}

// Edges returns the items with their cursors.
func (c *ServiceAccountConnection) Edges() []*ServiceAccountEdge {
	out := make([]*ServiceAccountEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &ServiceAccountEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// APITokenConnection is a page of API tokens; the cursor is the token's id.
type APITokenConnection struct{ page[ent.Token] }

// NewAPITokenConnection returns a page.
func NewAPITokenConnection(nodes []*ent.Token, more bool, count func(context.Context) (int, error)) *APITokenConnection {
	return &APITokenConnection{page[ent.Token]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *APITokenConnection) PageInfo() *PageInfo {
	return c.info(func(t *ent.Token) string { return t.ID })
}

// Edges returns the items with their cursors.
func (c *APITokenConnection) Edges() []*APITokenEdge {
	out := make([]*APITokenEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &APITokenEdge{Cursor: n.ID, Node: n}
	}
	return out
}
