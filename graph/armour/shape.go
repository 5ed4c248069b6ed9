package armour

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/semantest/semantest/internal/apperr"
)

// Check refuses a document by its size, its tokens and its shape. What does not
// parse it leaves to the executor, which says where.
func (l Limits) Check(query string) *gqlerror.Error {
	if len(query) > l.Document {
		return refuse("document", "too many bytes of query text", len(query), l.Document)
	}
	source := &ast.Source{Input: query}
	if n := tokens(source); n > l.Tokens {
		return refuse("tokens", "too many tokens", n, l.Tokens)
	}
	doc, err := parser.ParseQueryWithTokenLimit(source, l.parserTokens())
	if err != nil {
		return nil //nolint:nilerr // the executor parses it again and answers
	}
	return l.checkShape(doc)
}

// parserTokens is what the parser may read: it counts the end of the document.
func (l Limits) parserTokens() int { return l.Tokens + 1 }

// tokens counts without parsing: the lexer keeps nothing and calls nothing
// again. It ends at what is no token.
func tokens(source *ast.Source) int {
	lex := lexer.New(source)
	for n := 0; ; n++ {
		if t, err := lex.ReadToken(); err != nil || t.Kind == lexer.EOF {
			return n
		}
	}
}

// size is what a part of a document expands to.
type size struct {
	depth, schema                   int // schema is the depth by way of introspection; 0 without
	selections, aliases, directives int
}

// most bounds the counts, which double with each fragment.
const most = 1 << 40

func (s *size) add(o size) {
	s.depth, s.schema = max(s.depth, o.depth), max(s.schema, o.schema)
	s.selections = min(s.selections+o.selections, most)
	s.aliases = min(s.aliases+o.aliases, most)
	s.directives = min(s.directives+o.directives, most)
}

// shape measures a document. Each fragment is measured once.
type shape struct {
	limits    Limits
	fragments map[string]*ast.FragmentDefinition
	measured  map[string]*size // nil while a fragment is being measured
	refused   *gqlerror.Error
}

func (l Limits) checkShape(doc *ast.QueryDocument) *gqlerror.Error {
	s := &shape{limits: l, fragments: map[string]*ast.FragmentDefinition{}, measured: map[string]*size{}}
	for _, f := range doc.Fragments {
		s.fragments[f.Name] = f
	}
	for _, op := range doc.Operations {
		z := s.set(op.SelectionSet)
		z.add(s.directives(op.Directives))
		for _, v := range op.VariableDefinitions {
			z.add(s.directives(v.Directives))
			s.nesting(typeDepth(v.Type))
			s.value(v.DefaultValue)
		}
		s.judge(z)
	}
	for _, f := range doc.Fragments { // also those that nothing spreads
		z := s.fragment(f.Name)
		if strings.HasPrefix(f.TypeCondition, "__") { // of the schema, whoever spreads it
			z.schema, z.depth = max(z.schema, z.depth), 0
		}
		s.judge(z)
	}
	return s.refused
}

func (s *shape) judge(z size) {
	l := s.limits
	for _, one := range []struct {
		limit, what  string
		actual, most int
	}{
		{"depth", "too many fields within fields", z.depth, l.Depth},
		{"introspectionDepth", "too many fields within fields of the schema", z.schema, l.Schema},
		{"aliases", "too many aliases", z.aliases, l.Aliases},
		{"directives", "too many directives", z.directives, l.Directives},
		{"selections", "too many fields, those of fragments counted as often as they are spread", z.selections, l.Selections},
	} {
		if one.actual > one.most {
			s.refuse(refuse(one.limit, one.what, one.actual, one.most))
		}
	}
}

func (s *shape) refuse(err *gqlerror.Error) {
	if s.refused == nil {
		s.refused = err
	}
}

func (s *shape) set(set ast.SelectionSet) size {
	var z size
	s.selections(set, map[string]int{}, &z)
	return z
}

// selections measures a set. Inline fragments are of the set that they are in,
// so what they repeat is repeated in it.
func (s *shape) selections(set ast.SelectionSet, seen map[string]int, z *size) {
	for _, selection := range set {
		z.selections = min(z.selections+1, most)
		switch v := selection.(type) {
		case *ast.Field:
			s.repeated(v.Alias, seen)
			z.add(s.field(v))
		case *ast.InlineFragment:
			z.add(s.directives(v.Directives))
			s.selections(v.SelectionSet, seen, z)
		case *ast.FragmentSpread:
			s.repeated("..."+v.Name, seen)
			z.add(s.directives(v.Directives))
			z.add(s.fragment(v.Name))
		}
	}
}

func (s *shape) field(f *ast.Field) size {
	z := s.set(f.SelectionSet)
	z.add(s.directives(f.Directives))
	z.depth++
	if z.schema > 0 {
		z.schema++
	}
	if f.Name == "__schema" || f.Name == "__type" {
		z.schema, z.depth = max(z.schema, z.depth), 1
	}
	if f.Alias != f.Name {
		z.aliases++
	}
	for _, a := range f.Arguments {
		s.value(a.Value)
	}
	return z
}

func (s *shape) repeated(name string, seen map[string]int) {
	if seen[name]++; seen[name] > s.limits.Duplicates {
		s.refuse(refuse("duplicates", "one field or fragment too often in the same place", seen[name], s.limits.Duplicates))
	}
}

func (s *shape) directives(list ast.DirectiveList) size {
	for _, d := range list {
		for _, a := range d.Arguments {
			s.value(a.Value)
		}
	}
	return size{directives: len(list)}
}

func (s *shape) fragment(name string) size {
	f := s.fragments[name]
	if f == nil {
		return size{} // the validator says so
	}
	z, known := s.measured[name]
	if known && z == nil {
		err := gqlerror.Errorf("the fragment %.100s contains itself", name)
		err.Extensions = map[string]any{"code": apperr.InvalidInput}
		s.refuse(err)
		return size{}
	}
	if !known {
		s.measured[name] = nil
		z = new(size)
		*z = s.set(f.SelectionSet)
		z.add(s.directives(f.Directives))
		s.measured[name] = z
	}
	return *z
}

func (s *shape) value(v *ast.Value) { s.nesting(valueDepth(v)) }

func (s *shape) nesting(depth int) {
	if depth > s.limits.Nesting {
		s.refuse(refuse("nesting", "too many lists and objects within one another", depth, s.limits.Nesting))
	}
}

// valueDepth is how many lists and objects are within one another. The tokens
// bound how deep it goes.
func valueDepth(v *ast.Value) int {
	if v == nil || v.Kind != ast.ListValue && v.Kind != ast.ObjectValue {
		return 0
	}
	deepest := 0
	for _, c := range v.Children {
		deepest = max(deepest, valueDepth(c.Value))
	}
	return deepest + 1
}

func typeDepth(t *ast.Type) int {
	n := 0
	for ; t != nil && t.Elem != nil; t = t.Elem {
		n++
	}
	return n
}

// jsonDepth is the same of a decoded variable; the decoder bounds it.
func jsonDepth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, c := range v {
			deepest = max(deepest, jsonDepth(c))
		}
	case []any:
		for _, c := range v {
			deepest = max(deepest, jsonDepth(c))
		}
	default:
		return 0
	}
	return deepest + 1
}
