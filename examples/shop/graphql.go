package shop

import (
	"encoding/json"
	"net/http"
	"sync"

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
	result := execute(r, req)
	if r.Context().Err() == nil {
		writeJSON(w, http.StatusOK, result)
	}
}

func execute(r *http.Request, req graphRequest) *graphql.Result {
	doc, err := parser.Parse(parser.ParseParams{Source: req.Query})
	if err != nil {
		return &graphql.Result{Errors: gqlerrors.FormatErrors(err)}
	}
	if err := tooCostly(doc); err != nil {
		return &graphql.Result{Errors: gqlerrors.FormatErrors(err)}
	}
	schema := theSchema()
	if v := graphql.ValidateDocument(&schema, doc, nil); !v.IsValid {
		return &graphql.Result{Errors: v.Errors}
	}
	if err := wrongVariable(&schema, doc, req.Variables); err != nil {
		return &graphql.Result{Errors: gqlerrors.FormatErrors(err)}
	}
	return graphql.Execute(graphql.ExecuteParams{
		Schema: schema, AST: doc, OperationName: req.OperationName, Args: req.Variables, Context: r.Context(),
	})
}

// theSchema is one for all shops of the process, because making a schema writes
// to its types. Resolvers find their shop in the visit. A schema that is wrong
// in itself panics: every start and every test would show it.
var theSchema = sync.OnceValue(func() graphql.Schema {
	schema, err := graphql.NewSchema(graphql.SchemaConfig{Query: queryType(), Mutation: mutationType()})
	if err != nil {
		panic(err)
	}
	// Enums make their look-up tables at first use and without a lock: use
	// them here, before requests do so side by side.
	for _, kind := range schema.TypeMap() {
		if enum, ok := kind.(*graphql.Enum); ok {
			enum.Serialize("")
			enum.ParseValue("")
		}
	}
	return schema
})

func queryType() *graphql.Object {
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
			Resolve: resolveProducts,
		},
		"product": {
			Description: "One product, or null.",
			Type:        productType,
			Args:        graphql.FieldConfigArgument{"sku": {Type: graphql.NewNonNull(graphql.String)}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				found, ok := graphVisit(p).shop.store.catalogue.bySKU[p.Args["sku"].(string)]
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
				o, err := graphVisit(p).shop.store.order(p.Args["id"].(string))
				if err != nil {
					return nil, nil //nolint:nilerr // null is the answer for an order that is not there
				}
				return graphOrder(o), nil
			},
		},
	}})
}

func mutationType() *graphql.Object {
	return graphql.NewObject(graphql.ObjectConfig{Name: "Mutation", Fields: graphql.Fields{
		"createOrder": {
			Description: "Orders the items, or the cart where none are named.",
			Type:        graphql.NewNonNull(orderType),
			Args:        graphql.FieldConfigArgument{"input": {Type: graphql.NewNonNull(createOrderInput)}},
			Resolve:     resolveCreateOrder,
		},
		"payOrder": {
			Description: "Pays a PENDING order.",
			Type:        graphql.NewNonNull(orderType),
			Args:        graphql.FieldConfigArgument{"id": {Type: graphql.NewNonNull(graphql.ID)}},
			Resolve: func(p graphql.ResolveParams) (any, error) {
				return orderResult(graphVisit(p).shop.pay(p.Context, p.Args["id"].(string)))
			},
		},
	}})
}

func resolveProducts(p graphql.ResolveParams) (any, error) {
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
	return page(graphVisit(p).shop.store.catalogue.search(q, category), limit, offset), nil
}

func resolveCreateOrder(p graphql.ResolveParams) (any, error) {
	var req orderRequest
	text, err := json.Marshal(p.Args["input"])
	if err == nil {
		err = json.Unmarshal(text, &req)
	}
	if err != nil {
		return nil, graphError{err}
	}
	v := graphVisit(p)
	return orderResult(v.shop.store.place(v.demandSession(), req, v.fault))
}

func graphVisit(p graphql.ResolveParams) *visit { return p.Context.Value(visitKey{}).(*visit) }

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
