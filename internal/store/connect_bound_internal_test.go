package store

import (
	"context"
	"net"
	"testing"
	"time"
)

func TestBoundsFollowTheirContexts(t *testing.T) {
	t.Parallel()
	raw := &deadlines{set: make(chan time.Time)}
	b := &bounds{raw: raw, cancelWithin: time.Hour}
	ctx := func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }
	next := func(what string, want time.Time) {
		t.Helper()
		if got := <-raw.set; !got.Equal(want) {
			t.Errorf("%s: the connection is cut at %v, want %v", what, got, want)
		}
	}

	outer, endTx := ctx()
	inner, endStatement := ctx()
	doneTx, doneStatement := b.begin(outer, &b.tx), b.begin(inner, &b.statement)
	endStatement()
	first := <-raw.set
	if left := time.Until(first); left <= 0 || left > time.Hour {
		t.Errorf("a statement whose context has ended gets %s more", left)
	}
	endTx()
	next("the context of the transaction ends too", first)
	go doneStatement()
	second := <-raw.set
	if !second.After(first) {
		t.Errorf("the statement is done: the connection is cut at %v, not by the transaction's context", second)
	}
	go doneTx()
	next("all is done", time.Time{})
	doneTx() // a second time, as database/sql may

	quick, cancel := ctx()
	b.begin(quick, &b.statement)()
	cancel()
	b.begin(context.Background(), &b.statement)()
	go b.part()
	if got := <-raw.set; got.IsZero() {
		t.Error("what ended in time has left a mark, or closing is not bounded")
	}
}

// deadlines is a connection that tells of its deadlines and waits until someone
// has listened.
type deadlines struct {
	net.Conn
	set chan time.Time
}

func (d *deadlines) SetDeadline(at time.Time) error {
	d.set <- at
	return nil
}
