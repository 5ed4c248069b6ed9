package graph

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/semantest/semantest/graph/armour"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/graph/transport"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ratelimit"
)

// Limits of what clients may ask. The zero value has the usual limits of an
// operation and none of how often one may ask.
type Limits struct {
	Operation armour.Limits
	Documents armour.Documents // persisted ones; nil for none

	Rates    *ratelimit.Limiter // nil for none
	Requests []ratelimit.Limit  // of operations, for each client
	Starts   ratelimit.Limit    // of startRun, for each user or token
}

// uploads are the root fields that take plans, documents and files.
var uploads = map[string]bool{
	"createPlan": true, "updatePlan": true, "validatePlan": true, "startRun": true,
	"validateSchema": true, "validateResponse": true, "validateContract": true,
	"generateTestCases": true, "proposePlan": true,
}

// weights are root fields that compute for up to seconds: a few of them fit into
// an operation.
var weights = map[string]int{"validateSchema": 200, "validateResponse": 200, "validateContract": 400, "exportPlan": 200}

// bodies bounds requests by what an operation may have.
func (l Limits) bodies() transport.Bodies {
	o := l.Operation.WithDefaults()
	return transport.Bodies{Most: o.Body, Upload: o.Upload, Nesting: o.Nesting, Signed: signed}
}

func signed(ctx context.Context) bool {
	_, err := auth.Signed(ctx)
	return err == nil
}

// counter takes each operation from its client's limits, before it is parsed:
// once, however it came and however often it is executed.
type counter struct{ Limits }

// ExtensionName implements graphql.HandlerExtension.
func (counter) ExtensionName() string { return "RateLimit" }

// Validate implements graphql.HandlerExtension.
func (counter) Validate(graphql.ExecutableSchema) error { return nil }

const rateKey = "rate"

// MutateOperationParameters implements graphql.OperationParameterMutator.
func (c counter) MutateOperationParameters(ctx context.Context, _ *graphql.RawParams) *gqlerror.Error {
	if c.Rates == nil || transport.Again(ctx) {
		return nil
	}
	state, err := c.Rates.Take(ctx, c.Requests, clientOf(ctx), 1)
	graphql.GetOperationContext(ctx).Stats.SetExtension(rateKey, state)
	if err != nil {
		return &gqlerror.Error{Err: err, Message: apperr.Message(err)}
	}
	return nil
}

// takeStart takes one run from the caller's limit of starts. Each alias of an
// operation takes its own.
func (r *Resolver) takeStart(ctx context.Context) error {
	if r.Limits.Rates == nil {
		return nil
	}
	_, err := r.Limits.Rates.Take(ctx, []ratelimit.Limit{r.Limits.Starts}, clientOf(ctx), 1)
	return err
}

// rateOf returns where the client of an operation stands.
func rateOf(op *graphql.OperationContext) ratelimit.State {
	s, _ := op.Stats.GetExtension(rateKey).(ratelimit.State)
	return s
}

// rateLimit tells it in the graph; nil where nothing is limited.
func rateLimit(ctx context.Context) *model.RateLimit {
	op := graphql.GetOperationContext(ctx)
	s := rateOf(op)
	if !s.Limited() {
		return nil
	}
	return &model.RateLimit{
		Limit: s.Limit.Max, Per: int(s.Limit.Per.Seconds()), Remaining: s.Remaining, ResetAt: s.ResetAt, Cost: armour.CostOf(op),
	}
}

// rateHeader tells it in the headers of the answer.
func rateHeader(h http.Header, op *graphql.OperationContext) {
	s := rateOf(op)
	if !s.Limited() {
		return
	}
	h.Set("RateLimit-Limit", strconv.Itoa(s.Limit.Max))
	h.Set("RateLimit-Remaining", strconv.Itoa(s.Remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(max(int(time.Until(s.ResetAt).Seconds()+0.999), 0)))
}

// clientOf names who is counted: a user with all sessions, a token, or an
// address.
func clientOf(ctx context.Context) string {
	if p, err := auth.Signed(ctx); err == nil {
		switch {
		case p.UserID != "":
			return "user " + p.UserID
		case p.TokenID != "":
			return "token " + p.TokenID
		}
	}
	return "address " + network(audit.OriginOf(ctx).Address)
}

// network is what one client has of the addresses: all of a /64 in IPv6.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// originated makes sure that the address of a client is known.
func originated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if audit.OriginOf(r.Context()).Address == "" {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				host = r.RemoteAddr
			}
			r = r.WithContext(audit.From(r.Context(), audit.Origin{Address: host, UserAgent: r.UserAgent()}))
		}
		next.ServeHTTP(w, r)
	})
}
