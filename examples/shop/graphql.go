package shop

import (
	"encoding/json"
	"net/http"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/parser"
)

type graphRequest struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

func (s *Shop) graphQL(w http.ResponseWriter, r *http.Request) {
	var req graphRequest
	if err := readJSON(w, r, &req, true); err != nil {
		s.fail(w, r, err)
		return
	}
	if req.Query == "" || len(req.Query) > maxQuery {
		s.fail(w, r, invalid("query", "Send a query of at most 8192 bytes."))
		return
	}
	result := s.execute(r, req)
	if r.Context().Err() == nil {
		writeJSON(w, http.StatusOK, result)
	}
}

func (s *Shop) execute(r *http.Request, req graphRequest) *graphql.Result {
	doc, err := parser.Parse(parser.ParseParams{Source: req.Query})
	if err != nil {
		return &graphql.Result{Errors: gqlerrors.FormatErrors(err)}
	}
	if err := tooCostly(doc); err != nil {
		return &graphql.Result{Errors: gqlerrors.FormatErrors(err)}
	}
	if v := graphql.ValidateDocument(&s.schema, doc, nil); !v.IsValid {
		return &graphql.Result{Errors: v.Errors}
	}
	return graphql.Execute(graphql.ExecuteParams{
		Schema: s.schema, AST: doc, OperationName: req.OperationName, Args: req.Variables, Context: r.Context(),
	})
}

// buildSchema panics on a schema that is wrong in itself: every start and
// every test would show it.
func (s *Shop) buildSchema() graphql.Schema {
	schema, err := graphql.NewSchema(graphql.SchemaConfig{Query: s.queryType(), Mutation: s.mutationType()})
	if err != nil {
		panic(err)
	}
	return schema
}

func (s *Shop) queryType() *graphql.Object {
	return graphql.NewObject(graphql.ObjectConfig{Name: "Query", Fields: graphql.Fields{
		"products": {
			Description: "Products in which every word of q occurs.",
			Type:        graphql.NewNonNull(productListType),
			Args: graphql.FieldConfigArgument{
				"q":        {Type: graphql.String},
				"category": {Type: graphql.String},
				"limit":    {Type: graphql.Int, DefaultValue: 12, Description: "1–100."},
				"offset":   {Type: graphql.Int, DefaultValue: 0},
			},
			Resolve: s.resolveProducts,
		},
		"product": {
			Description: "One product, or null.",
			Type:        productType,
			Args:        graphql.FieldConfigArgument{"sku": {Type: graphql.NewNonNull(graphql.String)}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				found, ok := s.store.catalogue.bySKU[p.Args["sku"].(string)]
				if !ok {
					return nil, nil
				}
				return found, nil
			},
		},
		"order": {
			Description: "One order, or null.",
			Type:        orderType,
			Args:        graphql.FieldConfigArgument{"id": {Type: graphql.NewNonNull(graphql.ID)}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				o, err := s.store.order(p.Args["id"].(string))
				if err != nil {
					return nil, nil // null is the answer for an order that is not there
				}
				return graphOrder(o), nil
			},
		},
	}})
}

func (s *Shop) mutationType() *graphql.Object {
	return graphql.NewObject(graphql.ObjectConfig{Name: "Mutation", Fields: graphql.Fields{
		"createOrder": {
			Description: "Orders the items, or the cart where none are named.",
			Type:        graphql.NewNonNull(orderType),
			Args:        graphql.FieldConfigArgument{"input": {Type: graphql.NewNonNull(createOrderInput)}},
			Resolve:     s.resolveCreateOrder,
		},
		"payOrder": {
			Description: "Pays a PENDING order.",
			Type:        graphql.NewNonNull(orderType),
			Args:        graphql.FieldConfigArgument{"id": {Type: graphql.NewNonNull(graphql.ID)}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				return orderResult(s.pay(p.Context, p.Args["id"].(string)))
			},
		},
	}})
}

func (s *Shop) resolveProducts(p graphql.ResolveParams) (any, error) {
	limit, _ := p.Args["limit"].(int)
	offset, _ := p.Args["offset"].(int)
	if limit < 1 || limit > 100 {
		return nil, graphError{invalid("limit", "Give a whole number from 1 to 100.")}
	}
	if offset < 0 {
		return nil, graphError{invalid("offset", "Give a whole number from 0.")}
	}
	q, _ := p.Args["q"].(string)
	category, _ := p.Args["category"].(string)
	return page(s.store.catalogue.search(q, category), limit, offset), nil
}

func (s *Shop) resolveCreateOrder(p graphql.ResolveParams) (any, error) {
	var req orderRequest
	text, err := json.Marshal(p.Args["input"])
	if err == nil {
		err = json.Unmarshal(text, &req)
	}
	if err != nil {
		return nil, graphError{err}
	}
	v := p.Context.Value(visitKey{}).(*visit)
	return orderResult(s.store.place(v.demandSession(), req, v.fault))
}

func orderResult(o order, err error) (any, error) {
	if err != nil {
		return nil, graphError{err}
	}
	return graphOrder(o), nil
}

// graphError carries what REST callers read from the problem as extensions.
type graphError struct{ error }

// Error hides the text of errors that are not meant for callers.
func (e graphError) Error() string { return asProblem(e.error).Detail }

// Extensions implements gqlerrors.ExtendedError.
func (e graphError) Extensions() map[string]any {
	p := asProblem(e.error)
	codes := map[int]string{
		http.StatusNotFound: "NOT_FOUND", http.StatusConflict: "CONFLICT", http.StatusUnprocessableEntity: "INVALID_INPUT",
	}
	code, ok := codes[p.Status]
	if !ok {
		code = "INTERNAL"
	}
	out := map[string]any{"code": code}
	if len(p.Errors) > 0 {
		out["errors"] = p.Errors
	}
	return out
}

var _ gqlerrors.ExtendedError = graphError{}
