package client

import (
	"context"
	"encoding/json"
)

const judgement = ` status reason verdict score cap { limit before reason } confidence coverage rulesVersion omittedIssues
		criteria { criterion status reason weight share score band basis coverage precision confidence why moreParts
			caps { limit before reason } interval { low high }
			parts { name subject value unit good median weight score evidence { ...evidence } } }
		issues { criterion severity title detail evidenceCount evidence { ...evidence } }
		recommendations { criterion action reason gain confidenceGain evidenceCount evidence { ...evidence } } `

const assessmentFields = `assessment {` + judgement + `}`

const panel = ` gate { expected actual applied passed reason }
		panel { counted agreement tokens estimated costDollars fromCache age screens notes moreNotes rubrics { criterion version }
			votes { number reversed provider model fromCache ageSeconds tokens failure }
			items { criterion id question weight answer pass fail unclear dropped agreement reason quotes { ...evidence } } } `

const evidenceFragment = ` fragment evidence on Evidence { kind id caseKey attempt step name quote }`

// AssessRun has a run that has ended assessed, unless it is.
func (c *Client) AssessRun(ctx context.Context, id string) error {
	var out struct{}
	return c.Do(ctx, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, map[string]any{"id": id}, &out)
}

// Ask is how a language model is to judge.
type Ask struct {
	Votes int    // as the plan says when 0
	Model string // as the plan says when empty
	Fresh bool
}

// AskModel has a language model assess a run that has ended, and returns the id of
// the assessment, which is pending at first.
func (c *Client) AskModel(ctx context.Context, runID string, a Ask) (string, error) {
	in := map[string]any{"runId": runID, "judge": "LLM", "fresh": a.Fresh}
	if a.Votes > 0 {
		in["votes"] = a.Votes
	}
	if a.Model != "" {
		in["model"] = a.Model
	}
	var out struct {
		AssessRun struct{ Assessment struct{ ID string } }
	}
	err := c.Do(ctx, `mutation($in: AssessRunInput!) { assessRun(input: $in) { assessment { id } } }`, map[string]any{"in": in}, &out)
	return out.AssessRun.Assessment.ID, err
}

// PlannedJudgement returns the id of the assessment by a language model that the plan
// of a run wants; empty where there is none. It is opened with the end of the run, so
// that it is among the first.
func (c *Client) PlannedJudgement(ctx context.Context, runID string) (string, error) {
	var out struct {
		Run *struct {
			Assessments struct {
				Nodes []struct {
					ID, Judge, CreatedBy string
					ResultID             *string
				}
			}
		}
	}
	err := c.Do(ctx, `query($id: ID!) { run(id: $id) { assessments(first: 100) { nodes { id judge createdBy resultId } } } }`, map[string]any{"id": runID}, &out)
	if err != nil || out.Run == nil {
		return "", err
	}
	for _, a := range out.Run.Assessments.Nodes {
		if a.Judge == "LLM" && a.CreatedBy == "" && a.ResultID == nil {
			return a.ID, nil
		}
	}
	return "", nil
}

// Assessment returns an assessment as the graph shows it; null where there is none.
func (c *Client) Assessment(ctx context.Context, id string) (json.RawMessage, error) {
	var out struct{ Assessment json.RawMessage }
	err := c.Do(ctx, `query($id: ID!) { assessment(id: $id) { id model`+judgement+panel+`} }`+evidenceFragment, map[string]any{"id": id}, &out)
	return out.Assessment, err
}

// ProjectReport returns the quality report of the token's project over the days
// before now; the format is one of the graph's. A natural one is told by a language
// model.
func (c *Client) ProjectReport(ctx context.Context, days int, format string, natural bool) (string, error) {
	var out struct {
		ProjectQualityReport struct{ Content string }
	}
	err := c.Do(ctx, `query($days: Int!, $format: ReportFormat!, $natural: Boolean!) { projectQualityReport(window: $days, format: $format, natural: $natural) { content } }`,
		map[string]any{"days": days, "format": format, "natural": natural}, &out)
	return out.ProjectQualityReport.Content, err
}
