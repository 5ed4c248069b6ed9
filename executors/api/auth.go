package api

import (
	"context"

	"github.com/semantest/semantest/executors/httpauth"
)

// authorize puts into a request what shows who it is from.
func (a *attempt) authorize(ctx context.Context, out *request) error {
	return a.tokens.Authorize(ctx, out.auth,
		httpauth.Request{Method: out.method, URL: out.url, Header: out.header, Body: out.body},
		httpauth.Via{Scope: a.task.Scope, Transport: a.roundTripper(), Timeout: a.task.Use.StepTimeout.Or(defaultStepTimeout), Shown: a.load})
}
