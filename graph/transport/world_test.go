package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/apperr"
)

// deadline is how long a test waits for what must come.
const deadline = 60 * time.Second

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { name(of: String): String }
	type Mutation { count: Int }
	type Subscription {
		events(id: ID!, after: Int! = 0): Event
		state: Event
		own: Event
		failing: Event
		panicking: Event
	}
	type Event { seq: Int who: String pad: String }
`})

// world is a server with a feed of events that the test writes.
type world struct {
	live   *transport.Live
	server *httptest.Server
	feed   *feed

	watches atomic.Int64 // resolvers called
	counted atomic.Int64 // mutations performed
	away    atomic.Bool  // whether tokens cannot be looked up
	asked   atomic.Int64 // calls of Check
	revoked sync.Map
}

// underTLS asks for a world whose server speaks TLS.
type underTLS struct{ testing.TB }

func newWorld(t testing.TB, change func(*transport.Options)) *world {
	t.Helper()
	w := &world{feed: newFeed()}
	o := transport.Options{
		Authenticate: w.authenticate, Check: w.check,
		Fields:  map[string]transport.Field{"events": {Cursor: "after"}, "state": {Snapshot: true}},
		Origins: []string{"https://other.example"},
	}
	if change != nil {
		change(&o)
	}
	w.live = transport.New(o)
	srv := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc:     func() *ast.Schema { return schema },
		ExecFunc:       w.exec,
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 0, false },
	})
	srv.SetQueryCache(lru.New[*ast.QueryDocument](100))
	srv.SetRecoverFunc(func(context.Context, any) error { return errors.New("internal") })
	srv.AddTransport(w.live.WebSocket())
	srv.AddTransport(w.live.SSE())
	srv.AddTransport(transport.Refuse{})
	w.server = httptest.NewUnstartedServer(srv)
	if _, ok := t.(underTLS); ok {
		w.server.StartTLS()
	} else {
		w.server.Start()
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		w.live.Shutdown(ctx)
		w.server.Close()
	})
	return w
}

// authenticate knows tokens such as "a1", whose scope is their first letter.
func (w *world) authenticate(ctx context.Context, init map[string]any) (transport.Session, error) {
	token, _ := init["authorization"].(string)
	if token == "" {
		token, _ = ctx.Value(headerKey{}).(string)
	}
	switch {
	case token == "":
		token = "a0"
	case token == "bad":
		return transport.Session{}, apperr.New(apperr.Unauthenticated, "the token is bad")
	case w.away.Load():
		return transport.Session{}, errors.New("no database")
	}
	s := transport.Session{
		Scope: token[:1], Token: token,
		Context: context.WithValue(context.Background(), scopeKey{}, token),
		Shared:  context.WithValue(context.Background(), scopeKey{}, token[:1]),
	}
	if strings.HasSuffix(token, "short") {
		s.Expires = time.Now().Add(50 * time.Millisecond)
	}
	return s, nil
}

type (
	scopeKey  struct{}
	headerKey struct{}
)

func (w *world) check(_ context.Context, tokens []string) (refused []string, err error) {
	w.asked.Add(1)
	if w.away.Load() {
		return nil, errors.New("no database")
	}
	for _, t := range tokens {
		if _, ok := w.revoked.Load(t); ok {
			refused = append(refused, t)
		}
	}
	return refused, nil
}

func (w *world) exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := op.Operation.SelectionSet[0].(*ast.Field)
	args := field.ArgumentMap(op.Variables)
	respond := func(v any) *graphql.Response {
		data, err := json.Marshal(map[string]any{field.Alias: v})
		if err != nil {
			panic(err)
		}
		return &graphql.Response{Data: data}
	}
	switch field.Name {
	case "name":
		return graphql.OneShot(respond(args["of"]))
	case "count":
		return graphql.OneShot(respond(w.counted.Add(1)))
	case "failing":
		graphql.AddError(ctx, gqlerror.Errorf("there is none"))
		return nil
	case "panicking":
		panic("no")
	}
	w.watches.Add(1)
	after := int64(0)
	if field.Name == "events" {
		asked, _ := args["after"].(json.Number)
		n, _ := asked.Int64()
		if v, ok := args["after"].(int64); ok {
			n = v
		}
		after = transport.After(ctx, n)
		if newest := w.feed.last(); after > newest {
			graphql.AddError(ctx, gqlerror.Errorf("the newest is %d", newest))
			return nil
		}
	}
	who := ctx.Value(scopeKey{})
	in := w.feed.follow(ctx, after, field.Name == "events")
	return func(ctx context.Context) *graphql.Response {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-in:
			if !ok {
				return nil
			}
			return respond(map[string]any{"seq": e.seq, "who": who, "pad": e.pad})
		}
	}
}

// feed is a list of events that grows.
type feed struct {
	mu      sync.Mutex
	events  []event
	ended   bool
	failure *gqlerror.Error
	changed chan struct{}
}

type event struct {
	seq int64
	pad string
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

func (f *feed) add(n int, pad string) {
	f.change(func() {
		for range n {
			f.events = append(f.events, event{int64(len(f.events) + 1), pad})
		}
	})
}

func (f *feed) end()                     { f.change(func() { f.ended = true }) }
func (f *feed) fail(err *gqlerror.Error) { f.change(func() { f.ended, f.failure = true, err }) }
func (f *feed) last() int64              { f.mu.Lock(); defer f.mu.Unlock(); return int64(len(f.events)) }
func (f *feed) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *feed) follow(ctx context.Context, after int64, numbered bool) <-chan event {
	out := make(chan event)
	go func() {
		defer close(out)
		for {
			f.mu.Lock()
			events, ended, failure, changed := f.events[after:], f.ended, f.failure, f.changed
			f.mu.Unlock()
			for _, e := range events {
				if numbered {
					transport.Number(ctx, e.seq)
				}
				select {
				case <-ctx.Done():
					return
				case out <- e:
					after++
				}
			}
			if len(events) > 0 {
				continue
			}
			if failure != nil {
				transport.Fail(ctx, failure)
			}
			if ended {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
		}
	}()
	return out
}

// waitFor waits for a condition.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end := time.After(deadline)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-end:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

func (w *world) url() string { return "ws" + strings.TrimPrefix(w.server.URL, "http") }

// answer is what an HTTP request gets.
type answer struct {
	status int
	header http.Header
	lines  *bufio.Reader
	leave  func()
}

func (w *world) get(t testing.TB, method, path string, header http.Header, body string) *answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := w.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	leave := func() { _ = res.Body.Close() }
	t.Cleanup(leave)
	return &answer{res.StatusCode, res.Header, bufio.NewReader(res.Body), leave}
}

func subscribe(id, query string) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":%q}}`, id, query)
}

func subscribeAfter(id string, after int) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":"subscription($n: Int!) { events(id: 1, after: $n) { seq } }","variables":{"n":%d}}}`, id, after)
}

func encodeQuery(t testing.TB, query string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
