package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// pendingFolder holds what waits for a person. It begins with a dot, and a
// .gitignore beside it keeps it out of version control.
const pendingFolder = ".pending"

// Pending is what a run found when it compared, and nobody has accepted.
type Pending struct {
	Key
	Status     spec.ComparisonStatus `json:"status"`
	DiffPixels int64                 `json:"diffPixels,omitempty"`
	DiffRatio  float64               `json:"diffRatio,omitempty"`
	Reason     string                `json:"reason,omitempty"`
	SHA256     string                `json:"sha256"`             // of what was seen
	Rejected   bool                  `json:"rejected,omitempty"` // a person said that it is wrong
	HasDiff    bool                  `json:"hasDiff,omitempty"`
}

// ActualPath is where what was seen lies, relative to the folder.
func (p *Pending) ActualPath() string { return p.at(".actual" + p.ending()) }

// DiffPath is where the difference lies; empty without one.
func (p *Pending) DiffPath() string {
	if !p.HasDiff {
		return ""
	}
	return p.at(".diff" + p.ending())
}

// tale is the file that tells of it.
func (p *Pending) tale() string { return filepath.Join(pendingFolder, p.path(1)+taleEnding) }

const taleEnding = ".pending.json"

func (p *Pending) at(ending string) string {
	return filepath.Join(pendingFolder, strings.TrimSuffix(p.path(1), p.ending())+ending)
}

// Propose keeps what a run found until a person has looked at it. What was
// rejected before and is seen again stays rejected; rejected tells.
func (f *Folder) Propose(p Pending, actual, diff []byte) (rejected bool, err error) {
	p.SHA256, p.HasDiff = digest(actual), diff != nil
	if before, err := f.pending(p.tale()); err == nil && before.SHA256 == p.SHA256 {
		p.Rejected = before.Rejected
	}
	if err := f.ignore(); err != nil {
		return false, err
	}
	if err := f.write(p.ActualPath(), actual); err != nil {
		return false, err
	}
	if diff != nil {
		err = f.write(p.DiffPath(), diff)
	} else {
		err = f.remove(p.at(".diff" + p.ending()))
	}
	if err != nil {
		return false, err
	}
	return p.Rejected, f.tell(p)
}

func (f *Folder) tell(p Pending) error {
	doc, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("encode what waits for a review: %w", err)
	}
	return f.write(p.tale(), append(doc, '\n'))
}

// ignore keeps what is pending out of version control.
func (f *Folder) ignore() error {
	path := filepath.Join(f.path, ".gitignore")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return f.write(".gitignore", []byte(pendingFolder+"/\n"))
}

// Settle forgets what was pending for a key: a run found it the same again.
func (f *Folder) Settle(k Key) error {
	p := Pending{Key: k, HasDiff: true}
	return errors.Join(f.remove(p.tale()), f.remove(p.ActualPath()), f.remove(p.DiffPath()))
}

// maxPending bounds how many files are looked at.
const maxPending = 10_000

// Waiting lists what is pending, by its title.
func (f *Folder) Waiting() ([]Pending, error) {
	var out []Pending
	seen := 0
	top := filepath.Join(f.path, pendingFolder)
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == top {
			return nil
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, taleEnding) {
			return err
		}
		if seen++; seen > maxPending {
			return fmt.Errorf("more than %d files wait for a review in %s; remove the folder and run the plan again", maxPending, top)
		}
		rel, err := filepath.Rel(f.path, path)
		if err != nil {
			return err
		}
		p, err := f.pending(rel)
		if err != nil {
			return err
		}
		out = append(out, *p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what waits for a review: %w", err)
	}
	slices.SortFunc(out, func(a, b Pending) int { return strings.Compare(a.Title(), b.Title()) })
	return out, nil
}

func (f *Folder) pending(path string) (*Pending, error) {
	doc, err := f.read(path)
	if err != nil {
		return nil, err
	}
	var p Pending
	if err := json.Unmarshal(doc, &p); err != nil || p.Name == "" || !slices.Contains(spec.BaselineKinds(), p.Kind) {
		return nil, fmt.Errorf("%s is not what a run has written; remove it and run the plan again", path)
	}
	if p.tale() != path {
		return nil, fmt.Errorf("%s names another file, %s; remove it and run the plan again", path, p.tale())
	}
	return &p, nil
}

// AcceptPending makes what was seen the baseline and forgets that it waited.
func (f *Folder) AcceptPending(p Pending, asVariant bool) error {
	actual, err := f.read(p.ActualPath())
	if err != nil {
		return fmt.Errorf("read what was seen of %s: %w", p.Title(), err)
	}
	if digest(actual) != p.SHA256 {
		return fmt.Errorf("%s was changed since the run wrote it; run the plan again", p.ActualPath())
	}
	if err := f.Accept(p.Key, actual, asVariant); err != nil {
		return err
	}
	return f.Settle(p.Key)
}

// RejectPending remembers that what was seen is wrong.
func (f *Folder) RejectPending(p Pending) error {
	p.Rejected = true
	return f.tell(p)
}
