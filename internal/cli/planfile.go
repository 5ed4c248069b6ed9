package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/semantest/semantest/internal/spec"
)

// planFile is a plan read from disk, with the files it refers to.
type planFile struct {
	path   string
	source string
	plan   *spec.Plan
	files  map[string][]byte
}

// maxFile bounds a file that comes with a plan, as it is read: 16 MiB. How much
// may come with a plan at all the server says.
const maxFile = 16 << 20

// readPlan reads a plan and its files. Mistakes are returned as one error with
// a line for each: path:line:column: message.
func readPlan(path string) (*planFile, error) { return readPlanWith(path, nil) }

// readPlanWith takes a file that is not there for an empty one, where it is about
// to be written.
func readPlanWith(path string, written func(p *spec.Plan, name string) bool) (*planFile, error) {
	source, err := readLimited(os.Open, path, spec.MaxSourceBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("there is no plan %s", path)
	}
	if err != nil {
		return nil, usage("read the plan: %w", err)
	}
	plan, err := spec.Parse(source)
	if err != nil {
		return nil, exit(ExitUsage, errors.New(mistakes(path, err)))
	}
	p := &planFile{path: path, source: string(source), plan: plan, files: map[string][]byte{}}
	// A root keeps symbolic links from leading out of the plan's folder.
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, usage("open the plan's folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	for _, name := range plan.Files() {
		content, err := readLimited(root.Open, filepath.FromSlash(name), maxFile)
		if errors.Is(err, fs.ErrNotExist) && written != nil && written(plan, name) {
			content, err = []byte{}, nil
		}
		if errors.Is(err, fs.ErrNotExist) && name == actsFile(plan) {
			return nil, usage("%s: the plan's acts lie in file://%s, which is not there yet; semantest run --update-acts writes it", path, name)
		}
		if err != nil {
			return nil, usage("%s: the plan refers to file://%s, which cannot be read: %w", path, name, err)
		}
		p.files[name] = content
	}
	return p, nil
}

// readLimited reads at most one byte more than limit, so that what is too large
// is noticed without being read.
func readLimited(open func(string) (*os.File, error), path string, limit int64) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes, the limit", path, limit)
	}
	return content, nil
}

func mistakes(path string, err error) string {
	if found, ok := errors.AsType[*spec.Mistakes](err); ok {
		return found.In(path)
	}
	return path + ": " + err.Error()
}
