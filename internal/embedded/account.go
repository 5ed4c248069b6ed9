package embedded

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/semantest/semantest/internal/apperr"
)

// account is the user whom the server runs as when we are root, which
// PostgreSQL refuses to be.
type account struct {
	name     string
	uid, gid uint32
}

// serverAccount returns the owner of an existing cluster, else postgres, else
// nobody; nil when we are not root.
func serverAccount(cluster string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if info, err := os.Stat(cluster); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
			name := strconv.Itoa(int(st.Uid))
			if u, err := user.LookupId(name); err == nil {
				name = u.Username
			}
			return &account{name: name, uid: st.Uid, gid: st.Gid}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uerr, gerr); err != nil {
			continue
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, apperr.New(apperr.Unavailable, "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run it as; start Semantest as another user, or set SEMANTEST_DATABASE_URL")
}

func (a *account) own(path string) error {
	return os.Chown(path, int(a.uid), int(a.gid))
}

// unreachable returns the topmost folder on the way to path that the account
// may not enter, "" when it can enter them all.
func (a *account) unreachable(path string) string {
	if parent := filepath.Dir(path); parent != path {
		if blocked := a.unreachable(parent); blocked != "" {
			return blocked
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return path
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return ""
	}
	var enter fs.FileMode
	switch {
	case st.Uid == a.uid:
		enter = 0o100
	case st.Gid == a.gid:
		enter = 0o010
	default:
		enter = 0o001
	}
	if info.Mode().Perm()&enter == 0 {
		return path
	}
	return ""
}
