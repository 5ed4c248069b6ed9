package app

import (
	"context"
	"os"
	"path/filepath"

	"github.com/semantest/semantest/internal/apperr"
)

// folder is where the process keeps what it keeps on this machine. The embedded
// Postgres has a folder of its own in it, which it locks.
type folder struct {
	path      string
	temporary bool
}

func (f folder) join(name string) string { return filepath.Join(f.path, name) }

func (a *App) openFolder(context.Context) error {
	if a.cfg.Ephemeral {
		dir, err := os.MkdirTemp("", "semantest-")
		if err != nil {
			return apperr.Wrap(err, apperr.InvalidInput, "no temporary folder can be made in %s", os.TempDir())
		}
		// The embedded Postgres may run as another user, who must pass through.
		if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // what lies in it is closed
			return apperr.Wrap(err, apperr.InvalidInput, "the temporary folder %s cannot be used", dir)
		}
		a.folder = folder{path: dir, temporary: true}
		a.onClose("folder", func(context.Context) error { return os.RemoveAll(dir) })
		return nil
	}
	dir, err := filepath.Abs(a.cfg.Server.Folder())
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "the data folder %s cannot be found", a.cfg.Server.Folder())
	}
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // see above
		return apperr.Wrap(err, apperr.InvalidInput,
			"the data folder %s cannot be made; choose a writable one with --data-dir", dir)
	}
	probe, err := os.CreateTemp(dir, ".writable-")
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput,
			"the data folder %s is not writable; choose another one with --data-dir", dir)
	}
	_ = probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "the data folder %s is not writable", dir)
	}
	a.folder = folder{path: dir}
	return nil
}
