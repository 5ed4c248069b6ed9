//go:build !linux

package transport

import "syscall"

// LimitUnsent bounds what the kernel keeps for a client that does not read,
// where it can be told to.
func LimitUnsent(_, _ string, _ syscall.RawConn) error { return nil }
