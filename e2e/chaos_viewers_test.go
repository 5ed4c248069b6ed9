package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/internal/cli/client"
)

// viewers follow runs, each in one of three ways, and connect again wherever
// someone answers.
type viewers struct {
	t       testing.TB
	fleet   *fleet
	address string // of a load balancer

	all   sync.WaitGroup
	mu    sync.Mutex
	views []*view
}

// view is what one viewer saw of one run.
type view struct {
	how, run string
	seen     int64 // number of the last event
	ended    bool  // it was the run's end
	connects int
	wrong    error
}

// watch follows a run with the client of the command line, through a load
// balancer; some runs also by hand over a socket or a stream.
func (v *viewers) watch(ctx context.Context, i int, runID string) {
	v.start(ctx, "client", runID, v.byClient)
	if i%3 == 0 {
		v.start(ctx, "socket", runID, v.bySocket)
	}
	if i%4 == 0 {
		v.start(ctx, "stream", runID, v.byStream)
	}
}

func (v *viewers) start(ctx context.Context, how, runID string, follow func(context.Context, *view) error) {
	w := &view{how: how, run: runID}
	v.mu.Lock()
	v.views = append(v.views, w)
	v.mu.Unlock()
	v.all.Go(func() {
		if err := follow(ctx, w); w.wrong == nil {
			w.wrong = err
		}
	})
}

// wait returns what the viewers saw, once they have seen the end.
func (v *viewers) wait() []*view {
	v.all.Wait()
	return v.views
}

// see notes an event. A viewer needs each number once, and in order.
func (w *view) see(seq int64, eventType string) error {
	if seq != w.seen+1 {
		w.wrong = fmt.Errorf("event %d came after event %d", seq, w.seen)
		return w.wrong
	}
	if w.ended {
		w.wrong = fmt.Errorf("event %d came after the end", seq)
		return w.wrong
	}
	w.seen, w.ended = seq, eventType == "RUN_FINISHED"
	return nil
}

func (v *viewers) byClient(ctx context.Context, w *view) error {
	c, err := client.New(v.address, v.fleet.token)
	if err != nil {
		return err
	}
	return c.Follow(ctx, w.run, v.fleet.within, func(e client.Event) { _ = w.see(e.Seq, e.Type) })
}

// errBroken says that the connection ended as it may while servers are killed.
var errBroken = errors.New("the connection broke")

// persist connects at one server after the other until the run has ended.
func (v *viewers) persist(ctx context.Context, w *view, connect func(context.Context, string, *view) error) error {
	addresses := v.fleet.addresses()
	for n := len(w.run) + int(w.run[len(w.run)-1]); ; n++ { // not all at the same one first
		w.connects++
		err := connect(ctx, addresses[n%len(addresses)], w)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("no end was seen after event %d and %d connections: %w", w.seen, w.connects, context.Cause(ctx))
		case err == nil && w.ended:
			return nil
		case err == nil:
			return fmt.Errorf("it was completed after event %d, as if the run had ended", w.seen)
		case !errors.Is(err, errBroken):
			return err
		}
		pause(ctx, 100*time.Millisecond)
	}
}

const chaosQuery = `subscription($id: ID!, $after: Int!) { runEvents(runId: $id, after: $after) { seq type } }`

// answer is an item of a subscription, or the error in its place.
type answer struct {
	Data struct {
		RunEvents *struct {
			Seq  int64
			Type string
		}
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

func (a answer) apply(w *view) error {
	if len(a.Errors) > 0 {
		if a.Errors[0].Extensions.Code == "UNAVAILABLE" {
			return errBroken
		}
		return fmt.Errorf("the server answers %s: %s", a.Errors[0].Extensions.Code, a.Errors[0].Message)
	}
	if a.Data.RunEvents == nil {
		return errors.New("an item has neither an event nor an error")
	}
	return w.see(a.Data.RunEvents.Seq, a.Data.RunEvents.Type)
}

func (v *viewers) bySocket(ctx context.Context, w *view) error { return v.persist(ctx, w, v.socket) }

func (v *viewers) socket(ctx context.Context, address string, w *view) error {
	dial, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(dial, address+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + v.fleet.token}},
	})
	if err != nil {
		if res != nil && res.StatusCode != http.StatusServiceUnavailable {
			return fmt.Errorf("the server answers %d: %w", res.StatusCode, err)
		}
		return errBroken
	}
	defer func() { _ = conn.CloseNow() }()
	subscribe := map[string]any{"query": chaosQuery, "variables": map[string]any{"id": w.run, "after": w.seen}}
	if wsjson.Write(ctx, conn, map[string]any{"type": "connection_init"}) != nil {
		return errBroken
	}
	for {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			return closedWith(err)
		}
		var reply map[string]any
		switch m.Type {
		case "connection_ack":
			reply = map[string]any{"type": "subscribe", "id": "1", "payload": subscribe}
		case "ping":
			reply = map[string]any{"type": "pong"}
		case "complete":
			return nil
		case "next", "error":
			var a answer
			into := any(&a)
			if m.Type == "error" {
				into = &a.Errors
			}
			if err := json.Unmarshal(m.Payload, into); err != nil {
				return fmt.Errorf("read %q: %w", m.Payload, err)
			}
			if err := a.apply(w); err != nil {
				return err
			}
		}
		if reply != nil && wsjson.Write(ctx, conn, reply) != nil {
			return errBroken
		}
	}
}

// closedWith is an error where a client may not connect again.
func closedWith(err error) error {
	closed, ok := errors.AsType[websocket.CloseError](err)
	if !ok {
		return errBroken
	}
	switch closed.Code {
	case 4400, 4401, 4409, 4429, 4500:
		return fmt.Errorf("the server closes with %d %s", closed.Code, closed.Reason)
	}
	return errBroken
}

func (v *viewers) byStream(ctx context.Context, w *view) error { return v.persist(ctx, w, v.stream) }

func (v *viewers) stream(ctx context.Context, address string, w *view) error {
	body, err := json.Marshal(map[string]any{"query": chaosQuery, "variables": map[string]any{"id": w.run, "after": w.seen}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+v.fleet.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return errBroken
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode == http.StatusServiceUnavailable:
		return errBroken
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("the server answers %d", res.StatusCode)
	}
	lines, event := bufio.NewScanner(res.Body), ""
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		switch data, ok := strings.CutPrefix(lines.Text(), "data:"); {
		case event == "complete" && (ok || lines.Text() == ""):
			return nil
		case ok && event == "next":
			var a answer
			if err := json.Unmarshal([]byte(data), &a); err != nil {
				return errBroken // the server was killed in the middle of the line
			}
			if err := a.apply(w); err != nil {
				return err
			}
		}
	}
	return errBroken
}
