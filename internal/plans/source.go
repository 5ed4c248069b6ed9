package plans

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

// DefaultFilesBytes is how much may come with a plan where nothing is
// configured: 8 MiB, in one file or several. They are held in memory with the
// plan's version.
const DefaultFilesBytes = 8 << 20

// Source is a plan as its author wrote it, with the files it refers to.
type Source struct {
	Text  string
	Files map[string][]byte // by the path that the text uses
}

// parse reads the source and checks that it is whole. Mistakes come back as one
// INVALID_INPUT error whose details name each of them.
func (s *Service) parse(src Source) (*spec.Plan, error) { return src.parse(s.files) }

func (s Source) parse(files int) (*spec.Plan, error) {
	plan, err := spec.Parse([]byte(s.Text))
	if err != nil {
		return nil, invalidPlan(err)
	}
	if err := s.checkFiles(plan, files); err != nil {
		return nil, err
	}
	return plan, nil
}

func (s Source) checkFiles(plan *spec.Plan, most int) error {
	total := 0
	for name, content := range s.Files {
		if !localPath(name) {
			return apperr.Invalid("files", "file %q: use a relative path below the plan's folder", name)
		}
		if total += len(content); len(content) > most {
			return apperr.Invalid("files", "file %s has %d bytes; the files of a plan may have %d (SEMANTEST_MAX_FILES)", name, len(content), most)
		}
	}
	if total > most {
		return apperr.Invalid("files", "the files have %d bytes together; those of a plan may have %d (SEMANTEST_MAX_FILES)", total, most)
	}
	for _, name := range plan.Files() {
		if _, ok := s.Files[name]; !ok {
			return apperr.Invalid("files", "the plan refers to file://%s, which was not sent with it", name)
		}
	}
	return nil
}

func localPath(name string) bool {
	return name != "" && name == path.Clean(name) && !path.IsAbs(name) && name != ".." && !(len(name) > 2 && name[:3] == "../")
}

// digest is equal for equal content.
func (s Source) digest() string {
	h := sha256.New()
	names := make([]string, 0, len(s.Files))
	for name := range s.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	_, _ = fmt.Fprintf(h, "%d\n%s", len(s.Text), s.Text)
	for _, name := range names {
		_, _ = fmt.Fprintf(h, "%q %d\n", name, len(s.Files[name]))
		h.Write(s.Files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// invalidPlan carries the mistakes to the edge.
func invalidPlan(err error) error {
	mistakes := spec.MistakesOf(err)
	if len(mistakes) == 0 {
		return apperr.Wrap(err, apperr.InvalidInput, "the plan cannot be read")
	}
	first := mistakes[0]
	out := apperr.Invalid("source", "the plan has %s; the first is at line %d, column %d: %s",
		count(len(mistakes), "mistake"), first.Line, first.Column, first.Message)
	details, jsonErr := json.Marshal(mistakes)
	if jsonErr == nil {
		out = out.With("mistakes", json.RawMessage(details))
	}
	return out
}

func count(n int, noun string) string {
	return cmp.Or(map[int]string{1: "1 " + noun}[n], fmt.Sprintf("%d %ss", n, noun))
}
