package app

import (
	"context"

	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/internal/conformance"
)

// judge answers with the code that performs contract cases.
type judge struct{}

// Schema implements conformance.Judge.
func (judge) Schema(ctx context.Context, q conformance.SchemaQuestion) (*conformance.SchemaValidation, error) {
	ask := contract.SchemaQuestion{Schema: []byte(q.Schema), At: q.At, Strict: q.Strict}
	if q.Document != nil {
		ask.Document = []byte(*q.Document)
	}
	r, err := contract.CheckSchema(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := &conformance.SchemaValidation{Dialect: r.Dialect, Mistakes: places(r.Mistakes), Deviations: places(r.Deviations)}
	if r.Judged {
		conforms := len(r.Deviations) == 0
		out.Conforms = &conforms
	}
	return out, nil
}

func places(found []contract.Problem) []conformance.Place {
	out := make([]conformance.Place, len(found))
	for i, p := range found {
		out[i] = conformance.Place(p)
	}
	return out
}

// Response implements conformance.Judge.
func (judge) Response(ctx context.Context, q conformance.ResponseQuestion) (*conformance.ResponseValidation, error) {
	r, err := contract.CheckAnswer(ctx, []byte(q.OpenAPI), contract.Answer{
		Method: q.Method, Path: q.Path, Status: q.Status, Header: q.Header, Body: []byte(q.Body),
	}, q.Strict)
	if err != nil {
		return nil, err
	}
	out := &conformance.ResponseValidation{Operation: r.Operation, Checks: r.Checks, Notes: r.Notes}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, conformance.Finding(f))
	}
	return out, nil
}

// Contract implements conformance.Judge.
func (judge) Contract(_ context.Context, q conformance.ContractQuestion) (*conformance.ContractValidation, error) {
	found, isGraphQL, err := contract.CheckChanges([]byte(q.Base), []byte(q.Revision))
	if err != nil {
		return nil, err
	}
	out := &conformance.ContractValidation{Format: conformance.OpenAPI}
	if isGraphQL {
		out.Format = conformance.GraphQL
	}
	for _, c := range found {
		out.Changes = append(out.Changes, conformance.Change{ID: c.ID, Operation: c.Operation, Message: c.Text, Breaking: c.Breaking})
	}
	return out, nil
}
