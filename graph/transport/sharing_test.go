package transport_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/graph/transport"
)

const events = `subscription { events(id: 1) { seq who } }`

func TestOneExecutionServesAllWhoAskTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const clients = 20
	var all []*client
	for i := range clients {
		c := w.open(t, fmt.Sprintf("a%d", i)) // other tokens, the same scope
		// What only reads differently is the same.
		c.send(subscribe(fmt.Sprintf("%d-one", i), events),
			subscribe(fmt.Sprintf("%d-two", i), "subscription Other {\n  events(id: 1, after: 0) { seq, who }\n}"))
		all = append(all, c)
	}
	waitFor(t, "all are members", func() bool { return w.live.Stats().Subscriptions == 2*clients })
	w.feed.add(3, "")
	w.feed.end()
	for i, c := range all {
		got := map[string][]int64{}
		ended := 0
		for ended < 2 {
			switch m := c.item(); m.Type {
			case "next":
				got[m.ID] = append(got[m.ID], m.Payload.Data["events"].Seq)
				if who := m.Payload.Data["events"].Who; who != "a" {
					t.Errorf("executed as %q, not as the scope", who)
				}
			case "complete":
				ended++
			}
		}
		consecutive(t, got[fmt.Sprintf("%d-one", i)], 1, 3)
		consecutive(t, got[fmt.Sprintf("%d-two", i)], 1, 3)
	}
	if n := w.watches.Load(); n != 1 {
		t.Errorf("%d executions", n)
	}
	if s := w.live.Stats(); s.Groups != 0 {
		t.Errorf("%d groups are left", s.Groups)
	}
}

func TestWhatDiffersIsNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	clients := []*client{w.open(t, "a1"), w.open(t, "b1")}
	queries := []string{
		events, `subscription { events(id: 2) { seq who } }`, `subscription { x: events(id: 1) { seq who } }`,
		`subscription { events(id: 1) { who } }`, `subscription { own { seq who } }`, `subscription { own { seq who } }`,
	}
	for _, c := range clients {
		for i, q := range queries {
			c.send(subscribe(fmt.Sprint(i), q))
		}
	}
	waitFor(t, "all execute", func() bool { return w.watches.Load() == int64(2*len(queries)) })
	w.feed.add(1, "")
	for i, c := range clients {
		scope := []string{"a", "b"}[i]
		for range queries {
			for _, e := range c.item().Payload.Data {
				if !strings.HasPrefix(e.Who, scope) {
					t.Errorf("a client of scope %s gets what was executed as %q", scope, e.Who)
				}
			}
		}
	}
	if n := w.watches.Load(); n != int64(2*len(queries)) {
		t.Errorf("%d executions of %d", n, 2*len(queries))
	}
}

func TestCursorIsNotWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.feed.add(10, "")
	first := w.open(t, "a1")
	first.send(subscribeAfter("1", 0))
	consecutive(t, first.numbers("1", 10), 1, 10)
	second := w.open(t, "a1")
	second.send(subscribeAfter("x", 7))
	consecutive(t, second.numbers("x", 10), 8, 10)
	third := w.open(t, "a1")
	third.send(`{"id":"y","type":"subscribe","payload":{"query":"subscription($n: Int!) { events(id: 1, after: $n) { seq } }","variables":{"n":0},"extensions":{"resumeAfter":9}}}`)
	consecutive(t, third.numbers("y", 10), 10, 10)
	if n := w.watches.Load(); n != 1 {
		t.Errorf("%d executions", n)
	}
	fourth := w.open(t, "a1")
	fourth.send(subscribeAfter("z", 11))
	fourth.expect(`{"id":"z","type":"error","payload":[{"message":"the newest is 10"}]}`)
	w.feed.add(1, "")
	for id, c := range map[string]*client{"1": first, "x": second, "y": third} {
		consecutive(t, c.numbers(id, 11), 11, 11)
	}
}

// Who comes later than the ring reaches back replays by itself and then joins.
func TestLatecomersCatchUpAndJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.Ring = 16 })
	w.feed.add(1000, "")
	first := w.open(t, "a1")
	first.send(subscribeAfter("1", 990))
	consecutive(t, first.numbers("1", 1000), 991, 1000)
	var late []*client
	for range 5 {
		c := w.open(t, "a1")
		c.send(subscribeAfter("1", 0))
		late = append(late, c)
	}
	for _, c := range late {
		consecutive(t, c.numbers("1", 1000), 1, 1000)
	}
	// With the next event at the latest they are in the group.
	all := append([]*client{first}, late...)
	for n := int64(1001); n < 1004; n++ {
		w.feed.add(1, "")
		for _, c := range all {
			consecutive(t, c.numbers("1", n), n, n)
		}
	}
	executions := w.watches.Load()
	w.feed.add(100, "")
	w.feed.end()
	for _, c := range all {
		consecutive(t, c.numbers("1", 1103), 1004, 1103)
		c.expect(`{"id":"1","type":"complete"}`)
	}
	if s := w.live.Stats(); executions < 6 || s.Groups != 0 {
		t.Errorf("%d executions, %d groups are left", executions, s.Groups)
	}
}

func TestSnapshotsComeAtOnceAndTheNewestWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const state = `subscription { state { seq } }`
	w.feed.add(3, "")
	first := w.open(t, "a1")
	first.send(subscribe("1", state))
	for seq := int64(0); seq < 3; {
		seq = first.item().Payload.Data["state"].Seq
	}
	second := w.open(t, "a1")
	second.send(subscribe("1", state))
	if m := second.item(); m.Payload.Data["state"].Seq != 3 {
		t.Errorf("who joins gets %+v", m)
	}
	if n := w.watches.Load(); n != 1 {
		t.Errorf("%d executions", n)
	}
}

func TestGroupOutlivesItsFirstMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first, second := w.open(t, "a1"), w.open(t, "a2")
	first.send(subscribe("1", events))
	waitFor(t, "the first has begun", func() bool { return w.watches.Load() == 1 })
	second.send(subscribe("1", events))
	waitFor(t, "both are members", func() bool { return w.live.Stats().Subscriptions == 2 })
	w.feed.add(1, "")
	first.item()
	second.item()
	_ = first.Close()
	waitFor(t, "the first is gone", func() bool { return w.live.Stats().Connections == 1 })
	w.feed.add(1, "")
	if m := second.item(); m.Payload.Data["events"].Seq != 2 {
		t.Errorf("got %+v", m)
	}
	second.send(`{"id":"1","type":"complete"}`)
	waitFor(t, "the group ends with its last member", func() bool { return w.live.Stats().Groups == 0 })
	w.feed.add(1, "")
	second.send(`{"type":"ping"}`)
	second.expect(`{"type":"pong"}`) // and no next
	if n := w.watches.Load(); n != 1 {
		t.Errorf("%d executions", n)
	}
}

func TestFailureReachesEveryMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	all := []*client{w.open(t, "a1"), w.open(t, "a2")}
	for _, c := range all {
		c.send(subscribe("1", events))
	}
	waitFor(t, "all are members", func() bool { return w.live.Stats().Subscriptions == 2 })
	w.feed.add(1, "")
	for _, c := range all {
		c.item()
	}
	w.feed.fail(gqlerror.Errorf("the source broke"))
	for _, c := range all {
		c.expect(`{"id":"1","type":"error","payload":[{"message":"the source broke"}]}`)
		c.send(`{"type":"ping"}`)
		c.expect(`{"type":"pong"}`) // and no complete
	}
}

func TestRevokedTokenIsEvicted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.CheckEvery = time.Nanosecond })
	good, bad := w.open(t, "a-good"), w.open(t, "a-bad")
	for _, c := range []*client{good, bad} {
		c.send(subscribe("1", events))
	}
	w.feed.add(1, "")
	good.item()
	bad.item()
	w.revoked.Store("a-bad", true)
	w.feed.add(1, "")
	if m := good.item(); m.Payload.Data["events"].Seq != 2 {
		t.Errorf("got %+v", m)
	}
	if code, _, before := bad.closing(); code != 4403 || len(before) != 0 {
		t.Errorf("closed with %d after %v", code, before)
	}
	w.away.Store(true) // nothing is delivered while it can't be told who may have it
	asked := w.asked.Load()
	w.feed.add(1, "")
	waitFor(t, "it was asked in vain", func() bool { return w.asked.Load() > asked })
	good.send(`{"type":"ping"}`)
	good.expect(`{"type":"pong"}`)
	w.away.Store(false)
	if m := good.item(); m.Payload.Data["events"].Seq != 3 {
		t.Errorf("got %+v", m)
	}
}

func TestSlowConsumerIsClosedAndHarmsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.StallWithin = 100 * time.Millisecond })
	const padding = 8 << 10
	deaf := w.dialWith(t, websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		c, err := net.Dial(network, address)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return c, err
	}})
	deaf.introduce("a1")
	deaf.send(subscribe("1", `subscription { events(id: 1) { seq pad } }`))
	good := w.open(t, "a1")
	good.send(subscribe("1", `subscription { events(id: 1) { seq pad } }`))
	n := int64(0)
	waitFor(t, "the deaf one is closed", func() bool {
		w.feed.add(1, strings.Repeat("x", padding))
		n++
		consecutive(t, good.numbers("1", n), n, n)
		return w.live.Stats().Connections == 1
	})
	if n*padding < 64<<10 {
		t.Errorf("it was closed after %d bytes", n*padding)
	}
	w.feed.add(1, "")
	consecutive(t, good.numbers("1", n+1), n+1, n+1)
}

// Under TLS there is no descriptor to write to.
func TestUnderTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(underTLS{t}, nil)
	dialer := websocket.Dialer{TLSClientConfig: w.server.Client().Transport.(*http.Transport).TLSClientConfig}
	var all []*client
	for i := range 3 {
		c := w.dialWith(t, dialer)
		c.introduce(fmt.Sprintf("a%d", i))
		c.send(subscribeAfter("1", 0))
		all = append(all, c)
	}
	w.feed.add(2000, strings.Repeat("x", 500))
	for _, c := range all {
		consecutive(t, c.numbers("1", 2000), 1, 2000)
	}
	all[0].send(`nonsense`)
	if code, _, _ := all[0].closing(); code != 4400 {
		t.Errorf("closed with %d", code)
	}
	done := make(chan struct{})
	go func() { defer close(done); w.live.Shutdown(t.Context()) }()
	for _, c := range all[1:] {
		if code, _, _ := c.closing(); code != 1012 {
			t.Errorf("closed with %d", code)
		}
		_ = c.Close()
	}
	<-done
}

// A client that is behind but reads is left in peace, however much there is.
func TestBurstClosesNobodyWhoReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *transport.Options) { o.Ring, o.StallWithin = 8, deadline })
	c, other := w.open(t, "a1"), w.open(t, "a2")
	c.send(subscribeAfter("1", 0))
	other.send(subscribeAfter("1", 0))
	w.feed.add(5000, strings.Repeat("x", 500))
	w.feed.end()
	consecutive(t, c.numbers("1", 5000), 1, 5000)
	consecutive(t, other.numbers("1", 5000), 1, 5000)
	c.expect(`{"id":"1","type":"complete"}`)
	other.expect(`{"id":"1","type":"complete"}`)
}

func TestShutdownSendsEverybodyElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var all []*client
	for i := range 20 {
		c := w.open(t, "a1")
		c.send(subscribe("1", events))
		if i%2 == 0 {
			c.send(subscribe("2", `subscription { own { seq } }`))
		}
		all = append(all, c)
	}
	all = append(all, w.dial(t)) // one that has not said who it is
	w.feed.add(100, strings.Repeat("x", 1000))
	done := make(chan struct{})
	go func() { defer close(done); w.live.Shutdown(t.Context()) }()
	for _, c := range all {
		code, _, before := c.closing()
		if code != 1012 || strings.Contains(strings.Join(before, ""), "complete") {
			t.Errorf("closed with %d after %d messages", code, len(before))
		}
		_ = c.Close()
	}
	<-done
	_, res, err := websocket.DefaultDialer.Dial(w.url(), http.Header{"Sec-Websocket-Protocol": {"graphql-transport-ws"}})
	if err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("a server that is down answers %v", err)
	}
	_ = res.Body.Close()
}

func TestCompression(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	packed := w.dialWith(t, websocket.Dialer{EnableCompression: true})
	packed.introduce("a1")
	plain := w.open(t, "a1")
	query := `subscription { events(id: 1) { seq pad } }` + strings.Repeat(" ", 5000)
	packed.send(subscribe("an id of its own", query))
	plain.send(subscribe("1", query))
	pad := strings.Repeat("compressible ", 1000)
	w.feed.add(2, pad)
	for _, c := range []*client{packed, plain} {
		for n := int64(1); n <= 2; n++ {
			if e := c.item().Payload.Data["events"]; e.Seq != n || e.Pad != pad {
				t.Fatalf("got number %d with %d bytes", e.Seq, len(e.Pad))
			}
		}
	}
	bomb := w.dialWith(t, websocket.Dialer{EnableCompression: true})
	bomb.introduce("a1")
	bomb.send(`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 2<<20) + `"}}`) // some 2 KiB
	if code, _, _ := bomb.closing(); code != 1009 {
		t.Errorf("a bomb is closed with %d", code)
	}
}
