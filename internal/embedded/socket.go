package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/semantest/semantest/internal/apperr"
)

const (
	socketPort = "5432" // only a part of the socket's name
	socketName = ".s.PGSQL." + socketPort
	// A Unix socket's address holds 108 bytes with its final zero on Linux, and
	// 104 elsewhere; the lock file beside the socket is longer but no address.
	maxSocketPath = 103
)

// socketDir returns a folder for the socket, and whether it lies outside of
// the data folder: a long data folder's path does not fit into an address.
func (f *folder) socketDir() (dir string, outside bool, err error) {
	dir = filepath.Join(f.path, "run")
	if fits(dir) {
		return dir, false, f.mkdir(dir)
	}
	sum := sha256.Sum256([]byte(f.path))
	name := "semantest-run-" + hex.EncodeToString(sum[:8])
	for _, base := range []string{os.TempDir(), "/tmp"} {
		dir = filepath.Join(base, name)
		if !fits(dir) || (f.account != nil && f.account.unreachable(base) != "") {
			continue
		}
		if err := f.privateDir(dir); err == nil {
			return dir, true, nil
		}
	}
	return "", false, apperr.New(apperr.InvalidInput, "data folder %s has a path that is too long for a Unix socket, and no temporary folder can take its place; choose a shorter one with --data-dir", f.path)
}

// privateDir makes a folder in a place where others may write, and accepts one
// that is there already only if it is the server's own.
func (f *folder) privateDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		if f.account != nil {
			return f.account.own(dir)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := uint32(os.Geteuid()) //nolint:gosec // an id of an account is never negative on Unix
	if f.account != nil {
		owner = f.account.uid
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || st.Uid != owner || info.Mode().Perm() != 0o700 {
		return fs.ErrPermission
	}
	return nil
}

func fits(dir string) bool { return len(filepath.Join(dir, socketName)) <= maxSocketPath }
