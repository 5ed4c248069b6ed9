package jobs

import (
	"context"
	"io"
	"io/fs"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// previous implements executors.Previous for one attempt.
type previous struct {
	runs      *runs.Service
	artifacts *artifacts.Service
	claim     *runs.Claim
}

// Open implements executors.Previous. A content that is gone, as when old runs
// are cleared away, is none.
func (p *previous) Open(ctx context.Context, name string) (io.ReadCloser, string, error) {
	ctx = store.InProject(ctx, p.claim.Result.ProjectID)
	row, err := p.runs.PreviousArtifact(ctx, p.claim.Result, name)
	if err == nil && row == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, "", err
	}
	body, err := p.artifacts.OpenRow(ctx, row)
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil, "", fs.ErrNotExist
	}
	return body, row.RunID, err
}
