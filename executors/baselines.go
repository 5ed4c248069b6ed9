package executors

import (
	"context"
	"io"

	"github.com/semantest/semantest/internal/spec"
)

// Baselines knows what people have accepted as the reference of an attempt's
// pictures and findings, and takes what they have to look at. Its methods may be
// called from several goroutines of the attempt, and never after Execute has
// returned.
//
// An executor asks for the accepted variants, compares, attaches what it saw
// and, where it differs, the difference, and then proposes the comparison. A
// comparison that is new or changed fails its check, since nothing that a person
// has accepted was seen, unless Task.AcceptBaselines is set: the person has
// accepted beforehand what this run sees.
type Baselines interface {
	// Accepted returns the accepted variants, the newest first; none when there is
	// no baseline yet. The baselines of the default branch stand in for those of a
	// branch that has none of its own.
	Accepted(ctx context.Context, key BaselineKey) ([]Baseline, error)

	// Propose tells a comparison, also one that found nothing, after its
	// attachments were attached. Of several proposals for a key within an attempt
	// the last one counts.
	Propose(ctx context.Context, c Comparison) error
}

// BaselineKey names what is compared. Project, plan and branch are the
// attempt's own.
type BaselineKey struct {
	Case     string // empty means the attempt's own, with its matrix values
	Name     string // unique within the case: "thanks"
	Kind     spec.BaselineKind
	Browser  string // "chromium"; empty where no browser has a part in it
	Viewport string // width x height @ scale: "1280x720@1"; empty without a browser
}

// Baseline is one accepted variant.
type Baseline struct {
	ID          string // for people to find it again; empty in a folder of files
	SHA256      string // of the content, in hex: equal bytes need not be read
	Size        int64  // bytes
	ContentType string

	// Open returns the content, which the caller closes.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Comparison is what an executor found when it compared.
type Comparison struct {
	Key    BaselineKey
	Status spec.ComparisonStatus

	DiffPixels int     // pixels that differ from the nearest variant; 0 where nothing has pixels
	DiffRatio  float64 // DiffPixels by all pixels, 0–1

	Actual string // name of the attachment that holds what was seen; required
	Diff   string // name of the attachment that shows the difference; empty without one

	// Against is the digest of the variant that Diff was made with, empty when new.
	Against string

	Reason string // one sentence for people: "the sizes differ: 1280x720 and 1280x900"
}
