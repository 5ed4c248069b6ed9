package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	folderPrefix = "semantest-browser-"
	makingPrefix = "semantest-making-"
	ownerFile    = "owner.lock"
)

// folder is a process's own folder. Its owner holds a lock on a file in it, which
// the kernel lets go when the owner dies: so a folder that was left behind can
// be told from one in use, also between containers that share a /tmp and have
// process numbers of their own.
type folder struct {
	dir  string
	lock *os.File
}

// newFolder makes a folder for a browser that runs as uid, or as ourselves
// when uid is negative. It gets its name only once it is locked: whoever cleans
// up must never see it without its owner.
func newFolder(uid int) (_ *folder, err error) {
	dir, err := os.MkdirTemp("", makingPrefix)
	if err != nil {
		return nil, fmt.Errorf("making the browser's folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("making the browser's folder: %w", err), os.RemoveAll(dir))
		}
	}()
	lock, err := lockOwner(dir)
	if err != nil {
		return nil, err
	}
	if uid >= 0 {
		if err := os.Chown(dir, uid, uid); err != nil {
			return nil, errors.Join(err, lock.Close())
		}
	}
	name := fmt.Sprintf("%s%d-%s", folderPrefix, os.Getpid(), strings.TrimPrefix(filepath.Base(dir), makingPrefix))
	final := filepath.Join(filepath.Dir(dir), name)
	if err := os.Rename(dir, final); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &folder{dir: final, lock: lock}, nil
}

// fill lets prepare write into the folder, and gives it all to the account.
func (f *folder) fill(uid int, prepare func(string) error) error {
	if err := prepare(f.dir); err != nil {
		return fmt.Errorf("filling the browser's folder: %w", err)
	}
	if uid < 0 {
		return nil
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return fmt.Errorf("filling the browser's folder: %w", err)
	}
	err = fs.WalkDir(root.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == ownerFile {
			return err
		}
		return root.Lchown(path, uid, uid)
	})
	return errors.Join(err, root.Close())
}

// remove deletes the folder. Processes of the browser that are about to die
// may still write, so it tries for a while.
func (f *folder) remove() error {
	defer func() { _ = f.lock.Close() }() // read-only use: nothing to lose
	return removeAll(f.dir, 3*time.Second)
}

func removeAll(dir string, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		err := os.RemoveAll(dir)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // nothing tells when a dying process has written its last
	}
}

// lockOwner takes the folder's lock, or fails at once when it is held.
func lockOwner(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, ownerFile), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// RemoveLeftovers deletes the folders of browsers whose owner was killed. A
// folder that cannot be judged or deleted stays: the next start tries again.
func RemoveLeftovers() {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return
	}
	for _, e := range entries {
		making := strings.HasPrefix(e.Name(), makingPrefix)
		if !e.IsDir() || !making && !strings.HasPrefix(e.Name(), folderPrefix) {
			continue
		}
		info, err := e.Info()
		if err != nil || !ownedByUs(info) || making && time.Since(info.ModTime()) < time.Minute {
			continue
		}
		dir := filepath.Join(os.TempDir(), e.Name())
		lock, err := lockOwner(dir)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

// ownedByUs guards against folders of the same name that somebody else has put
// into a shared /tmp.
func ownedByUs(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(st.Uid) == os.Getuid() || os.Getuid() == 0 && st.Uid == Unprivileged)
}
