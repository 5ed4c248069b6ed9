package assessments

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
)

// Judge is who made an assessment.
type Judge string

// The judges.
const (
	ByRules  Judge = "RULES"
	ByLLM    Judge = "LLM"
	ByPerson Judge = "PERSON"
)

// Assessment is a stored judgement. Where it is pending, only the first fields
// are set.
type Assessment struct {
	ID        string
	ProjectID string
	RunID     string
	ResultID  *string // nil for the run as a whole
	Judge     Judge
	Status    rules.Status
	Reason    string

	CustomWeights bool // asked for instead of the plan's
	Version       string
	Model         string
	PromptVersion string
	Votes         int
	CreatedBy     string // name of who asked for it; empty for the end of the run
	CreatedAt     time.Time
	FinishedAt    *time.Time

	Judgement rules.Assessment
	Panel     *judge.Panel // nil for other judges than a model
	Gate      *Gate        // nil without one
}

// of reads a row.
func of(row *ent.Assessment) (*Assessment, error) {
	out := &Assessment{
		ID: row.ID, ProjectID: row.ProjectID, RunID: row.RunID, ResultID: row.ResultID, Judge: Judge(strings.ToUpper(string(row.Judge))),
		Status: rules.Status(strings.ToUpper(string(row.Status))), Reason: row.Reason, CustomWeights: row.Weights != nil,
		Version: row.Version, Model: row.Model, PromptVersion: row.PromptVersion, Votes: row.Votes,
		CreatedBy: row.CreatedByName, CreatedAt: row.CreatedAt, FinishedAt: row.FinishedAt,
	}
	out.Judgement.Criteria, out.Judgement.Issues, out.Judgement.Recommendations = []rules.CriterionScore{}, []rules.Issue{}, []rules.Recommendation{}
	if len(row.Document) > 0 {
		if err := json.Unmarshal(row.Document, &out.Judgement); err != nil {
			return nil, fmt.Errorf("read assessment %s: %w", row.ID, err)
		}
	}
	for _, part := range []struct {
		from json.RawMessage
		into any
	}{{row.Panel, &out.Panel}, {row.Gate, &out.Gate}} {
		if len(part.from) == 0 {
			continue
		}
		if err := json.Unmarshal(part.from, part.into); err != nil {
			return nil, fmt.Errorf("read assessment %s: %w", row.ID, err)
		}
	}
	return out, nil
}

func all(rows []*ent.Assessment) ([]*Assessment, error) {
	out := make([]*Assessment, len(rows))
	for i, row := range rows {
		var err error
		if out[i], err = of(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func statusOf(s rules.Status) assessment.Status {
	return assessment.Status(strings.ToLower(string(s)))
}
