package jobs

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/baselines"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Baselines knows what people have accepted: the service of a server, or a
// folder beside the plan.
type Baselines interface {
	Accepted(ctx context.Context, runID string, key baselines.Key) ([]baselines.Accepted, error)
}

// maxComparisons bounds what one attempt may propose; what is beyond is refused.
const maxComparisons = 500

// comparing implements executors.Baselines for one attempt.
type comparing struct {
	source Baselines
	claim  *runs.Claim
	rec    *recorder
}

// baselinesOf returns what an attempt compares with; nil where nobody keeps any.
func (h *Host) baselinesOf(claim *runs.Claim, sink executors.Sink) executors.Baselines {
	rec, ok := sink.(*recorder)
	if h.baselines == nil || !ok {
		return nil
	}
	return &comparing{h.baselines, claim, rec}
}

// Accepted implements executors.Baselines.
func (c *comparing) Accepted(ctx context.Context, key executors.BaselineKey) ([]executors.Baseline, error) {
	if err := c.check(key); err != nil {
		return nil, err
	}
	rows, err := c.source.Accepted(store.InProject(ctx, c.claim.Result.ProjectID), c.claim.Result.RunID, baselines.Key{
		CaseKey: c.claim.Result.CaseKey, Name: key.Name, Kind: key.Kind, Browser: key.Browser, Viewport: key.Viewport,
	})
	if err != nil {
		return nil, fmt.Errorf("ask for the baseline of %s: %w", key.Name, err)
	}
	out := make([]executors.Baseline, len(rows))
	for i, r := range rows {
		out[i] = executors.Baseline{ID: r.ID, SHA256: r.SHA256, Size: r.Size, ContentType: r.ContentType, Open: r.Open}
	}
	return out, nil
}

// Propose implements executors.Baselines.
func (c *comparing) Propose(_ context.Context, found executors.Comparison) error {
	if err := c.check(found.Key); err != nil {
		return err
	}
	return c.rec.propose(found)
}

// check keeps executors from naming what cannot be found again.
func (c *comparing) check(key executors.BaselineKey) error {
	if key.Case != "" && key.Case != c.claim.Result.CaseKey && key.Case != c.claim.Case.ID {
		return fmt.Errorf("a baseline of the case %s was asked for by the case %s", key.Case, c.claim.Result.CaseKey)
	}
	for _, part := range []struct {
		what, text string
		most       int
	}{{"name", key.Name, 200}, {"browser", key.Browser, 50}, {"viewport", key.Viewport, 50}} {
		if len(part.text) > part.most || !utf8.ValidString(part.text) || strings.ContainsRune(part.text, 0) {
			return fmt.Errorf("the %s of a baseline has at most %d bytes of text", part.what, part.most)
		}
	}
	if key.Name == "" {
		return fmt.Errorf("a baseline has a name")
	}
	for _, k := range spec.BaselineKinds() {
		if k == key.Kind {
			return nil
		}
	}
	return fmt.Errorf("there is no kind of baselines %q", key.Kind)
}

// propose keeps a comparison with the artifacts that it names. Of several for a
// key the last one counts.
func (r *recorder) propose(found executors.Comparison) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	c := runs.Comparison{
		Name: found.Key.Name, Kind: found.Key.Kind, Browser: found.Key.Browser, Viewport: found.Key.Viewport,
		Status: found.Status, DiffPixels: int64(max(0, found.DiffPixels)), Against: found.Against,
		Reason: sentence(r.claim.Scope.Mask(found.Reason)),
	}
	if found.DiffRatio > 0 { // which also leaves out what is no number
		c.DiffRatio = min(found.DiffRatio, 1)
	}
	for i := range r.out.Artifacts { // the newest of a name
		switch a := r.out.Artifacts[i]; {
		case a.Error != "":
		case a.Name == found.Actual:
			c.ActualID, c.ActualSHA256 = a.ID, a.SHA256
		case a.Name == found.Diff:
			c.DiffID = a.ID
		}
	}
	if c.ActualID == "" {
		return fmt.Errorf("the comparison of %s names %q, which was not attached or could not be stored", c.Name, found.Actual)
	}
	for i, other := range r.out.Comparisons {
		if other.Name == c.Name && other.Kind == c.Kind && other.Browser == c.Browser && other.Viewport == c.Viewport {
			r.out.Comparisons[i] = c
			return nil
		}
	}
	if len(r.out.Comparisons) >= maxComparisons {
		return fmt.Errorf("the attempt has more than %d comparisons", maxComparisons)
	}
	r.out.Comparisons = append(r.out.Comparisons, c)
	return nil
}

// sentence is a text as Postgres can hold it, of bounded length.
func sentence(text string) string {
	const most = 1000
	return excerpt.Storable(excerpt.Start(text, most))
}
