package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// maxUnsent is how many bytes the kernel takes beyond what the network has
// taken. It would take some 4 MB for a client that does not read.
const maxUnsent = 64 << 10

// LimitUnsent bounds what the kernel keeps for a client that does not read. As
// the Control of a net.ListenConfig it holds for all accepted connections.
func LimitUnsent(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	})
	if err != nil {
		return err
	}
	return set
}
