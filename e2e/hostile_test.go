package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/graph/armour/armourtest"
)

// mayGrow is what the process may hold beyond what it held before: the
// collector's slack, and nothing of the hundreds of megabytes that are sent.
const mayGrow = 200 << 20

// Every hostile document and body, by every way, is refused with a code and the
// limit that it hit, and leaves nothing in the server's memory.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	s := newSystem(t).api(t)
	documents := armourtest.Documents()
	before := resident(t, s.cmd.Process.Pid)
	for round := range 3 {
		for _, d := range documents {
			where := fmt.Sprintf("%s, round %d", d.Name, round)
			for name, refused := range map[string]refusal{
				"POST":           s.post(t, bytes.NewReader(d.JSON()), s.Token, ""),
				"POST, unsigned": s.post(t, bytes.NewReader(d.JSON()), "", ""),
				"a stream":       s.post(t, bytes.NewReader(d.JSON()), s.Token, "text/event-stream"),
				"a socket":       s.overSocket(t, d),
			} {
				if refused.Code != "INVALID_INPUT" || !slices.Contains([]string{d.Limit, "body"}, refused.Limit) || refused.Max <= 0 {
					t.Errorf("%s by %s: %+v; want the limit %s", where, name, refused, d.Limit)
				}
			}
		}
		for _, b := range armourtest.Bodies() {
			for _, accept := range []string{"", "text/event-stream"} {
				refused := s.post(t, b.Content(), s.Token, accept)
				if refused.Code == "" || refused.Code == "INTERNAL" || refused.Limit != b.Limit || b.Status != 200 && refused.status != b.Status {
					t.Errorf("%s, round %d (%s): %+v; want status %d and limit %q", b.Name, round, accept, refused, b.Status, b.Limit)
				}
			}
		}
	}
	// The server goes on as if nothing had been.
	var out struct {
		Viewer struct{ Permissions []string }
	}
	if err := s.Client.Do(t.Context(), "{viewer{permissions}}", nil, &out); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if peak := peakOf(t, s.cmd.Process.Pid); peak-before > mayGrow {
		t.Errorf("the process held %d MiB at most, %d MiB before", peak>>20, before>>20)
	}
}

// refusal is what a client gets.
type refusal struct {
	Code, Limit string
	Max         float64
	status      int
}

// post sends a body.
func (s *server) post(t *testing.T, body io.Reader, token, accept string) (r refusal) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	r.status = res.StatusCode
	if after, ok := strings.CutPrefix(string(text), ":\n\n"); ok { // it began, and ended with the error
		_, after, _ = strings.Cut(after, "data: ")
		text = []byte(strings.TrimSpace(strings.Split(after, "\n")[0]))
	}
	var answer struct {
		Errors []struct{ Extensions refusal }
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) == 0 {
		t.Errorf("status %d with %.300q", res.StatusCode, text)
		return r
	}
	out := answer.Errors[0].Extensions
	out.status = r.status
	return out
}

// overSocket sends a document as a subscription.
func (s *server) overSocket(t *testing.T, d armourtest.Document) refusal {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, s.URL+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + s.Token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 20)
	var message struct {
		Type    string
		Payload json.RawMessage
	}
	if err := wsjson.Write(ctx, conn, map[string]any{"type": "connection_init"}); err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Read(ctx, conn, &message); err != nil || message.Type != "connection_ack" {
		t.Fatalf("no ack: %v %s", err, message.Type)
	}
	subscribe := append(append([]byte(`{"id":"1","type":"subscribe","payload":`), d.JSON()...), '}')
	writeErr := conn.Write(ctx, websocket.MessageText, subscribe) // the server may not wait for all of it
	err = wsjson.Read(ctx, conn, &message)
	if closed, ok := errors.AsType[websocket.CloseError](err); ok {
		_, limit, _ := strings.Cut(closed.Reason, "(")
		limit, rest, _ := strings.Cut(limit, ") is ")
		number, _, _ := strings.Cut(rest, " ")
		most, err := strconv.ParseFloat(number, 64)
		if err != nil {
			t.Errorf("closed with %d %q", closed.Code, closed.Reason)
		}
		return refusal{Code: "INVALID_INPUT", Limit: limit, Max: most}
	}
	if err != nil {
		t.Errorf("%s: neither an answer nor a close: %v (%v)", d.Name, err, writeErr)
		return refusal{}
	}
	var refused []struct{ Extensions refusal }
	if err := json.Unmarshal(message.Payload, &refused); err != nil || message.Type != "error" || len(refused) == 0 {
		t.Errorf("%s: %s %.300s", d.Name, message.Type, message.Payload)
		return refusal{}
	}
	return refused[0].Extensions
}

func resident(t *testing.T, pid int) int64 { t.Helper(); return memoryOf(t, pid, "VmRSS:") }
func peakOf(t *testing.T, pid int) int64   { t.Helper(); return memoryOf(t, pid, "VmHWM:") }

// memoryOf reads a figure of the kernel's about a process, in bytes.
func memoryOf(t *testing.T, pid int, figure string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, figure); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("the kernel does not tell %s", figure)
	return 0
}
