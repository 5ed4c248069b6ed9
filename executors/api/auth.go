package api

import (
	"context"
	"io"

	"github.com/semantest/semantest/executors/httpauth"
)

// authorize puts into a request what shows who it is from.
func (a *attempt) authorize(ctx context.Context, out *request) error {
	request := httpauth.Request{Method: out.method, URL: out.url, Header: out.header, Body: out.body}
	if out.upload != nil {
		request.Open = func() io.ReadCloser { return a.openUpload(out.upload) }
	}
	return a.tokens.Authorize(ctx, out.auth, request,
		httpauth.Via{Scope: a.task.Scope, Transport: a.roundTripper(), Timeout: a.task.Use.StepTimeout.Or(defaultStepTimeout), Shown: a.load})
}
