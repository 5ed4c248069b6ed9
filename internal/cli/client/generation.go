package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Generate says what cases are wanted: of exactly one of the sources.
type Generate struct {
	OpenAPI      string // the document itself
	OpenAPIURL   string
	Requirements string
	CrawlURL     string
	Depth, Pages int // of a crawl

	Target, Environment string
	PlanID              string // of the plan that they are for
	MaxCases            int
	Coverage            float64 // 0–1
	Timeout             time.Duration
}

// GenerationProgress is where a generation stood.
type GenerationProgress struct {
	Seq                         int64
	Stage                       string // as in the graph: CHECKING
	Tried, Candidates, Proposed int
	CaseID, State               string // of the case that was judged last; empty where none was
}

// Generation is a generation with what came of it.
type Generation struct {
	Status, Reason string
	Generator      string
	FromCache      bool
	CacheAgeMs     int64
	Coverage       float64 // 0–1
	Notes          []string
	Cases          []GeneratedCase
	ProposedPlan   string
	ProposedFiles  []struct {
		Path    string
		Content []byte // base64 in the answer
	}
}

// GeneratedCase is a case with what was found about it.
type GeneratedCase struct {
	CaseID, Kind, State string
	Confidence          float64 // 0–1
	Checks              []struct{ Name, Outcome, Reason string }
}

// Generate asks for cases and returns the generation's id.
func (c *Client) Generate(ctx context.Context, g Generate) (string, error) {
	source := map[string]any{}
	if g.CrawlURL != "" {
		source["crawl"] = map[string]any{"url": g.CrawlURL, "depth": g.Depth, "pages": g.Pages}
	}
	given(source, map[string]string{"openapi": g.OpenAPI, "openapiUrl": g.OpenAPIURL, "requirements": g.Requirements})
	input := map[string]any{"source": source, "maxCases": g.MaxCases, "coverage": g.Coverage, "timeoutMs": g.Timeout.Milliseconds()}
	given(input, map[string]string{"target": g.Target, "environment": g.Environment, "planId": g.PlanID})
	var out struct {
		GenerateTestCases struct{ Generation struct{ ID string } }
	}
	err := c.Do(ctx, `mutation($input: GenerateTestCasesInput!) { generateTestCases(input: $input) { generation { id } } }`, map[string]any{"input": input}, &out)
	return out.GenerateTestCases.Generation.ID, err
}

func given(into map[string]any, texts map[string]string) {
	for name, text := range texts {
		if text != "" {
			into[name] = text
		}
	}
}

// FollowGeneration calls next with each event of a generation, until it is over.
// It connects again as Follow does.
func (c *Client) FollowGeneration(ctx context.Context, id string, patience time.Duration, next func(GenerationProgress)) error {
	const query = `subscription($id: ID!, $after: Int!) { generationProgress(id: $id, after: $after) { seq stage tried candidates proposed caseId state } }`
	return c.resume(ctx, query, map[string]any{"id": id}, patience, func(data json.RawMessage) (int64, bool, error) {
		var item struct{ GenerationProgress GenerationProgress }
		if err := json.Unmarshal(data, &item); err != nil {
			return 0, false, err
		}
		next(item.GenerationProgress)
		return item.GenerationProgress.Seq, item.GenerationProgress.Stage == "FINISHED", nil
	})
}

// FetchGeneration reads what came of a generation.
func (c *Client) FetchGeneration(ctx context.Context, id string) (*Generation, error) {
	var out struct{ Generation *Generation }
	err := c.Do(ctx, `query($id: ID!) { generation(id: $id) { status reason generator fromCache cacheAgeMs coverage notes proposedPlan proposedFiles { path content }
		cases { caseId kind state confidence checks { name outcome reason } } } }`, map[string]any{"id": id}, &out)
	if err == nil && out.Generation == nil {
		err = apperr.New(apperr.NotFound, "the server has no generation %s any more", id)
	}
	return out.Generation, err
}

// CancelGeneration stops a generation.
func (c *Client) CancelGeneration(ctx context.Context, id string) error {
	var out struct{}
	return c.Do(ctx, `mutation($id: ID!) { cancelGeneration(input: {id: $id}) { generation { status } } }`, map[string]any{"id": id}, &out)
}
