package folder

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Bounds of what is read and kept.
const (
	MaxVariants = 20
	MaxBytes    = 64 << 20 // of one content
)

// Folder holds the baselines of one plan. It need not be there to be read.
type Folder struct{ path string }

// New returns the folder at a path, which Of gives.
func New(path string) *Folder { return &Folder{path} }

// Path returns where it is.
func (f *Folder) Path() string { return f.path }

// Variant is one accepted content.
type Variant struct {
	Path   string // relative to the folder
	SHA256 string
	Size   int64
}

// Variants returns what is accepted, the newest first.
func (f *Folder) Variants(k Key) ([]Variant, error) {
	var out []Variant
	for n := 1; n <= MaxVariants; n++ {
		content, err := f.read(k.path(n))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the baseline %s: %w", k.path(n), err)
		}
		out = append(out, Variant{Path: k.path(n), SHA256: digest(content), Size: int64(len(content))})
	}
	slices.Reverse(out)
	return out, nil
}

// Read returns the content of a file of the folder.
func (f *Folder) Read(path string) ([]byte, error) { return f.read(path) }

// Accept makes a content the baseline: beside what is accepted where asVariant,
// otherwise in its place.
func (f *Folder) Accept(k Key, content []byte, asVariant bool) error {
	have, err := f.Variants(k)
	if err != nil {
		return err
	}
	same := slices.ContainsFunc(have, func(v Variant) bool { return v.SHA256 == digest(content) })
	if asVariant && same {
		return nil
	}
	next := 1
	if asVariant {
		next = len(have) + 1
	}
	if next > MaxVariants {
		return fmt.Errorf("%s has %d accepted variants already, the most that there may be; remove some of the files", k.Title(), len(have))
	}
	if err := f.write(k.path(next), content); err != nil {
		return err
	}
	if asVariant {
		return nil
	}
	for n := 2; n <= len(have); n++ {
		if err := f.remove(k.path(n)); err != nil {
			return err
		}
	}
	return nil
}

// open keeps symbolic links from leading out of the folder.
func (f *Folder) open() (*os.Root, error) { return os.OpenRoot(f.path) }

func (f *Folder) read(path string) (content []byte, err error) {
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	file, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	content, err = io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(content) > MaxBytes {
		return nil, fmt.Errorf("%s is larger than %d MiB", path, MaxBytes>>20)
	}
	return content, nil
}

// write replaces a file as a whole.
func (f *Folder) write(path string, content []byte) (err error) {
	if err := os.MkdirAll(f.path, 0o755); err != nil { //nolint:gosec // they are shared with the plan
		return fmt.Errorf("make the folder of baselines: %w", err)
	}
	root, err := f.open()
	if err != nil {
		return fmt.Errorf("open the folder of baselines: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	if old, err := root.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	part := path + ".part"
	if err := root.WriteFile(part, content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := root.Rename(part, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (f *Folder) remove(path string) (err error) {
	root, err := f.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
