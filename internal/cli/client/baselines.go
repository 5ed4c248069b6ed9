package client

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Comparison is what an attempt found when it compared with a baseline.
type Comparison struct {
	ID, Branch, CaseKey, Name, Kind, Browser, Viewport string
	Status                                             string // NEW, CHANGED, SAME
	Review, ReviewNote, ReviewedBy                     string // UNNEEDED, PENDING, ACCEPTED, REJECTED
	DiffPixels                                         int64
	DiffRatio                                          float64
	Reason                                             string
	Actual, Diff                                       *struct{ Name, ContentType, URL string }
	Baseline                                           *struct{ ID, ContentType, URL string }
}

const comparisonFields = `id branch caseKey name kind browser viewport status review reviewNote reviewedBy diffPixels diffRatio reason
	actual { name contentType url } diff { name contentType url } baseline { id contentType url }`

// Comparisons returns all comparisons of a run; where pending, those that wait
// for a review.
func (c *Client) Comparisons(ctx context.Context, runID string, pending bool) ([]Comparison, error) {
	const query = `query($id: ID!, $after: String, $reviews: [ComparisonReview!]) { run(id: $id) {
		comparisons(first: 100, after: $after, reviews: $reviews) { pageInfo { hasNextPage endCursor } nodes { ` + comparisonFields + ` } } } }`
	vars := map[string]any{"id": runID}
	if pending {
		vars["reviews"] = []string{"PENDING"}
	}
	var out []Comparison
	for {
		var page struct {
			Run *struct {
				Comparisons struct {
					PageInfo struct {
						HasNextPage bool
						EndCursor   *string
					}
					Nodes []Comparison
				}
			}
		}
		if err := c.Do(ctx, query, vars, &page); err != nil {
			return nil, err
		}
		if page.Run == nil {
			return nil, apperr.New(apperr.NotFound, "there is no run %s on this server", runID)
		}
		out = append(out, page.Run.Comparisons.Nodes...)
		info := page.Run.Comparisons.PageInfo
		if !info.HasNextPage {
			return out, nil
		}
		if info.EndCursor == nil {
			return nil, errors.New("the server's page of comparisons has no cursor")
		}
		vars["after"] = *info.EndCursor
	}
}

// Comparison returns one comparison.
func (c *Client) Comparison(ctx context.Context, id string) (*Comparison, error) {
	var out struct{ Comparison *Comparison }
	err := c.Do(ctx, `query($id: ID!) { comparison(id: $id) { `+comparisonFields+` } }`, map[string]any{"id": id}, &out)
	if err == nil && out.Comparison == nil {
		err = apperr.New(apperr.NotFound, "there is no comparison %s on this server", id)
	}
	return out.Comparison, err
}

// AcceptBaseline accepts what a comparison saw: beside what is accepted where
// asVariant, otherwise in its place.
func (c *Client) AcceptBaseline(ctx context.Context, id string, asVariant bool, note string) (*Comparison, error) {
	var out struct {
		AcceptBaseline struct{ Comparison *Comparison }
	}
	err := c.Do(ctx, `mutation($in: AcceptBaselineInput!) { acceptBaseline(input: $in) { comparison { `+comparisonFields+` } } }`,
		map[string]any{"in": map[string]any{"comparisonId": id, "asVariant": asVariant, "note": note}}, &out)
	return out.AcceptBaseline.Comparison, err
}

// RejectBaseline says that what a comparison saw is wrong.
func (c *Client) RejectBaseline(ctx context.Context, id, note string) (*Comparison, error) {
	var out struct {
		RejectBaseline struct{ Comparison *Comparison }
	}
	err := c.Do(ctx, `mutation($in: RejectBaselineInput!) { rejectBaseline(input: $in) { comparison { `+comparisonFields+` } } }`,
		map[string]any{"in": map[string]any{"comparisonId": id, "note": note}}, &out)
	return out.RejectBaseline.Comparison, err
}

// AcceptAll accepts what waits for a review in a run, and returns it.
func (c *Client) AcceptAll(ctx context.Context, runID string, asVariants bool) ([]Comparison, error) {
	var all []Comparison
	for {
		var out struct {
			AcceptAll struct {
				Left        int
				Comparisons []Comparison
			}
		}
		err := c.Do(ctx, `mutation($in: AcceptAllInput!) { acceptAll(input: $in) { left comparisons { `+comparisonFields+` } } }`,
			map[string]any{"in": map[string]any{"runId": runID, "asVariants": asVariants}}, &out)
		if err != nil {
			return all, err
		}
		all = append(all, out.AcceptAll.Comparisons...)
		if out.AcceptAll.Left == 0 || len(out.AcceptAll.Comparisons) == 0 {
			return all, nil
		}
	}
}

// Baseline is one variant that people have accepted.
type Baseline struct {
	ID, CaseKey, Name, Browser, Viewport, AcceptedBy string
	AcceptedAt                                       time.Time
}

// Title names it for people.
func (b Baseline) Title() string {
	return strings.Join(strings.Fields(strings.Join([]string{b.CaseKey, b.Name, b.Browser, b.Viewport}, " ")), " ")
}

// Promotion is what became of the baselines of a branch.
type Promotion struct {
	Into      string
	Promoted  []Baseline
	Unchanged int
	Kept      []struct{ Ours, Theirs Baseline }
}

// PromoteBaselines makes what a branch has accepted the baseline of another one;
// of the project's default branch where into is empty.
func (c *Client) PromoteBaselines(ctx context.Context, branch, into string) (*Promotion, error) {
	const fields = `{ id caseKey name browser viewport acceptedBy acceptedAt }`
	input := map[string]any{"branch": branch}
	if into != "" {
		input["into"] = into
	}
	var out struct{ PromoteBaselines *Promotion }
	err := c.Do(ctx, `mutation($in: PromoteBaselinesInput!) { promoteBaselines(input: $in) { into unchanged promoted `+fields+` kept { ours `+fields+` theirs `+fields+` } } }`,
		map[string]any{"in": input}, &out)
	return out.PromoteBaselines, err
}
