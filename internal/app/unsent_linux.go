package app

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// limitUnsent bounds what the kernel keeps for a client that does not read: it
// would take some 4 MB, all of it encoded for nobody. Accepted connections
// inherit it from their listener.
func limitUnsent(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 64<<10)
	})
	if err != nil {
		return err
	}
	return set
}
