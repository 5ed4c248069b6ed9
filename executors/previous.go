package executors

import (
	"context"
	"io"
)

// Previous knows what the run before left: the newest run of the same plan and
// environment that has ended, as far as the attempt's own case was in it. Its
// method may be called from several goroutines of the attempt.
type Previous interface {
	// Open returns an attachment of the case's last attempt in the newest such run
	// that has one of this name, and the id of that run; the caller closes it.
	// fs.ErrNotExist says that there is none.
	Open(ctx context.Context, name string) (body io.ReadCloser, runID string, err error)
}
