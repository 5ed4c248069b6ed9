package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/semantest/semantest/internal/apperr"
)

// maxFile bounds what is read of a key file: 64 KiB, far more than maxKeys need.
const maxFile = 64 << 10

// Ensure makes the key file with a fresh key where there is none. Processes
// that come first together get the same key.
func Ensure(path string) error {
	_, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return nil // what else is wrong with it, reading it tells
	}
	keys, err := Generate()
	if err != nil {
		return err
	}
	err = write(path, keys, os.Link)
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return apperr.Wrap(err, apperr.InvalidInput, "the secret key cannot be kept in %s", path)
	}
	return nil
}

// ReadFile reads the keys in a file.
func ReadFile(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the secret key cannot be kept in %s", path)
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the secret key cannot be kept in %s", path)
	}
	keys, err := ParseKeys(string(text))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the file %s holds no usable secret key", path)
	}
	return keys, nil
}

// WriteFile puts keys into a file. Whoever reads it meanwhile sees either the
// old ones or the new ones, and so does the machine after a crash.
func WriteFile(path string, keys *Keys) error {
	if err := write(path, keys, os.Rename); err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "the secret key cannot be written to %s", path)
	}
	return nil
}

// write makes a file with the keys that only its owner can read, and gives it
// its name by publish once its content is complete.
func write(path string, keys *Keys, publish func(from, to string) error) (err error) {
	text, err := keys.Text()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if e := os.Remove(f.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	_, err = f.WriteString(text + "\n")
	if err = errors.Join(err, likeBefore(f, path), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := publish(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// likeBefore leaves a file that is replaced with the owner that it had: the
// server may run as another account than who rotates its key.
func likeBefore(f *os.File, path string) error {
	before, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return keepOwner(f, before)
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("look into the folder of the secret key: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
