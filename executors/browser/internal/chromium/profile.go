package chromium

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	profilePrefix = "semantest-browser-"
	ownerFile     = "owner.lock"
)

// profile is a browser's folder. Its owner holds a lock on a file in it, which
// the kernel lets go when the owner dies: so a folder that was left behind can
// be told from one in use, also between containers that share a /tmp and have
// process numbers of their own.
type profile struct {
	dir  string
	lock *os.File
}

func newProfile(uid int) (*profile, error) {
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", profilePrefix, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("making the browser's folder: %w", err)
	}
	lock, err := lockOwner(dir)
	if err == nil && uid >= 0 {
		err = os.Chown(dir, uid, uid)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the browser's folder: %w", err), os.RemoveAll(dir))
	}
	return &profile{dir: dir, lock: lock}, nil
}

// remove deletes the folder. Processes of the browser that are about to die
// may still write, so it tries for a while.
func (p *profile) remove() error {
	defer func() { _ = p.lock.Close() }() // read-only use: nothing to lose
	return removeAll(p.dir, 3*time.Second)
}

func removeAll(dir string, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		err := os.RemoveAll(dir)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
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
		if !e.IsDir() || !strings.HasPrefix(e.Name(), profilePrefix) {
			continue
		}
		dir := filepath.Join(os.TempDir(), e.Name())
		info, err := e.Info()
		if err != nil || !ownedByUs(info) {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, ownerFile)); err != nil && time.Since(info.ModTime()) < time.Minute {
			continue // its owner has made it just now and not locked it yet
		}
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
	return ok && (int(st.Uid) == os.Getuid() || os.Getuid() == 0 && st.Uid == unprivileged)
}
