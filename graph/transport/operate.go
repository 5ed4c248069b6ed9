package transport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/internal/apperr"
)

// lookUpWithin is how long the lookup of a token may take.
const lookUpWithin = 10 * time.Second

// text handles a message of the protocol.
func (c *conn) text(b []byte) error {
	m, err := decodeMessage(b)
	if err != nil {
		return c.tooDeep(b, err)
	}
	switch m.Type {
	case "connection_init":
		return c.init(m)
	case "subscribe":
		return c.subscribe(m)
	case "complete":
		return c.complete(m)
	case "ping":
		return c.answer(m)
	case "pong":
		_, err := m.fields()
		return err
	}
	return badRequest("there is no such type")
}

// tooDeep says of a message that can't be read that it is nested too deep, if
// that is why.
func (c *conn) tooDeep(b []byte, err error) error {
	const around = 3 // the message, its payload, the variables
	if n, limit := nesting(b)-around, c.live.o.Bodies.Nesting; n > limit {
		return badRequest(fmt.Sprintf("it has %d lists and objects within one another; the limit (nesting) is %d", n, limit))
	}
	return err
}

func (c *conn) init(m message) error {
	payload, err := m.fields()
	if err != nil {
		return err
	}
	if c.current() != nil {
		return &broken{closeTooMany, "Too many initialisation requests"}
	}
	session, err := c.authenticate(payload)
	if err != nil {
		return err
	}
	c.handshake, c.frames.most = nil, c.live.o.MessageSize
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.live.abandon(session)
		return nil
	}
	c.session = session
	c.sendLocked(ackFrame)
	return nil
}

// authenticate returns the session of a token, or how the connection is closed.
func (c *conn) authenticate(payload map[string]any) (*session, error) {
	ctx, cancel := context.WithTimeout(c.handshake, lookUpWithin)
	defer cancel()
	s, err := c.live.o.Authenticate(ctx, payload)
	switch apperr.CodeOf(err) {
	case "":
		return c.live.adopt(s), nil
	case apperr.Unauthenticated, apperr.Forbidden:
		return nil, &broken{closeForbidden, apperr.Message(err)}
	}
	return nil, &broken{closeTryLater, "the server cannot look the token up; connect again"}
}

// answer answers a ping. One with an authorization renews the session: the
// protocol leaves a ping's payload to the two sides.
func (c *conn) answer(m message) error {
	payload, err := m.fields()
	if err != nil {
		return err
	}
	old := c.current()
	if old != nil && hasToken(payload) {
		if err := c.renew(old, payload); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sendLocked(pongFrame)
	return nil
}

func hasToken(payload map[string]any) bool {
	for k, v := range payload {
		if _, ok := v.(string); ok && strings.EqualFold(k, "authorization") {
			return true
		}
	}
	return false
}

func (c *conn) renew(old *session, payload map[string]any) error {
	c.handshake = context.Background()
	defer func() { c.handshake = nil }()
	renewed, err := c.authenticate(payload)
	if err != nil {
		return err
	}
	if renewed.Scope != old.Scope {
		c.live.abandon(renewed)
		return &broken{closeForbidden, "the new token may not do the same as the old one"}
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		c.live.abandon(renewed)
		return nil
	}
	c.session = renewed
	for _, s := range c.subs {
		if s.group != nil {
			s.group.exchange(old, renewed)
		}
	}
	c.mu.Unlock()
	c.live.abandon(old)
	return nil
}

func (c *conn) current() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

func (c *conn) complete(m message) error {
	id, err := m.id()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.find(id); s != nil { // else it has completed already
		c.remove(s)
	}
	return nil
}

func (c *conn) subscribe(m message) error {
	session := c.current()
	if session == nil {
		return &broken{closeNoInit, "Unauthorized"}
	}
	id, err := m.id()
	if err != nil {
		return err
	}
	params, err := m.params()
	if err != nil {
		return err
	}
	s := &subscriber{conn: c, id: id}
	if err := c.reserve(s, *m.ID); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(session.Context, lookUpWithin)
	defer cancel()
	if !c.live.mayAsk(ctx, session) {
		return &broken{closeTryLater, "the server cannot look the token up; connect again"}
	}
	if refused := c.begin(s, params); refused != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sendLocked(c.appendEnd(nil, s, &ending{errors: encodeErrors(refused)}))
		c.remove(s)
	}
	return nil
}

// reserve takes an id.
func (c *conn) reserve(s *subscriber, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.find(s.id) != nil:
		return &broken{closeDuplicate, "Subscriber for " + id + " already exists"}
	case len(c.subs) >= c.live.o.Subscriptions:
		return &broken{closeTooMany, "Too many subscriptions on one connection"}
	case !c.closed:
		c.subs = append(c.subs, s)
	}
	return nil
}

// begin makes a subscriber a member of the group of what it asks for. It
// returns why it can't.
func (c *conn) begin(s *subscriber, params graphql.RawParams) (refused gqlerror.List) {
	session := c.current()
	ctx := graphql.StartOperationTrace(session.Context)
	asked := params // a mutator may change them
	op, errs := c.exec.CreateOperationContext(ctx, &asked)
	if errs != nil {
		return c.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors
	}
	if c.readOnly && op.Operation.Operation == ast.Mutation {
		return gqlerror.List{gqlerror.Errorf("a mutation must be sent with POST")}
	}
	params.Query = asked.Query // which a client may have named by its hash
	r := request{exec: c.exec, params: params}
	key, field := "", Field{}
	if p := c.live.plan(op); p != nil {
		var err error
		if key, err = p.key(op.Variables, session.Scope); err != nil {
			return c.exec.DispatchError(graphql.WithOperationContext(ctx, op), gqlerror.List{graphqlError(err)}).Errors
		}
		field, r.after = p.field, p.cursor(op.Variables, params.Extensions)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.live.open(s, key, field, r)
	}
	return nil
}

// plan returns how an operation is shared, from memory where its text has come
// before.
func (l *Live) plan(op *graphql.OperationContext) *plan {
	if op.Operation.Operation != ast.Subscription {
		return nil
	}
	if len(op.RawQuery) > maxPlanned {
		return planOf(l.o.Fields, op)
	}
	key := op.OperationName + "\n" + op.RawQuery
	if p, ok := l.plans.Get(context.Background(), key); ok {
		return p
	}
	p := planOf(l.o.Fields, op)
	l.plans.Add(context.Background(), key, p)
	return p
}

// exchange counts a member for another session.
func (g *group) exchange(from, to *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sessions[from]--; g.sessions[from] <= 0 {
		delete(g.sessions, from)
	}
	g.sessions[to]++
}

// asBroken returns how an error closes a connection.
func asBroken(err error) *broken {
	if b, ok := errors.AsType[*broken](err); ok {
		return b
	}
	return &broken{closeProtocol, err.Error()}
}

func graphqlError(err error) *gqlerror.Error {
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		return e
	}
	return gqlerror.Wrap(err)
}
