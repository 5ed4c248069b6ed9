package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/apperr"
)

// The names under which the two pools stand in pg_stat_activity, unless the
// database address gives one.
const (
	storeName = "semantest store"
	queueName = "semantest queue"
)

// name sets the application's name in a pgx connection's parameters.
func name(parameters map[string]string, name string) {
	if parameters["application_name"] == "" {
		parameters["application_name"] = name
	}
}

// limit has Postgres end a transaction whose client has gone silent. A process
// that was paused or a machine that vanished inside of one holds the rows that
// it has locked, and with a run's row all that the run's other workers do.
func limit(parameters map[string]string) {
	const parameter = "idle_in_transaction_session_timeout"
	if parameters[parameter] == "" {
		parameters[parameter] = "10s"
	}
}

// actAs has the connection act as a role from its beginning.
func actAs(parameters map[string]string, role string) {
	if role != "" {
		parameters["role"] = role
	}
}

// connect returns what opens connections for Ent.
func connect(databaseURL string, o Options) (driver.Connector, error) {
	cfg, err := pq.NewConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = storeName
	}
	if cfg.Runtime == nil {
		cfg.Runtime = map[string]string{}
	}
	limit(cfg.Runtime)
	actAs(cfg.Runtime, o.Role)
	inner, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, err
	}
	inner.Dialer(&dialer{cancelWithin: o.CancelWithin})
	usual := nothing
	if o.AllProjects {
		usual = allProjects
	}
	return connector{inner, o.CancelWithin, usual}, nil
}

type connector struct {
	*pq.Connector
	cancelWithin time.Duration
	usual        scope
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, raw, err := open(ctx, c.Connector)
	if err != nil { // here, so that every query during an outage has the code
		return nil, apperr.Wrap(err, apperr.Unavailable, "the database does not answer")
	}
	return newConn(inner, &bounds{raw: raw, cancelWithin: c.cancelWithin}, c.usual)
}

// pqConn is what a connection of lib/pq offers to database/sql.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// conn is a connection that remembers its statements. lib/pq alone has Postgres
// parse and plan a statement each time, and takes two round trips for it; a
// remembered one takes a single round trip and is parsed once.
type conn struct {
	pqConn
	bounds     *bounds
	statements *simplelru.LRU[string, driver.Stmt]
	scope      seen
	busy       bool // rows are being read
	inTx       bool
	txDone     <-chan struct{} // of the transaction's context, which lib/pq watches already
}

const (
	// maxStatements bounds what one connection remembers.
	maxStatements = 256
	// maxRemembered is the length in bytes beyond which a statement is an insert
	// of many rows, whose text hardly comes again.
	maxRemembered = 4096
)

func newConn(inner pqConn, b *bounds, usual scope) (*conn, error) {
	statements, err := simplelru.NewLRU(maxStatements, func(_ string, s driver.Stmt) {
		_ = s.Close() // it fails only with the connection
	})
	return &conn{pqConn: inner, bounds: b, statements: statements, scope: seen{usual: usual}}, err
}

var errBusy = errors.New("the rows of a query are still being read on this connection")

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	ctx = c.watched(ctx)
	defer c.bound(ctx)()
	if returns(query) {
		defer c.scope.returned()
		return c.pqConn.ExecContext(ctx, query, args)
	}
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	stmt, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.pqConn.ExecContext(ctx, query, args)
	}
	res, err := stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	return res, c.checked(query, err)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = c.watched(ctx)
	end := c.bound(ctx)
	rows, err := c.query(ctx, query, args)
	if err != nil {
		end()
		return nil, err
	}
	return &connRows{Rows: rows, conn: c, query: query, end: end}, nil
}

func (c *conn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.busy {
		return nil, errBusy
	}
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	stmt, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return c.pqConn.QueryContext(ctx, query, args)
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, c.checked(query, err)
	}
	c.busy = true
	return rows, nil
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	defer c.bound(ctx)()
	return c.pqConn.Ping(ctx)
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	c.bounds.part()
	return c.pqConn.Close()
}

func (c *conn) bound(ctx context.Context) (end func()) {
	return c.bounds.begin(ctx, &c.bounds.statement)
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	end := c.bounds.begin(ctx, &c.bounds.tx)
	err := c.enter(ctx)
	if err != nil {
		end()
		return nil, err
	}
	tx, err := c.pqConn.BeginTx(ctx, o)
	if err != nil {
		end()
		return nil, err
	}
	c.txDone, c.inTx = ctx.Done(), true
	return connTx{tx, c, end}, nil
}

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	c.busy, c.txDone, c.inTx = false, nil, false
	return c.pqConn.ResetSession(ctx)
}

// statement returns the remembered statement, nil where it is not worth it.
func (c *conn) statement(ctx context.Context, query string, args []driver.NamedValue) (driver.Stmt, error) {
	if c.busy {
		return nil, errBusy
	}
	if len(args) == 0 || len(query) > maxRemembered {
		return nil, nil // one round trip anyway, or too rare
	}
	if s, ok := c.statements.Get(query); ok {
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements.Add(query, s)
	return s, nil
}

// checked forgets a statement that Postgres does not know any more, or whose
// tables have changed since.
func (c *conn) checked(query string, err error) error {
	if pqErr, ok := errors.AsType[*pq.Error](err); ok && (pqErr.Code == unknownStatement || pqErr.Code == stalePlan) {
		c.statements.Remove(query)
	}
	return err
}

// Codes of Postgres. The second one is the general "feature not supported"; of
// a remembered statement it says that its result has another type now.
const (
	unknownStatement = "26000"
	stalePlan        = "0A000"
)

// watched spares a statement its own watch over a context that the transaction
// is watched for.
func (c *conn) watched(ctx context.Context) context.Context {
	if c.txDone != nil && c.txDone == ctx.Done() {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

type connRows struct {
	driver.Rows
	conn  *conn
	query string
	end   func()
}

func (r *connRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err != nil && !errors.Is(err, io.EOF) {
		return r.conn.checked(r.query, err)
	}
	return err
}

func (r *connRows) Close() error {
	defer r.end()
	r.conn.busy = false
	return r.Rows.Close()
}

type connTx struct {
	driver.Tx
	conn *conn
	end  func()
}

func (t connTx) Commit() error {
	defer t.end()
	t.conn.txDone, t.conn.inTx = nil, false
	err := t.Tx.Commit()
	if err != nil { // what was written is gone, and with it what was set
		t.conn.scope.returned()
	}
	t.conn.scope.inside = false
	return err
}

func (t connTx) Rollback() error {
	defer t.end()
	t.conn.txDone, t.conn.inTx = nil, false
	t.conn.scope.returned()
	return t.Tx.Rollback()
}
