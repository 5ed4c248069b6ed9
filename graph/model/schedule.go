package model

import (
	"context"

	"github.com/semantest/semantest/ent"
)

// ScheduleConnection is a page of schedules; the cursor is the schedule's id.
type ScheduleConnection struct{ page[ent.Schedule] }

// NewScheduleConnection returns a page.
func NewScheduleConnection(nodes []*ent.Schedule, more bool, count func(context.Context) (int, error)) *ScheduleConnection {
	return &ScheduleConnection{page[ent.Schedule]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *ScheduleConnection) PageInfo() *PageInfo {
	return c.info(func(s *ent.Schedule) string { return s.ID })
}

// Edges returns the items with their cursors.
func (c *ScheduleConnection) Edges() []*ScheduleEdge {
	out := make([]*ScheduleEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &ScheduleEdge{Cursor: n.ID, Node: n}
	}
	return out
}
