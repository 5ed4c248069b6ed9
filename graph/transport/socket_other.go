//go:build !unix

package transport

import (
	"net"
	"syscall"
)

// Descriptors are not written to directly here: every connection has a
// goroutine that writes.

func rawOf(net.Conn) syscall.RawConn { return nil }

func descriptor(syscall.RawConn) int { return -1 }

func (c *conn) try([]byte) (int, error) { return 0, nil }

func (c *conn) wait(b []byte) (int, error) { return c.net.Write(b) }

func (c *conn) receive(take func([]byte)) error { return c.receivePlain(take) }
