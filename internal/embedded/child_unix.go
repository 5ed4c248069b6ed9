//go:build unix && !linux

package embedded

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes keeps a terminal's Ctrl-C away from the child. Without
// Linux's parent-death signal a killed program leaves its server behind.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// servesFolder cannot look into another process here, so any living one counts.
func servesFolder(pid int, _ string) bool {
	return pid != 0 && pid != os.Getpid() && unix.Kill(pid, 0) == nil
}
