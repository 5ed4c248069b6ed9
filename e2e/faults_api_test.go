package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/internal/apperr"
)

func TestFaultServerKilled(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	first, second := s.api(t), s.api(t)
	s.worker(t, 4)
	const cases = 60
	id := startRun(t, first.Client, plan(app.URL, "/door", "parallel: 4", cases))
	events := startFollowing(t, second.Client, id)
	numbers := make(chan []int64, 1)
	go func() { numbers <- numbersUntilCut(t, first, id) }()
	app.open("/door", 20)
	waitFor(t, "20 cases have finished", func() bool { return events.count("CASE_FINISHED") >= 20 })

	first.kill(t)
	seen := <-numbers
	app.open("/door", all)
	if len(seen) < 2 {
		t.Fatalf("the client saw %d events before its server was killed", len(seen))
	}
	// Both servers know the same tokens: they are in the database.
	moved := clientOf(t, second.URL, first.Token)
	err := moved.Subscribe(t.Context(), numbersQuery, map[string]any{"id": id, "after": seen[len(seen)-1]}, func(data json.RawMessage) error {
		seen = append(seen, numberOf(t, data))
		return nil
	})
	if err != nil {
		t.Fatalf("resume at the other server: %v", err)
	}
	evs := events.finish(t)
	assertEvents(t, evs, cases)
	assertNumbers(t, seen, len(evs))
}

const numbersQuery = `subscription($id: ID!, $after: Int!) { runEvents(runId: $id, after: $after) { seq } }`

// numbersUntilCut follows a run from its beginning until the connection breaks.
func numbersUntilCut(t testing.TB, s *server, id string) []int64 {
	t.Helper()
	var out []int64
	err := s.Client.Subscribe(t.Context(), numbersQuery, map[string]any{"id": id, "after": 0}, func(data json.RawMessage) error {
		out = append(out, numberOf(t, data))
		return nil
	})
	if apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("a client whose server was killed is told %v", err)
	}
	return out
}

func numberOf(t testing.TB, data json.RawMessage) int64 {
	t.Helper()
	var item struct{ RunEvents struct{ Seq int64 } }
	if err := json.Unmarshal(data, &item); err != nil {
		t.Errorf("read an event: %v", err)
	}
	return item.RunEvents.Seq
}

func TestFaultServerToldToEnd(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	leaving, staying := s.api(t), s.api(t)
	s.worker(t, 4)
	const cases = 60
	id := startRun(t, leaving.Client, plan(app.URL, "/door", "parallel: 4", cases))
	events := startFollowing(t, staying.Client, id)
	socket := openSocket(t, leaving, id)
	stream := openStream(t, leaving, id)
	address := switchable(t, leaving.URL)
	stock := followStock(t, address.URL, leaving.Token, id)
	app.open("/door", 20)
	waitFor(t, "20 cases have finished", func() bool { return events.count("CASE_FINISHED") >= 20 })
	stock.process.awaitMatch(t, `(?m)^(20)$`)

	address.to(staying.URL)
	asked := time.Now()
	leaving.signal(t, syscall.SIGTERM)
	closed := socket.end(t)
	if closed.Code != websocket.StatusServiceRestart {
		t.Errorf("the socket is closed with %d %q, want 1012", closed.Code, closed.Reason)
	}
	if socket.completed {
		t.Error("the subscription was completed before the socket was closed, as if the run had ended")
	}
	if stream.end(t); stream.completed {
		t.Error("the stream was completed, as if the run had ended")
	}
	if r := leaving.wait(t); r.code != 0 {
		t.Errorf("the server ends with %d\n%s", r.code, r.stderr)
	}
	t.Logf("SIGTERM to the end of the server: %s", time.Since(asked).Round(time.Millisecond))
	app.open("/door", all)
	evs := events.finish(t)
	assertEvents(t, evs, cases)
	assertNumbers(t, stock.finish(t), len(evs))
}

// socketReader reads what comes over a socket until it is closed.
type socketReader struct {
	conn      *websocket.Conn
	numbers   []int64
	completed bool
}

// openSocket subscribes to the events of a run, by hand.
func openSocket(t testing.TB, s *server, id string) *socketReader {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), s.URL+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + s.Token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	for _, m := range []map[string]any{
		{"type": "connection_init"},
		{"type": "subscribe", "id": "1", "payload": map[string]any{"query": numbersQuery, "variables": map[string]any{"id": id, "after": 0}}},
	} {
		if err := wsjson.Write(t.Context(), conn, m); err != nil {
			t.Fatal(err)
		}
	}
	return &socketReader{conn: conn}
}

// end reads until the socket is closed and returns how.
func (r *socketReader) end(t testing.TB) websocket.CloseError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	for {
		var m struct {
			Type    string
			Payload struct{ Data json.RawMessage }
		}
		if err := wsjson.Read(ctx, r.conn, &m); err != nil {
			closed, ok := errors.AsType[websocket.CloseError](err)
			if !ok {
				t.Fatalf("the socket was not closed, it broke: %v", err)
			}
			return closed
		}
		switch m.Type {
		case "next":
			r.numbers = append(r.numbers, numberOf(t, m.Payload.Data))
		case "complete", "error":
			r.completed = true
		}
	}
}
