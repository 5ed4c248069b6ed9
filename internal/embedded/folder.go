package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/semantest/semantest/internal/apperr"
)

const (
	lockName    = "semantest.lock"
	tempPrefix  = "semantest-pg-"
	sweepAge    = time.Minute // younger temporary folders may not be locked yet
	predecessor = 15 * time.Second
)

// folder is a data folder that this process holds the lock of.
type folder struct {
	path      string
	temporary bool
	account   *account // whom the server runs as; nil: as ourselves
	lock      *os.File
}

// openFolder makes the folder where it is missing, takes its lock and sees to
// it that the server's account can use it.
func openFolder(path string) (*folder, error) {
	f := &folder{path: path}
	if path == "" {
		sweepTemporary()
		dir, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return nil, apperr.Wrap(err, apperr.InvalidInput, "cannot make a temporary folder in %s; set TMPDIR to one that is writable", os.TempDir())
		}
		f.path, f.temporary = dir, true
	}
	if err := f.prepare(); err != nil {
		_ = f.close() // nothing was written
		return nil, err
	}
	return f, nil
}

func (f *folder) prepare() error {
	abs, err := filepath.Abs(f.path)
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "data folder %s has no absolute path", f.path)
	}
	f.path = abs
	if f.account, err = serverAccount(f.cluster()); err != nil {
		return err
	}
	if err := f.checkReach(filepath.Dir(f.path)); err != nil {
		return err
	}
	// Only the folder itself is closed: the server's account must come through
	// its parents.
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil { //nolint:gosec // see above
		return unusable(f.path, err)
	}
	if err := os.Mkdir(f.path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return unusable(f.path, err)
	}
	if f.path, err = filepath.EvalSymlinks(f.path); err != nil {
		return unusable(f.path, err)
	}
	ours, err := emptyOrOurs(f.path)
	if err != nil {
		return unusable(f.path, err)
	}
	if err := f.takeLock(); err != nil {
		return err
	}
	if f.account == nil {
		return nil
	}
	if ours {
		if err := f.account.own(f.path); err != nil {
			return unusable(f.path, err)
		}
	}
	return f.checkReach(f.path)
}

// checkReach refuses a folder that the server's account may not enter. What
// does not exist yet is no hindrance.
func (f *folder) checkReach(dir string) error {
	if f.account == nil {
		return nil
	}
	resolved, err := filepath.EvalSymlinks(dir)
	for err != nil && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		resolved, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return unusable(f.path, err)
	}
	blocked := f.account.unreachable(resolved)
	if blocked == "" {
		return nil
	}
	return apperr.New(apperr.InvalidInput,
		"data folder %s cannot be used: PostgreSQL refuses to run as root and runs as %s, who may not enter %s; choose another with --data-dir, such as /var/lib/semantest",
		f.path, f.account.name, blocked)
}

// close releases the lock, and removes a temporary folder while it is still
// held, so that no sweep races with it.
func (f *folder) close() error {
	var err error
	if f.temporary {
		if err = os.RemoveAll(f.path); err != nil {
			err = fmt.Errorf("remove the temporary data folder: %w", err)
		}
	}
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
		f.lock = nil
	}
	return err
}

func (f *folder) cluster() string { return filepath.Join(f.path, "postgres") }

func (f *folder) hasCluster() bool { return f.clusterVersion() != "" }

// clusterVersion is the major version that made the cluster, "" without one.
func (f *folder) clusterVersion() string {
	b, err := os.ReadFile(filepath.Join(f.cluster(), "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// mkdir makes a folder that belongs to the server's account, mode 0700.
func (f *folder) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return unusable(f.path, err)
	}
	if f.account != nil {
		if err := f.account.own(path); err != nil {
			return unusable(f.path, err)
		}
	}
	return nil
}

func (f *folder) takeLock() error {
	lock, err := os.OpenFile(filepath.Join(f.path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unusable(f.path, err)
	}
	if err := flock(lock); err != nil {
		owner, _ := os.ReadFile(lock.Name())
		_ = lock.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return unusable(f.path, err)
		}
		who := "another process"
		if pid, err := strconv.Atoi(strings.TrimSpace(string(owner))); err == nil {
			who = fmt.Sprintf("process %d", pid)
		}
		return apperr.New(apperr.Conflict, "data folder %s is in use by %s; stop it or choose another with --data-dir", f.path, who)
	}
	f.lock = lock
	// The file is never removed: a second program may hold it open already.
	if err := errors.Join(lock.Truncate(0), writeAt(lock, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return unusable(f.path, err)
	}
	return nil
}

// awaitPredecessor waits for a server that outlived its owner by a moment: it
// was told to stop when the owner died.
func (f *folder) awaitPredecessor(ctx context.Context) error {
	deadline := time.Now().Add(predecessor)
	for {
		pid := f.postmasterPID()
		if pid == 0 || !servesFolder(pid, f.cluster()) {
			return nil
		}
		if time.Now().After(deadline) {
			return apperr.New(apperr.Conflict, "data folder %s is in use by PostgreSQL, process %d; stop it (kill -INT %d) or choose another with --data-dir", f.path, pid, pid)
		}
		if !pause(ctx, 10*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// adoptStalePID writes our own pid into a postmaster.pid that was left behind.
// PostgreSQL refuses to start while any process has the pid that stands there,
// its parent excepted; removing the file would also remove its guard against
// backends that are still alive.
func (f *folder) adoptStalePID() error {
	path := filepath.Join(f.cluster(), "postmaster.pid")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the stale postmaster.pid: %w", err)
	}
	// A full disk leaves an empty file, which PostgreSQL refuses as well.
	if pid := f.postmasterPID(); pid != 0 && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
		return nil
	}
	_, rest, _ := bytes.Cut(content, []byte("\n"))
	fresh := path + ".new"
	if err := os.WriteFile(fresh, append([]byte(strconv.Itoa(os.Getpid())+"\n"), rest...), 0o600); err != nil { //nolint:gosec // a file of our own folder
		return fmt.Errorf("write postmaster.pid: %w", err)
	}
	if f.account != nil {
		if err := f.account.own(fresh); err != nil {
			return fmt.Errorf("write postmaster.pid: %w", err)
		}
	}
	return os.Rename(fresh, path)
}

func (f *folder) postmasterPID() int {
	b, err := os.ReadFile(filepath.Join(f.cluster(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return 0
	}
	return pid
}

// emptyOrOurs reports whether a folder may be given to the server's account:
// never one that someone else keeps things in.
func emptyOrOurs(path string) (bool, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Name() == lockName {
			return true, nil
		}
	}
	return len(entries) == 0, nil
}

// sweepTemporary removes the temporary folders of programs that were killed.
// It is housekeeping: what cannot be removed is left.
func sweepTemporary() {
	locks, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*", lockName))
	for _, path := range locks {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < sweepAge {
			continue
		}
		lock, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		f := folder{path: filepath.Dir(path), temporary: true, lock: lock}
		if flock(lock) != nil || servesFolder(f.postmasterPID(), f.cluster()) {
			_ = lock.Close()
			continue
		}
		_ = f.close()
	}
}

func flock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

func unusable(path string, err error) error {
	cause := err
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		cause = e
	}
	return apperr.Wrap(cause, apperr.InvalidInput, "data folder %s cannot be used; make it writable or choose another with --data-dir", path)
}
