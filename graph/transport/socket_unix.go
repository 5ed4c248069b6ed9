//go:build unix

package transport

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawOf returns the descriptor's access of a connection, nil where there is
// none, as under TLS.
func rawOf(c net.Conn) syscall.RawConn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// attempt is a write that waits, and the function that performs it: made once,
// since one made for each write would be most of its cost in memory.
type attempt struct {
	b   []byte
	n   int
	err error
	do  func(fd uintptr) bool
}

var attempts = sync.Pool{New: func() any {
	a := &attempt{}
	a.do = func(fd uintptr) bool {
		a.n, a.err = writeOnce(int(fd), a.b)
		return a.n > 0 || a.err != nil
	}
	return a
}}

// writeOnce gives a socket what it takes without waiting.
func writeOnce(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Write(fd, b)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		}
		return max(n, 0), err
	}
}

// descriptor returns the number of a connection's socket.
func descriptor(raw syscall.RawConn) (fd int) {
	fd = -1
	_ = raw.Control(func(n uintptr) { fd = int(n) }) // fails only when there is no connection any more
	return fd
}

// try gives the socket what it takes at once. The caller holds mu, and the
// connection is not closed: the reader says under mu that it is before it gives
// the descriptor back, so nobody else can have got it. To ask the runtime for
// leave, as wait does, would cost a tenth of the write.
func (c *conn) try(b []byte) (int, error) { return writeOnce(c.fd, b) }

// wait gives the socket something, as soon as it takes any.
func (c *conn) wait(b []byte) (int, error) {
	if c.raw == nil {
		return c.net.Write(b)
	}
	a := attempts.Get().(*attempt)
	a.b, a.n, a.err = b, 0, nil
	err := c.raw.Write(a.do)
	n := a.n
	if err == nil {
		err = a.err
	}
	a.b = nil
	attempts.Put(a)
	return n, err
}

// receive waits for bytes without holding memory for them and hands them over.
func (c *conn) receive(take func([]byte)) error {
	if c.raw == nil {
		return c.receivePlain(take)
	}
	var (
		buf *[readSize]byte
		n   int
		got error
	)
	err := c.raw.Read(func(fd uintptr) bool {
		buf = buffers.Get().(*[readSize]byte)
		for {
			n, got = unix.Read(int(fd), buf[:])
			if !errors.Is(got, unix.EINTR) {
				break
			}
		}
		if errors.Is(got, unix.EAGAIN) {
			buffers.Put(buf)
			buf = nil
			return false
		}
		return true
	})
	if buf == nil {
		return err
	}
	defer buffers.Put(buf)
	switch {
	case err != nil:
		return err
	case got != nil:
		return got
	case n == 0:
		return io.EOF
	}
	take(buf[:n])
	return nil
}
