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

// attempt is one write, and the function that performs it: made once, since one
// made for each write would be most of its cost in memory.
type attempt struct {
	b       []byte
	n       int
	err     error
	patient bool // whether to wait until the socket takes something
	do      func(fd uintptr) bool
}

var attempts = sync.Pool{New: func() any {
	a := &attempt{}
	a.do = func(fd uintptr) bool {
		for {
			a.n, a.err = unix.Write(int(fd), a.b)
			switch {
			case errors.Is(a.err, unix.EINTR):
				continue
			case errors.Is(a.err, unix.EAGAIN):
				a.n, a.err = 0, nil
				return !a.patient
			}
			a.n = max(a.n, 0)
			return true
		}
	}
	return a
}}

func (c *conn) write(b []byte, patient bool) (int, error) {
	a := attempts.Get().(*attempt)
	a.b, a.n, a.err, a.patient = b, 0, nil, patient
	err := c.raw.Write(a.do)
	n := a.n
	if err == nil {
		err = a.err
	}
	a.b = nil
	attempts.Put(a)
	return n, err
}

// try gives the socket what it takes at once.
func (c *conn) try(b []byte) (int, error) { return c.write(b, false) }

// wait gives the socket something, as soon as it takes any.
func (c *conn) wait(b []byte) (int, error) {
	if c.raw == nil {
		return c.net.Write(b)
	}
	return c.write(b, true)
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
