package fake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// compare is what an executor does with a picture: it attaches what it saw, asks
// what is accepted, and proposes what it found.
func (s Step) compare(ctx context.Context, task executors.Task, sink executors.Sink, r *executors.Report) error {
	if task.Baselines == nil {
		return executors.Errorf("nobody keeps baselines here")
	}
	seen := *s.Picture
	seen.Name, seen.Kind = s.Picture.Name+".png", executors.AttachmentScreenshot
	if err := sink.Attach(ctx, seen.attachment(r.Index)); err != nil {
		return executors.Errorf("the picture was not stored: %w", err)
	}
	found := executors.Comparison{
		Key:    executors.BaselineKey{Name: s.Picture.Name, Kind: spec.BaselineScreenshot, Browser: "fake", Viewport: "800x600@1"},
		Actual: seen.Name, Status: spec.ComparisonNew,
	}
	accepted, err := task.Baselines.Accepted(ctx, found.Key)
	if err != nil {
		return executors.Errorf("the baseline cannot be read: %w", err)
	}
	sum := sha256.Sum256(s.Picture.Body)
	digest := hex.EncodeToString(sum[:])
	switch {
	case slices.ContainsFunc(accepted, func(b executors.Baseline) bool { return b.SHA256 == digest }):
		found.Status, found.Against = spec.ComparisonSame, digest
	case len(accepted) > 0:
		diff := Attachment{Name: s.Picture.Name + "-diff.png", Kind: executors.AttachmentScreenshot, ContentType: "image/png", Body: []byte("diff")}
		if err := sink.Attach(ctx, diff.attachment(r.Index)); err != nil {
			return executors.Errorf("the difference was not stored: %w", err)
		}
		found.Status, found.Against, found.Diff = spec.ComparisonChanged, accepted[0].SHA256, diff.Name
		found.DiffPixels, found.DiffRatio, found.Reason = 1, 0.5, "the bytes differ"
	}
	if err := task.Baselines.Propose(ctx, found); err != nil {
		return executors.Errorf("the comparison was not proposed: %w", err)
	}
	r.Check(executors.Check{
		Name: "picture " + s.Picture.Name, Passed: found.Status == spec.ComparisonSame || task.AcceptBaselines,
		Expected: "as accepted", Actual: string(found.Status), Message: fmt.Sprintf("the picture %s is %s", s.Picture.Name, found.Status),
	})
	return nil
}
