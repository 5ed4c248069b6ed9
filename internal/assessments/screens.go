package assessments

import (
	"context"
	"fmt"
	"io"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/artifact"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/assessments/screen"
)

const (
	maxScreen      = 16 << 20 // bytes of a screenshot as it is stored
	maxScreensSeen = 40       // that are looked at to find enough that can be shown
)

// screens are the screenshots of the last attempts, scaled down for a model that
// sees: of each case the last one, until there are enough. One that cannot be read
// is left out: what is not shown is not judged.
func (s *Service) screens(ctx context.Context, found *reading) ([]judge.Screen, error) {
	attempts := map[string]rules.Result{}
	for _, r := range found.in.Results {
		attempts[r.ID] = r
	}
	where := []predicate.Artifact{artifact.RunID(found.runID), artifact.Kind("screenshot"), artifact.Error(""),
		artifact.Not(artifact.NameHasSuffix("-diff.png"))} // they show what differs, not what people see
	if found.only != nil {
		where = append(where, artifact.ResultID(*found.only))
	}
	rows, err := s.store.Ent.Artifact.Query().Where(where...).Order(ent.Desc(artifact.FieldID)).Limit(maxScreensSeen).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for screenshots: %w", err)
	}
	var out []judge.Screen
	seen := map[string]bool{}
	for _, row := range rows {
		of, known := attempts[row.ResultID]
		if len(out) == judge.MaxScreens || !known || row.Attempt != of.Attempt || seen[row.ResultID] || row.Size > maxScreen {
			continue
		}
		content, err := s.artifacts.OpenRow(ctx, row)
		if err != nil {
			continue // no longer there
		}
		data, err := io.ReadAll(io.LimitReader(content, maxScreen+1))
		_ = content.Close()
		if err != nil || len(data) > maxScreen {
			continue
		}
		image, err := screen.Scale(data)
		if err != nil {
			continue
		}
		seen[row.ResultID] = true
		step := max(row.Step, 0)
		out = append(out, judge.Screen{Image: image, Source: rules.Evidence{Kind: rules.EvidenceArtifact, ID: row.ID, CaseKey: of.CaseKey,
			Attempt: row.Attempt, Step: &step, Name: row.Name}})
	}
	return out, ctx.Err()
}
