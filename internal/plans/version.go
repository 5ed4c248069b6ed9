package plans

import (
	"context"
	"fmt"
	"io/fs"
	"testing/fstest"

	"github.com/semantest/semantest/ent/planversion"
	"github.com/semantest/semantest/internal/spec"
)

// Version is a stored version, parsed.
type Version struct {
	ID    string
	Plan  *spec.Plan
	Files fs.FS
	cases map[string]spec.ExpandedCase
}

// Case returns the expanded case with a key.
func (v *Version) Case(key string) (spec.ExpandedCase, bool) {
	c, ok := v.cases[key]
	return c, ok
}

// Version returns a parsed version. Versions never change, so a process parses
// one once. The caller must not change what it gets. It checks no permission:
// workers call it.
func (s *Service) Version(ctx context.Context, id string) (*Version, error) {
	if v, ok := s.parsed.Get(id); ok {
		return v, nil
	}
	row, err := s.store.Ent.PlanVersion.Query().Where(planversion.ID(id)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read plan version %s: %w", id, err)
	}
	v, err := parseVersion(row.ID, Source{Text: row.Source, Files: row.Files})
	if err != nil {
		return nil, err
	}
	s.parsed.Add(id, v)
	return v, nil
}

func parseVersion(id string, src Source) (*Version, error) {
	parsed, err := spec.Parse([]byte(src.Text))
	if err != nil {
		return nil, fmt.Errorf("parse plan version %s: %w", id, err)
	}
	files := fstest.MapFS{}
	for name, content := range src.Files {
		files[name] = &fstest.MapFile{Data: content, Mode: 0o444}
	}
	v := &Version{ID: id, Plan: parsed, Files: files, cases: map[string]spec.ExpandedCase{}}
	for _, c := range parsed.Expand() {
		v.cases[c.Key] = c
	}
	return v, nil
}
