package runs

import (
	"context"
	"time"

	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Comparison is what an attempt found when it compared something with what
// people had accepted.
type Comparison struct {
	Name              string
	Kind              spec.BaselineKind
	Browser, Viewport string

	Status       spec.ComparisonStatus
	DiffPixels   int64
	DiffRatio    float64 // 0–1
	Reason       string
	ActualID     string // artifact
	ActualSHA256 string
	DiffID       string // artifact; empty without one
	Against      string // digest of the variant that it was compared with; empty when new
}

func (s *Service) storeComparisons(ctx context.Context, tx *store.Tx, ends []ending) error {
	if s.compared == nil {
		return nil
	}
	for _, e := range ends {
		if len(e.Comparisons) == 0 {
			continue
		}
		if err := s.compared.Record(ctx, tx, e.Result, e.Comparisons); err != nil {
			return err
		}
	}
	return nil
}

// Reviewed is what a person said of a comparison.
type Reviewed struct {
	ResultID, CaseKey, Title string // the title is the comparison's name
	ComparisonID             string
	Review                   string // accepted, rejected
}

// TellReviews records reviews among the events of a run, also of one that has
// ended. It locks the run's row, so that the caller's other locks come first.
func (s *Service) TellReviews(ctx context.Context, tx *store.Tx, runID string, reviews []Reviewed) error {
	r, err := advance(ctx, tx, runID, delta{events: len(reviews)})
	if err != nil {
		return err
	}
	now := time.Now()
	evs := make([]events.Event, len(reviews))
	for i, v := range reviews {
		evs[i] = r.event(events.ComparisonReviewed, now)
		evs[i].ResultID, evs[i].CaseKey, evs[i].Title = v.ResultID, v.CaseKey, v.Title
		evs[i].ComparisonID, evs[i].Review = v.ComparisonID, v.Review
	}
	return s.record(ctx, tx, r, evs...)
}
