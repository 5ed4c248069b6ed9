package transport_test

import (
	"bufio"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// BenchmarkIdleConnection tells how much memory of Go's a connection holds that
// has subscribed and waits, with the little that its client holds in the same
// process.
func BenchmarkIdleConnection(b *testing.B) {
	w := newWorld(b, nil)
	b.ReportAllocs()
	before := inUse()
	for range b.N {
		conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		introduceRaw(b, conn)
	}
	waitFor(b, "all are members", func() bool { return w.live.Stats().Subscriptions == int64(b.N) })
	after := inUse()
	b.ReportMetric(float64(after.heap-before.heap)/float64(b.N), "heap-B/conn")
	b.ReportMetric(float64(after.stack-before.stack)/float64(b.N), "stack-B/conn")
}

type memory struct{ heap, stack int64 }

func inUse() memory {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memory{int64(m.HeapAlloc), int64(m.StackInuse)}
}

func introduceRaw(b *testing.B, conn net.Conn) {
	b.Helper()
	_, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"))
	if err != nil {
		b.Fatal(err)
	}
	r := bufio.NewReaderSize(conn, 512)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		b.Fatal(err)
	}
	_ = res.Body.Close()
	for _, m := range []string{hello, subscribe("5a0d4b5e-6cbb-4a0e-9c0a-1b9c2d1f0e7a", events)} {
		if err := wsutil.WriteClientMessage(conn, ws.OpText, []byte(m)); err != nil {
			b.Fatal(err)
		}
	}
	if ack, err := wsutil.ReadServerText(conn); err != nil || !strings.Contains(string(ack), "connection_ack") {
		b.Fatal(string(ack), err)
	}
}
