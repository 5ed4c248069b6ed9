package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const bufferSize = 32 << 10

// buffers implements httputil.BufferPool.
type buffers struct{}

var pool = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func (buffers) Get() []byte  { return pool.Get().(*[bufferSize]byte)[:] }
func (buffers) Put(b []byte) { pool.Put((*[bufferSize]byte)(b)) }

// tunnel answers CONNECT: it makes a connection and copies what comes.
func (s *Session) tunnel(w http.ResponseWriter, r *http.Request) {
	target, err := s.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer func() { _ = target.Close() }() // whoever has not got its bytes by now is gone
	client, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer func() { _ = client.Close() }() // as above
	s.reached(addressOfTunnel(r))
	if err := client.SetDeadline(time.Time{}); err != nil { // the server's own no longer hold
		return
	}
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	if n := rw.Reader.Buffered(); n > 0 {
		early, err := rw.Reader.Peek(n)
		if err != nil {
			return
		}
		if _, err := target.Write(early); err != nil {
			return
		}
	}
	s.join(client, target)
}

// join copies in both directions until both have ended, nothing has come for
// too long, or the session ends.
func (s *Session) join(a, b net.Conn) {
	cut := func() { _, _ = a.Close(), b.Close() } // the copying ends by it
	idle := time.AfterFunc(s.proxy.o.Idle, cut)
	defer idle.Stop()
	defer context.AfterFunc(s.ctx, cut)()
	var both sync.WaitGroup
	both.Go(func() { s.copy(a, b, idle) })
	both.Go(func() { s.copy(b, a, idle) })
	both.Wait()
}

func (s *Session) copy(to, from net.Conn, idle *time.Timer) {
	buf := buffers{}.Get()
	defer buffers{}.Put(buf)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			idle.Reset(s.proxy.o.Idle)
			if _, err := to.Write(buf[:n]); err != nil {
				_ = from.Close() // nobody takes what it sends
				return
			}
		}
		if err == io.EOF { //nolint:errorlint // a connection returns it as it is
			if half, ok := to.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
				return
			}
		}
		if err != nil {
			_, _ = to.Close(), from.Close() // broken in the middle: so must the other be
			return
		}
	}
}
