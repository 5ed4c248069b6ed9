package transport

import (
	"context"
	"runtime"
	"time"
)

// Options of New. Zero values stand for the defaults in brackets.
type Options struct {
	// Authenticate returns the session of a connection. It is called with the
	// payload of connection_init, with that of a ping that brings another token,
	// and with none for a stream of server-sent events; ctx carries the values of
	// the request that opened the connection. An error with the code
	// UNAUTHENTICATED or FORBIDDEN closes with 4403, any other with 1013.
	Authenticate func(ctx context.Context, init map[string]any) (Session, error)

	// Check returns those of the tokens that are not valid any more. It is asked
	// before an event is delivered, at most once a second for a token. While it
	// fails nothing is delivered. Without it sessions end by their expiry alone.
	Check func(ctx context.Context, tokens []string) (refused []string, err error)

	// Fields are the subscription fields whose executions are shared.
	Fields map[string]Field

	// Origins may open sockets from a page, such as https://tests.example.com,
	// beside the server's own. Clients that send no origin always may.
	Origins []string

	// Bodies bounds what opens a stream of server-sent events, and how deep the
	// variables of any operation go.
	Bodies Bodies

	Connections   int   // open at once in the process; above it the answer is 503 (20,000)
	Subscriptions int   // operations under way on one connection; above it 4429 (100)
	MessageSize   int64 // bytes of a client's message, unpacked; above it 1009 (1 MiB)
	Unsent        int   // bytes that may wait for a client that takes nothing (64 KiB)
	Ring          int   // payloads that a group keeps (512)
	RingBytes     int   // bytes that a group keeps (1 MiB)
	Writers       int   // goroutines that write (one a processor, 4 at most)

	InitWithin  time.Duration // until connection_init; then 4408 (10 s)
	PingEvery   time.Duration // pings and comments that keep connections alive (12 s)
	IdleWithin  time.Duration // without a byte from the client; then 4499 (32 s)
	WriteWithin time.Duration // for the client to take a write; then it is cut (10 s)
	StallWithin time.Duration // without taking a byte while more than Unsent waits; then 4499 (1 s)
	CloseWithin time.Duration // for the client to answer a close (3 s)
	CheckEvery  time.Duration // how long an answer of Check holds (1 s)
}

// Field says how a subscription field is shared.
type Field struct {
	// Cursor is the argument that says after which number to begin. The field's
	// resolver takes it from After and numbers its payloads with Number, upwards.
	Cursor string

	// Snapshot says that each payload replaces the one before: who joins gets the
	// newest, who is slow misses some.
	Snapshot bool
}

// Session is what a connection may do.
type Session struct {
	// Scope identifies the permissions. Executions are shared within a scope and
	// never across two.
	Scope string

	// Token identifies what Check looks up; empty for nothing.
	Token string

	// Expires is when the connection is closed; zero for never.
	Expires time.Time

	// Context carries the values that operations of this connection run with. It
	// must not end with the request, nor keep it in memory.
	Context context.Context //nolint:containedctx // values only, handed to executions

	// Shared carries the values that shared executions run with: those of the
	// scope, not of one token.
	Shared context.Context //nolint:containedctx // values only, handed to executions
}

func (o Options) withDefaults() Options {
	o.Bodies = o.Bodies.withDefaults()
	set(&o.Connections, 20_000)
	set(&o.Subscriptions, 100)
	set(&o.MessageSize, 1<<20)
	set(&o.Unsent, 64<<10)
	set(&o.Ring, 512)
	set(&o.RingBytes, 1<<20)
	set(&o.Writers, min(runtime.GOMAXPROCS(0), 4))
	set(&o.InitWithin, 10*time.Second)
	set(&o.PingEvery, 12*time.Second)
	set(&o.IdleWithin, 32*time.Second)
	set(&o.WriteWithin, 10*time.Second)
	set(&o.StallWithin, time.Second)
	set(&o.CloseWithin, 3*time.Second)
	set(&o.CheckEvery, time.Second)
	return o
}

func set[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// sweepEvery is how often deadlines are looked at.
func (o Options) sweepEvery() time.Duration {
	shortest := min(o.InitWithin, o.PingEvery, o.IdleWithin, o.StallWithin, o.CloseWithin)
	return max(min(shortest/4, time.Second), 5*time.Millisecond)
}
