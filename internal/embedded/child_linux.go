package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// childAttributes keeps a terminal's Ctrl-C away from the child, and ends the
// child when we are gone.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// servesFolder reports whether the process is a server on that cluster: a
// postmaster's working folder is its cluster.
func servesFolder(pid int, cluster string) bool {
	if pid == 0 || pid == os.Getpid() {
		return false
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && cwd == filepath.Clean(cluster)
}
