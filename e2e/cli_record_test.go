package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// TestRecordBySecondConnection records what another program does in the browser,
// and runs the plan that was made of it.
func TestRecordBySecondConnection(t *testing.T) {
	t.Parallel()
	shop, room := openShop(t), newRoom(t)
	address := freeAddress(t)
	plan := filepath.Join(room, "recorded.plan.yaml")
	p := start(t, launch{room: room, args: []string{"record", shop, "--headless", "--debug-port", address[strings.LastIndex(address, ":")+1:], "--out", plan}})
	p.awaitOutput(t, "  goto "+shop)
	hand := openHand(t, address, shop)
	hand.click("Add Earl Grey", "[...document.querySelectorAll('button')][0]")
	p.awaitOutput(t, "  click button")
	hand.call("Page.close", map[string]any{}, nil)
	if r := p.wait(t); r.code != 0 || !strings.Contains(r.stderr, "recorded 2 steps: the browser was closed") {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	source, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), "- goto: /\n      - click: {role: button, name: ") {
		t.Errorf("the plan is\n%s", source)
	}
	r := run(t, launch{room: room, args: []string{"run", plan}, env: []string{"SEMANTEST_DATABASE_URL=" + database(t), "SEMANTEST_KINDS=browser"}})
	if r.code != 0 || !strings.Contains(r.stdout, "PASSED") {
		t.Errorf("exit code %d\n%s%s\n%s", r.code, r.stdout, r.stderr, source)
	}
}

// hand drives a page by the DevTools protocol.
type hand struct {
	t    *testing.T
	conn *websocket.Conn
	last int
}

func openHand(t *testing.T, address, shown string) *hand {
	t.Helper()
	var target struct {
		URL, Type, WebSocketDebuggerURL string
	}
	waitFor(t, "a page to drive", func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/json/list", nil)
		if err != nil {
			return false
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		_ = answer.Body.Close()
		var list []struct{ URL, Type, WebSocketDebuggerURL string }
		if err != nil || json.Unmarshal(body, &list) != nil {
			return false
		}
		for _, one := range list {
			if strings.HasPrefix(one.URL, shown) {
				target = one
			}
		}
		return target.URL != ""
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, answer, err := websocket.Dial(ctx, target.WebSocketDebuggerURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &hand{t: t, conn: conn}
}

// click clicks the middle of the element that an expression names.
func (h *hand) click(what, element string) {
	h.t.Helper()
	var at struct {
		Result struct {
			Value struct{ X, Y float64 } `json:"value"`
		} `json:"result"`
	}
	h.call("Runtime.evaluate", map[string]any{"returnByValue": true, "expression": fmt.Sprintf(
		"(() => { const b = (%s).getBoundingClientRect(); return {X: b.x + b.width / 2, Y: b.y + b.height / 2} })()", element)}, &at)
	if at.Result.Value.X == 0 {
		h.t.Fatalf("there is no %s", what)
	}
	for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		h.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.Result.Value.X, "y": at.Result.Value.Y, "button": "left", "clickCount": 1}, nil)
	}
}

func (h *hand) call(method string, params, result any) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	h.last++
	if err := wsjson.Write(ctx, h.conn, map[string]any{"id": h.last, "method": method, "params": params}); err != nil {
		h.t.Fatal(err)
	}
	for {
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := wsjson.Read(ctx, h.conn, &answer); err != nil {
			h.t.Fatal(err)
		}
		if answer.ID != h.last {
			continue
		}
		if answer.Error != nil {
			h.t.Fatalf("%s: %s", method, answer.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(answer.Result, result); err != nil {
				h.t.Fatal(err)
			}
		}
		return
	}
}
