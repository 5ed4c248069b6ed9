package plans

import (
	"context"
	"fmt"
	"io/fs"
	"testing/fstest"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/planversion"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Version is a stored version, parsed. It never changes, and who gets one must
// not change it either.
type Version struct {
	ID    string
	Plan  *spec.Plan
	Files fs.FS
	Cases []spec.ExpandedCase // in the plan's order
	byKey map[string]int
}

// Case returns the expanded case with a key.
func (v *Version) Case(key string) (spec.ExpandedCase, bool) {
	i, ok := v.byKey[key]
	if !ok {
		return spec.ExpandedCase{}, false
	}
	return v.Cases[i], true
}

// Version returns a parsed version. A process parses one once. It checks no
// permission: workers call it.
func (s *Service) Version(ctx context.Context, id string) (*Version, error) {
	return s.version(ctx, s.store.Ent.PlanVersion, id)
}

// VersionTx is Version for a caller who holds a transaction, and with it a
// connection: to ask for another one could wait for ever.
func (s *Service) VersionTx(ctx context.Context, tx *store.Tx, id string) (*Version, error) {
	return s.version(ctx, tx.PlanVersion, id)
}

// Parsed returns a row of a version, parsed.
func (s *Service) Parsed(row *ent.PlanVersion) (*Version, error) {
	if v, ok := s.parsed.Get(row.ID); ok {
		return v, nil
	}
	v, err := parseVersion(row.ID, Source{Text: row.Source, Files: row.Files})
	if err != nil {
		return nil, err
	}
	s.parsed.Add(row.ID, v)
	return v, nil
}

func (s *Service) version(ctx context.Context, client *ent.PlanVersionClient, id string) (*Version, error) {
	if v, ok := s.parsed.Get(id); ok {
		return v, nil
	}
	row, err := client.Query().Where(planversion.ID(id)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read plan version %s: %w", id, err)
	}
	return s.Parsed(row)
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
	v := &Version{ID: id, Plan: parsed, Files: files, Cases: parsed.Expand()}
	v.byKey = make(map[string]int, len(v.Cases))
	for i, c := range v.Cases {
		v.byKey[c.Key] = i
	}
	return v, nil
}
