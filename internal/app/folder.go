package app

import (
	"context"
	"os"
	"path/filepath"

	"github.com/semantest/semantest/internal/apperr"
)

// folder is where the process keeps what it keeps on this machine.
type folder string

func (f folder) join(name string) string { return filepath.Join(string(f), name) }

// openFolder makes the data folder and proves that it can be written. With an
// embedded Postgres, that one does both, locks the folder, and chooses a
// temporary one where nothing is to be kept.
func (a *App) openFolder(context.Context) error {
	if a.cfg.DatabaseURL == "" {
		return nil
	}
	dir, err := filepath.Abs(a.cfg.Server.Folder())
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "the data folder %s cannot be found", a.cfg.Server.Folder())
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
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
	a.folder = folder(dir)
	return nil
}
