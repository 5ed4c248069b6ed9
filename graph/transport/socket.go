package transport

import (
	"net"
	"sync"
)

// readSize is how many bytes are read at once.
const readSize = 4 << 10

var buffers = sync.Pool{New: func() any { return new([readSize]byte) }}

// receivePlain reads where bytes can't be waited for without a buffer.
func (c *conn) receivePlain(take func([]byte)) error {
	var small [512]byte
	n, err := c.net.Read(small[:])
	if n > 0 {
		take(small[:n])
		return nil
	}
	return err
}

// shutDown ends a connection in both directions and leaves it to its reader to
// close it.
func shutDown(c net.Conn) {
	if both, ok := c.(interface {
		CloseRead() error
		CloseWrite() error
	}); ok {
		_, _ = both.CloseWrite(), both.CloseRead() // they fail only when there is no connection any more
		return
	}
	_ = c.Close() // under TLS: a reader waits there in no call on the descriptor of ours
}
