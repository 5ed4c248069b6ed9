package armour

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/semantest/semantest/internal/apperr"
)

// Guard is the armour of one server. Wear puts it on.
type Guard struct {
	limits Limits
	o      Options
	schema *ast.Schema
	parsed parsed
}

// Options say what the armour can't know.
type Options struct {
	// Signed reports whether somebody is signed in. It says whose documents are
	// kept, and who may read the schema.
	Signed func(ctx context.Context) bool

	// Documents are the persisted ones; nil for none.
	Documents Documents

	// Uploads are the root fields that take plans and files.
	Uploads map[string]bool

	// Weights are root fields that cost more than the objects which they give, as
	// many objects as cost the same.
	Weights map[string]int
}

// Wear gives a server its limits.
func Wear(srv *handler.Server, schema *ast.Schema, l Limits, o Options) *Guard {
	g := &Guard{limits: l.WithDefaults(), o: o, schema: schema, parsed: parsed{lru.New[*ast.QueryDocument](500), o.Signed}}
	srv.SetParserTokenLimit(g.limits.parserTokens())
	srv.SetQueryCache(g.parsed)
	srv.SetDisableSuggestion(true)
	srv.SetValidationRulesFn(silent)
	srv.Use(g)
	return g
}

// silent are the rules of GraphQL that suggest nothing: a suggestion tells the
// schema to who may not read it, and is searched for in all of it.
func silent() *rules.Rules {
	r := rules.NewDefaultRules()
	for _, one := range []struct {
		loud, quiet core.Rule
	}{
		{rules.KnownArgumentNamesRule, rules.KnownArgumentNamesRuleWithoutSuggestions},
		{rules.KnownTypeNamesRule, rules.KnownTypeNamesRuleWithoutSuggestions},
		{rules.ValuesOfCorrectTypeRule, rules.ValuesOfCorrectTypeRuleWithoutSuggestions},
	} {
		r.RemoveRule(one.loud.Name)
		r.AddRule(one.quiet.Name, one.quiet.RuleFunc)
	}
	return r
}

// ExtensionName implements graphql.HandlerExtension.
func (*Guard) ExtensionName() string { return "Armour" }

// Validate implements graphql.HandlerExtension.
func (g *Guard) Validate(graphql.ExecutableSchema) error {
	if g.o.Signed == nil {
		return errors.New("the armour must know who is signed in")
	}
	return nil
}

// MutateOperationParameters implements graphql.OperationParameterMutator: it
// comes before the parser.
func (g *Guard) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if err := g.recall(ctx, p); err != nil {
		return err
	}
	if p.Query == "" {
		return coded(apperr.InvalidInput, "the request has no query; send an object with query, and variables where there are any")
	}
	if n := max(jsonDepth(p.Variables), jsonDepth(p.Extensions)); n > g.limits.Nesting+1 { // the object of all of them
		return refuse("nesting", "too many lists and objects within one another", n-1, g.limits.Nesting)
	}
	if _, ok := g.parsed.Get(ctx, p.Query); ok {
		return nil
	}
	return g.limits.Check(p.Query)
}

// MutateOperationContext implements graphql.OperationContextMutator: it comes
// after validation and before anything is resolved.
func (g *Guard) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = false
	if !g.mayIntrospect(ctx) && introspects(op.Operation.SelectionSet) {
		return coded(apperr.Forbidden, "the schema is not shown here; sign in first, where the server shows it at all")
	}
	if n := BodySize(ctx); n > g.limits.Body && !g.uploads(op.Operation) {
		return refuse("body", "too many bytes for one that takes neither plans nor files", n, g.limits.Body)
	}
	n := Cost(g.schema, op) + g.weight(op.Operation.SelectionSet)
	if n > g.limits.Complexity {
		return refuse("complexity", "an answer of too many objects, a page counted by its length (first)", n, g.limits.Complexity)
	}
	op.Stats.SetExtension(costKey, n)
	g.remember(ctx, op)
	return nil
}

const costKey = "cost"

// CostOf returns what an operation was counted as, 0 before that.
func CostOf(op *graphql.OperationContext) int {
	n, _ := op.Stats.GetExtension(costKey).(int)
	return n
}

func (g *Guard) mayIntrospect(ctx context.Context) bool {
	switch g.limits.Introspection {
	case Everybody:
		return true
	case Nobody:
		return false
	case SignedIn:
	}
	return g.o.Signed(ctx)
}

// introspects looks at what an operation asks for first, where alone the schema
// can be asked for.
func introspects(set ast.SelectionSet) bool {
	for _, selection := range set {
		switch v := selection.(type) {
		case *ast.Field:
			if v.Name == "__schema" || v.Name == "__type" {
				return true
			}
		case *ast.InlineFragment:
			if introspects(v.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if introspects(v.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// weight is what root fields cost beyond their objects.
func (g *Guard) weight(set ast.SelectionSet) int {
	sum := 0
	for _, selection := range set {
		switch v := selection.(type) {
		case *ast.Field:
			sum += g.o.Weights[v.Name]
		case *ast.InlineFragment:
			sum += g.weight(v.SelectionSet)
		case *ast.FragmentSpread:
			sum += g.weight(v.Definition.SelectionSet)
		}
	}
	return sum
}

// uploads reports whether all that an operation does takes plans and files.
func (g *Guard) uploads(op *ast.OperationDefinition) bool {
	for _, selection := range op.SelectionSet {
		if f, ok := selection.(*ast.Field); !ok || !g.o.Uploads[f.Name] {
			return false
		}
	}
	return true
}

// parsed keeps documents that are valid, by their text. Strangers leave nothing
// in it, nor do long ones.
type parsed struct {
	docs   *lru.LRU[*ast.QueryDocument]
	signed func(context.Context) bool
}

// maxKept is the longest text that is kept, in bytes.
const maxKept = 16 << 10

func (p parsed) Get(ctx context.Context, text string) (*ast.QueryDocument, bool) {
	if len(text) > maxKept {
		return nil, false
	}
	return p.docs.Get(ctx, text)
}

func (p parsed) Add(ctx context.Context, text string, doc *ast.QueryDocument) {
	if len(text) <= maxKept && p.signed(ctx) {
		p.docs.Add(ctx, text, doc)
	}
}

func coded(code apperr.Code, message string) *gqlerror.Error {
	err := gqlerror.Errorf("%s", message)
	err.Extensions = map[string]any{"code": code}
	return err
}
