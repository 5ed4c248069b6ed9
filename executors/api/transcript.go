package api

import (
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/spec"
)

// maxHARMessages bounds the messages of one stream in the archive.
const maxHARMessages = 1000

// transcript is what came and went over a stream, for the archive. The bytes of
// messages are held, not copied. The zero value keeps nothing.
type transcript struct {
	archive *archive
	events  bool // server-sent events, not a WebSocket

	mu      sync.Mutex
	said    []harMessage
	dropped int
}

type harMessage struct {
	sent bool
	at   time.Time
	message
}

func (t *transcript) add(sent bool, m message) {
	if t.archive == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.said) >= maxHARMessages || !t.archive.reserve(min(len(m.data), har.MaxBody)) {
		t.dropped++
		return
	}
	t.said = append(t.said, harMessage{sent, time.Now(), m})
}

// describe adds the messages to an entry: those of a WebSocket in the form that
// Chrome writes, events as the body that they came in.
func (t *transcript) describe(entry object, scope *spec.Scope) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dropped > 0 {
		entry["_droppedMessages"] = t.dropped
	}
	if t.events {
		entry["_resourceType"] = "eventsource"
		if len(t.said) == 0 {
			return
		}
		var text strings.Builder
		for _, m := range t.said {
			m.event(&text, scope)
		}
		if response, ok := entry["response"].(object); ok {
			response["content"] = object{"size": text.Len(), "mimeType": "text/event-stream", "text": text.String()}
		}
		return
	}
	entry["_resourceType"] = "websocket"
	list := make([]any, len(t.said))
	for i, m := range t.said {
		one := object{"type": "receive", "time": float64(m.at.UnixMicro()) / 1e6, "opcode": 1}
		if m.sent {
			one["type"] = "send"
		}
		text, encoding := har.Body(m.data, scope)
		if m.binary {
			one["opcode"] = 2
			if encoding == "" {
				text = base64.StdEncoding.EncodeToString([]byte(text))
			}
		}
		one["data"] = text
		list[i] = one
	}
	entry["_webSocketMessages"] = list
}

// event writes an event down as it may have come.
func (m harMessage) event(b *strings.Builder, scope *spec.Scope) {
	if id := m.header.Get("Id"); id != "" {
		b.WriteString("id: " + scope.Mask(id) + "\n")
	}
	if name := m.header.Get("Event"); name != "" && name != "message" {
		b.WriteString("event: " + scope.Mask(name) + "\n")
	}
	text, _ := har.Body(m.data, scope)
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
}
