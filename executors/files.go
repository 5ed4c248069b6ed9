package executors

import (
	"errors"
	"io/fs"

	"github.com/semantest/semantest/internal/spec"
)

// OpenFile opens a file that came with the plan, by a reference such as
// file://order.json, and returns its name too. The caller closes it.
func OpenFile(files fs.FS, ref string) (f fs.File, name string, err error) {
	if name, err = spec.FilePath(ref); err != nil {
		return nil, "", Errorf("%w", err)
	}
	f, err = files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, name, Errorf("there is no file %s beside the plan", name)
	}
	if err != nil {
		return nil, name, Errorf("the file %s cannot be opened: %w", name, err)
	}
	return f, name, nil
}
