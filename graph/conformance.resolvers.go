package graph

import (
	"context"

	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/conformance"
)

func (r *mutationResolver) ValidateSchema(ctx context.Context, input model.ValidateSchemaInput) (*model.ValidateSchemaPayload, error) {
	v, err := r.Services.Conformance.ValidateSchema(ctx, conformance.SchemaQuestion{
		Schema: input.Schema, At: deref(input.At), Document: input.Document, Strict: deref(input.Strict),
	})
	return &model.ValidateSchemaPayload{Validation: v, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ValidateResponse(ctx context.Context, input model.ValidateResponseInput) (*model.ValidateResponsePayload, error) {
	v, err := r.Services.Conformance.ValidateResponse(ctx, conformance.ResponseQuestion{
		OpenAPI: input.Openapi, Method: input.Method, Path: input.Path, Status: input.Status,
		Header: headerOf(input.Headers), Body: deref(input.Body), Strict: deref(input.Strict),
	})
	return &model.ValidateResponsePayload{Validation: v, ClientMutationID: input.ClientMutationID}, err
}

func (r *mutationResolver) ValidateContract(ctx context.Context, input model.ValidateContractInput) (*model.ValidateContractPayload, error) {
	v, err := r.Services.Conformance.ValidateContract(ctx, conformance.ContractQuestion{Base: input.Base, Revision: input.Revision})
	return &model.ValidateContractPayload{Validation: v, ClientMutationID: input.ClientMutationID}, err
}
