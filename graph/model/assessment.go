package model

import (
	"context"

	"github.com/semantest/semantest/internal/assessments"
)

// AssessmentConnection is a page of assessments; the cursor is the assessment's
// id.
type AssessmentConnection struct {
	page[assessments.Assessment]
}

// NewAssessmentConnection returns a page.
func NewAssessmentConnection(nodes []*assessments.Assessment, more bool, count func(context.Context) (int, error)) *AssessmentConnection {
	return &AssessmentConnection{page[assessments.Assessment]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *AssessmentConnection) PageInfo() *PageInfo {
	return c.info(func(a *assessments.Assessment) string { return a.ID })
}

// Edges returns the items with their cursors.
func (c *AssessmentConnection) Edges() []*AssessmentEdge {
	out := make([]*AssessmentEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &AssessmentEdge{Cursor: n.ID, Node: n}
	}
	return out
}
