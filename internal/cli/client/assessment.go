package client

import "context"

const assessmentFields = `assessment { status reason verdict score confidence coverage rulesVersion omittedIssues
		criteria { criterion status reason weight share score band basis coverage precision confidence why moreParts
			caps { limit before reason } interval { low high }
			parts { name subject value unit good median weight score evidence { ...evidence } } }
		issues { criterion severity title detail evidenceCount evidence { ...evidence } }
		recommendations { criterion action reason gain confidenceGain evidenceCount evidence { ...evidence } } }`

const evidenceFragment = ` fragment evidence on Evidence { kind id caseKey attempt step name quote }`

// AssessRun has a run that has ended assessed, unless it is.
func (c *Client) AssessRun(ctx context.Context, id string) error {
	var out struct{}
	return c.Do(ctx, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, map[string]any{"id": id}, &out)
}
