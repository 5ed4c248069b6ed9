package model

import (
	"context"
	"strconv"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/graph/scalar"
	"github.com/semantest/semantest/internal/spec"
)

// BrowserSessionConnection is a page of browser sessions; the cursor is the
// session's id.
type BrowserSessionConnection struct{ page[ent.BrowserSession] }

// NewBrowserSessionConnection returns a page.
func NewBrowserSessionConnection(nodes []*ent.BrowserSession, more bool, count func(context.Context) (int, error)) *BrowserSessionConnection {
	return &BrowserSessionConnection{page[ent.BrowserSession]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *BrowserSessionConnection) PageInfo() *PageInfo {
	return c.info(func(s *ent.BrowserSession) string { return s.ID })
}

// Edges returns the items with their cursors.
func (c *BrowserSessionConnection) Edges() []*BrowserSessionEdge {
	out := make([]*BrowserSessionEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &BrowserSessionEdge{Cursor: n.ID, Node: n}
	}
	return out
}

// BrowserCommandConnection is a page of a session's commands; the cursor is the
// command's ordinal.
type BrowserCommandConnection struct{ page[ent.BrowserCommand] }

// NewBrowserCommandConnection returns a page.
func NewBrowserCommandConnection(nodes []*ent.BrowserCommand, more bool, count func(context.Context) (int, error)) *BrowserCommandConnection {
	return &BrowserCommandConnection{page[ent.BrowserCommand]{nodes, more, count}}
}

// PageInfo tells where the page stands.
func (c *BrowserCommandConnection) PageInfo() *PageInfo { return c.info(commandCursor) }

// Edges returns the items with their cursors.
func (c *BrowserCommandConnection) Edges() []*BrowserCommandEdge {
	out := make([]*BrowserCommandEdge, len(c.Nodes))
	for i, n := range c.Nodes {
		out[i] = &BrowserCommandEdge{Cursor: commandCursor(n), Node: n}
	}
	return out
}

func commandCursor(c *ent.BrowserCommand) string { return strconv.Itoa(c.Ordinal) }

// NewBrowserStepResults shows how the steps of a command ended.
func NewBrowserStepResults(steps []schema.SessionStep) ([]*BrowserStepResult, error) {
	out := make([]*BrowserStepResult, len(steps))
	for i, s := range steps {
		var detail scalar.JSON
		if len(s.Detail) > 0 {
			var err error
			if detail, err = scalar.Of(s.Detail); err != nil {
				return nil, err
			}
		}
		out[i] = &BrowserStepResult{
			Ordinal: i, Name: s.Name, Action: s.Action, Outcome: spec.Outcome(s.Outcome), Error: s.Error,
			OffsetMs: int(s.OffsetMS), DurationMs: s.DurationMS, Detail: detail, Checks: make([]*schema.SessionCheck, len(s.Checks)),
		}
		for j := range s.Checks {
			out[i].Checks[j] = &s.Checks[j]
		}
	}
	return out, nil
}
