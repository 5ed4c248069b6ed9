package graphql_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"

	"github.com/semantest/semantest/executors/contract/graphql"
	"github.com/semantest/semantest/executors/graphschema"
)

const shop = `
type Query {
  product(sku: ID!): Product
  search(q: String, limit: Int = 10, sort: Sort, filter: Filter, at: Instant): [Hit!]!
  node(id: ID!): Node
}
type Mutation { order(input: OrderInput!): Product }
interface Node { id: ID! }
union Hit = Product | Review
type Product implements Node { id: ID! name: String! price: Float stock: Int! reviews(first: Int!): [Review!] sort: Sort }
type Review implements Node { id: ID! stars: Int! product: Product! name: Int }
enum Sort { NAME PRICE }
input Filter { min: Float max: Float tags: [String!] not: Filter }
input OrderInput { items: [ItemInput!]! gift: Boolean = false }
input ItemInput { sku: ID! quantity: Int! }
scalar Instant
`

func schemaOf(t testing.TB, sdl string) *graphql.Schema {
	t.Helper()
	s, err := graphschema.Parse(sdl)
	if err != nil {
		t.Fatal(err)
	}
	return graphql.New(s)
}

func generator(seed uint64) *graphql.Generator {
	return &graphql.Generator{Rand: rand.New(rand.NewPCG(seed, 1)), Depth: graphql.DefaultDepth, Seen: func(string) []any { return nil }}
}

// TestWhatIsMadeFitsOrNot holds operations to another implementation: gqlparser's
// own validation of documents.
func TestWhatIsMadeFitsOrNot(t *testing.T) {
	t.Parallel()
	judge, err := graphschema.Parse(shop)
	if err != nil {
		t.Fatal(err)
	}
	g := generator(1)
	for _, f := range schemaOf(t, shop).Fields(true) {
		good := g.Positives(f)
		if len(good) < 10 {
			t.Errorf("%s: only %d operations", f.Name(), len(good))
		}
		for _, c := range good {
			query, variables := c.Document()
			if _, err := gqlparser.LoadQueryWithRules(judge, query, nil); err != nil {
				t.Errorf("%s (%s) does not fit: %v\n%s", f.Name(), c.What, err, query)
			}
			if variables["at"] != nil && c.Sure {
				t.Errorf("%s gives an unknown scalar and is sure of it: %s", f.Name(), query)
			}
		}
		var whats []string
		for _, c := range g.Negatives(f, good[0]) {
			whats = append(whats, c.What)
			query, _ := c.Document()
			if _, err := gqlparser.LoadQueryWithRules(judge, query, nil); err == nil && !strings.HasPrefix(c.What, "argument ") && !strings.HasPrefix(c.What, "without the required argument") {
				t.Errorf("%s (%s) fits: %s", f.Name(), c.What, query)
			}
		}
		for _, want := range []string{"with an argument that does not exist", "with a field that does not exist", "without a selection of fields"} {
			if !slices.Contains(whats, want) {
				t.Errorf("%s: nothing is sent %s", f.Name(), want)
			}
		}
	}
}

func TestOperationsAreTheSameForASeed(t *testing.T) {
	t.Parallel()
	write := func(seed uint64) string {
		var b strings.Builder
		g := generator(seed)
		for _, f := range schemaOf(t, shop).Fields(true) {
			for _, c := range g.Positives(f) {
				query, variables := c.Document()
				data, err := json.Marshal(variables)
				if err != nil {
					t.Fatal(err)
				}
				b.WriteString(query + string(data) + "\n")
			}
		}
		return b.String()
	}
	first := write(3)
	if diff := cmp.Diff(first, write(3)); diff != "" {
		t.Error(diff)
	}
	if first == write(4) {
		t.Error("another seed made the same")
	}
}

func TestAnswersAreHeldToTheSelection(t *testing.T) {
	t.Parallel()
	const query = `query { search { __typename ... on Product { p: name stock sort } ... on Review { r: name stars } } }`
	for _, tt := range []struct{ name, data, want string }{
		{"sound", `{"search": [{"__typename": "Product", "p": "a", "stock": 1, "sort": null}, {"__typename": "Review", "r": null, "stars": 5}]}`, ""},
		{"empty", `{"search": []}`, ""},
		{"null", `{"search": null}`, "at /search: null is there, but the type is [Hit!]!"},
		{"no list", `{"search": {}}`, "at /search: a list is expected, not an object"},
		{"null element", `{"search": [null]}`, "at /search/*: null is there"},
		{"unknown type", `{"search": [{"__typename": "Shoe"}]}`, `at /search/*/__typename: "Shoe" is none of the types of Hit`},
		{"missing", `{"search": [{"__typename": "Product", "p": "a", "sort": "NAME"}]}`, "at /search/*/stock: the field was asked for"},
		{"extra", `{"search": [], "more": 1}`, "at /more: the field was not asked for"},
		{"a number as text", `{"search": [{"__typename": "Review", "r": "1", "stars": 5}]}`, `at /search/*/r: Int is expected, not the text "1"`},
		{"a fraction", `{"search": [{"__typename": "Review", "r": 1.5, "stars": 5}]}`, "Int is expected, not the number 1.5"},
		{"too great", `{"search": [{"__typename": "Review", "r": 3000000000, "stars": 5}]}`, "Int is expected"},
		{"not of the enumeration", `{"search": [{"__typename": "Product", "p": "a", "stock": 1, "sort": "SIZE"}]}`, `at /search/*/sort: the text "SIZE" is none of Sort's values`},
		{"no object", `[]`, "at /: an object of the type Query is expected, not a list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dec := json.NewDecoder(strings.NewReader(tt.data))
			dec.UseNumber()
			var data any
			if err := dec.Decode(&data); err != nil {
				t.Fatal(err)
			}
			found, err := schemaOf(t, shop).Conforms(query, data, nil)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.want == "" && len(found) > 0:
				t.Errorf("found %v", found)
			case tt.want != "" && (len(found) == 0 || !strings.Contains(found[0].String(), tt.want)):
				t.Errorf("found %v, want %q", found, tt.want)
			}
		})
	}
}

func TestChangesHaveTheirNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, from, to string
		want           []string // id and path, with ! where it breaks callers
	}{
		{"none", "", "", nil},
		{"field removed", "price: Float ", "", []string{"!FIELD_REMOVED Product.price"}},
		{"type removed", "Instant", "Moment", []string{"!FIELD_ARGUMENT_TYPE_CHANGED Query.search.at", "!TYPE_REMOVED Instant"}},
		{"promises less", "name: String! price", "name: String price", []string{"!FIELD_TYPE_CHANGED Product.name"}},
		{"promises more", "price: Float ", "price: Float! ", nil},
		{"a type of the union", "[Hit!]!", "[Product!]!", nil},
		{"argument removed", "limit: Int = 10, ", "", []string{"!FIELD_ARGUMENT_REMOVED Query.search.limit"}},
		{"default changed", "limit: Int = 10", "limit: Int = 20", []string{"FIELD_ARGUMENT_DEFAULT_CHANGED Query.search.limit"}},
		{"argument became required", "q: String,", "q: String!,", []string{"!FIELD_ARGUMENT_TYPE_CHANGED Query.search.q"}},
		{"argument asks for less", "product(sku: ID!)", "product(sku: ID)", nil},
		{"new required argument", "product(sku: ID!)", "product(sku: ID!, lang: String!)", []string{"!FIELD_ARGUMENT_ADDED Query.product.lang"}},
		{"new argument", "product(sku: ID!)", "product(sku: ID!, lang: String)", []string{"FIELD_ARGUMENT_ADDED Query.product.lang"}},
		{"value removed", "NAME PRICE", "NAME", []string{"!ENUM_VALUE_REMOVED Sort.PRICE"}},
		{"value added", "NAME PRICE", "NAME PRICE SIZE", []string{"ENUM_VALUE_ADDED Sort.SIZE"}},
		{"member removed", "= Product | Review", "= Product", []string{"!UNION_MEMBER_REMOVED Hit.Review"}},
		{"interface removed", "Review implements Node", "Review", []string{"!OBJECT_TYPE_INTERFACE_REMOVED Review"}},
		{"input field required", "max: Float", "max: Float!", []string{"!INPUT_FIELD_TYPE_CHANGED Filter.max"}},
		{"input field added", "max: Float", "max: Float size: Int", []string{"INPUT_FIELD_ADDED Filter.size"}},
		{"required input field added", "max: Float", "max: Float size: Int!", []string{"!INPUT_FIELD_ADDED Filter.size"}},
		{"input field removed", "max: Float ", "", []string{"!INPUT_FIELD_REMOVED Filter.max"}},
		{"kind changed", "union Hit = Product | Review", "interface Hit { id: ID! }", []string{"!TYPE_KIND_CHANGED Hit"}},
		{"no mutations", "type Mutation {", "type Mutations {", []string{"!SCHEMA_MUTATION_TYPE_CHANGED schema", "!TYPE_REMOVED Mutation"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			after := shop
			if tt.from != "" {
				after = strings.ReplaceAll(shop, tt.from, tt.to)
			}
			if tt.from != "" && after == shop {
				t.Fatal("the schemas do not differ")
			}
			var got []string
			for _, c := range graphql.Compare(schemaOf(t, shop), schemaOf(t, after)) {
				line := c.ID + " " + c.Path
				if c.Breaking {
					line = "!" + line
				}
				got = append(got, line)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheExcerptIsASchema(t *testing.T) {
	t.Parallel()
	for _, f := range schemaOf(t, shop).Fields(true) {
		part := schemaOf(t, schemaOf(t, shop).Excerpt(f))
		if !slices.ContainsFunc(part.Fields(true), func(o *graphql.Field) bool { return o.Name() == f.Name() }) {
			t.Errorf("%s is not in its own part:\n%s", f.Name(), schemaOf(t, shop).Excerpt(f))
		}
	}
}

// TestWideInputsAreBounded makes operations from inputs that hold inputs, twice
// each: written out, there would be more than a million million values.
func TestWideInputsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("type Query { a(x: I0!): Int } input I40 { a: Int }\n")
	for i := range 40 {
		next := "I" + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10))
		next = strings.Replace(next, "I0", "I", 1)
		name := strings.Replace("I"+string(rune('0'+i/10))+string(rune('0'+i%10)), "I0", "I", 1)
		b.WriteString("input " + name + " { a: " + next + "! b: " + next + "! }\n")
	}
	g := generator(1)
	f := schemaOf(t, b.String()).Fields(false)[0]
	if calls := g.Positives(f); len(calls) != 0 {
		t.Errorf("%d operations were made", len(calls))
	}
}

func FuzzParseSchemaAndPlan(f *testing.F) {
	f.Add(shop)
	f.Add("type Query { a(b: [[I!]!]): [U!] } union U = A | B type A { b: Int } type B { b: String! } input I @oneOf { a: Int b: String }")
	f.Add("type Query { a: Query! b(c: D!): N } interface N { n: N } type M implements N { n: M } scalar D")
	f.Fuzz(func(t *testing.T, sdl string) {
		read, err := graphschema.Parse(sdl)
		if err != nil || read.Query == nil {
			return
		}
		s := graphql.New(read)
		if changes := graphql.Compare(s, s); len(changes) > 0 {
			t.Errorf("the same schema differs: %v", changes)
		}
		g := generator(1)
		fields := s.Fields(true)
		s.Reachable(fields)
		for _, field := range fields[:min(len(fields), 3)] {
			calls := g.Positives(field)
			if len(calls) > 0 {
				calls = append(calls[:min(len(calls), 10)], g.Negatives(field, calls[0])...)
			}
			for _, c := range calls[:min(len(calls), 30)] {
				query, _ := c.Document()
				if _, err := s.Conforms(query, map[string]any{}, nil); err != nil {
					t.Errorf("%s cannot be read again: %v", query, err)
				}
			}
			if _, err := graphschema.Parse(s.Excerpt(field)); err != nil {
				t.Errorf("the part for %s cannot be read: %v\n%s", field.Name(), err, s.Excerpt(field))
			}
		}
	})
}
