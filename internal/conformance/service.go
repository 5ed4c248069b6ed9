package conformance

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
)

// Bounds of a question.
const (
	MaxSchema   = 4 << 20 // bytes of a schema, and of an OpenAPI document that judges an answer
	MaxDocument = 4 << 20 // bytes of a document, and of an answer's body
	MaxContract = 2 << 20 // bytes of each of two versions
	maxHeaders  = 100
	maxChanges  = 500 // that are told
)

// atOnce is how many questions of a process are judged at the same time. Each
// may take a hundred megabytes and a second.
const atOnce = 2

// Service answers questions about schemas, answers and contracts.
type Service struct {
	judge Judge
	slots chan struct{}
}

// New returns the service.
func New(j Judge) *Service { return &Service{judge: j, slots: make(chan struct{}, atOnce)} }

// ValidateSchema says what is wrong with a schema, and with a document by it.
func (s *Service) ValidateSchema(ctx context.Context, q SchemaQuestion) (*SchemaValidation, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, err
	}
	if err := bound("schema", q.Schema, MaxSchema); err != nil {
		return nil, err
	}
	if q.Document != nil {
		if err := bound("document", *q.Document, MaxDocument); err != nil {
			return nil, err
		}
	}
	if len(q.At) > 1000 {
		return nil, apperr.Invalid("at", "the JSON pointer has more than 1000 characters")
	}
	return ask(ctx, s, q, s.judge.Schema)
}

// ValidateResponse says whether an answer is what an OpenAPI document says.
func (s *Service) ValidateResponse(ctx context.Context, q ResponseQuestion) (*ResponseValidation, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, err
	}
	if err := bound("openapi", q.OpenAPI, MaxSchema); err != nil {
		return nil, err
	}
	switch {
	case q.Status < 100 || q.Status > 599:
		return nil, apperr.Invalid("status", "a status is a number from 100 to 599")
	case len(q.Header) > maxHeaders:
		return nil, apperr.Invalid("headers", "an answer has at most %d headers", maxHeaders)
	case len(q.Body) > MaxDocument:
		return nil, bound("body", q.Body, MaxDocument)
	case len(q.Path) > 4000 || !strings.HasPrefix(q.Path, "/"):
		return nil, apperr.Invalid("path", "a path begins with / and has at most 4000 characters")
	}
	if q.Header == nil {
		q.Header = http.Header{}
	}
	return ask(ctx, s, q, s.judge.Response)
}

// ValidateContract says what a new version of a document breaks.
func (s *Service) ValidateContract(ctx context.Context, q ContractQuestion) (*ContractValidation, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, err
	}
	if err := bound("base", q.Base, MaxContract); err != nil {
		return nil, err
	}
	if err := bound("revision", q.Revision, MaxContract); err != nil {
		return nil, err
	}
	out, err := ask(ctx, s, q, s.judge.Contract)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Changes, func(a, b Change) int {
		switch {
		case a.Breaking == b.Breaking:
			return 0
		case a.Breaking:
			return -1
		}
		return 1
	})
	out.Total = len(out.Changes)
	out.Changes = out.Changes[:min(out.Total, maxChanges)]
	return out, nil
}

func bound(field, text string, most int) error {
	switch {
	case len(text) > most:
		return apperr.Invalid(field, "%s has %.1f MiB; at most %d MiB are read", field, float64(len(text))/(1<<20), most>>20)
	case strings.TrimSpace(text) == "" && field != "document":
		return apperr.Invalid(field, "%s is empty", field)
	}
	return nil
}

// ask waits for its turn.
func ask[Q, A any](ctx context.Context, s *Service, q Q, judge func(context.Context, Q) (*A, error)) (*A, error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.slots }()
	return judge(ctx, q)
}
