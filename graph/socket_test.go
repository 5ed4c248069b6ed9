package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// TestSocketIntroduction tries the ways in which a client can introduce itself.
func TestSocketIntroduction(t *testing.T) {
	t.Parallel()
	s := server(t)
	bearer := map[string]any{"Authorization": "Bearer " + s.Token}
	for _, tt := range []struct {
		name   string
		header string // Authorization of the handshake
		init   map[string]any
		code   websocket.StatusCode // 0 when the client is let in
		reason string
	}{
		{name: "by connection_init, as a browser must", init: bearer},
		{name: "by a header", header: "Bearer " + s.Token},
		{name: "not at all", code: 4403, reason: "sign in first"},
		{name: "with a wrong token", init: map[string]any{"Authorization": "Bearer smt_wrong"}, code: 4403, reason: "the API token is not valid"},
		{name: "with another scheme", init: map[string]any{"Authorization": "Basic " + s.Token}, code: 4403, reason: "sign in first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			header := http.Header{}
			if tt.header != "" {
				header.Set("Authorization", tt.header)
			}
			conn, _, err := websocket.Dial(ctx, s.App.URL()+"/graphql", &websocket.DialOptions{
				Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.CloseNow() }()
			if err := wsjson.Write(ctx, conn, map[string]any{"type": "connection_init", "payload": tt.init}); err != nil {
				t.Fatal(err)
			}
			var answers []string
			for {
				var answer json.RawMessage
				if err = wsjson.Read(ctx, conn, &answer); err != nil {
					break
				}
				answers = append(answers, string(answer))
				if strings.Contains(string(answer), "connection_ack") {
					break
				}
			}
			if all := strings.Join(answers, " "); strings.Contains(all, s.Token) {
				t.Errorf("the server sends the token back: %s", all)
			}
			if tt.code == 0 {
				if err != nil {
					t.Errorf("not let in: %v, after %v", err, answers)
				}
				return
			}
			if got := websocket.CloseStatus(err); got != tt.code || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("ended with %v, want %d that says %q", err, tt.code, tt.reason)
			}
		})
	}
}
