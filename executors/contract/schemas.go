package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/semantest/semantest/internal/excerpt"
)

// maxSchemaSteps bounds one validation: schemas applied to values, less than a
// second. Nested references make exponential work out of a few lines.
const maxSchemaSteps = 200_000

const documentURL = "urn:semantest:openapi"

// schema is a schema of the document with its validator, which is compiled when
// it is first needed.
type schema struct {
	raw  any
	set  *schemaSet
	name string
	once sync.Once
	done *jsonschema.Schema
	err  error
}

// schemaSet compiles the schemas of one document and validates within a budget.
// The validator cannot be interrupted, so a vocabulary that every schema has
// counts, and gives up by a panic.
type schemaSet struct {
	mu       sync.Mutex // one validation at a time: the budget is shared
	compiler *jsonschema.Compiler
	count    int
	ctx      context.Context
	steps    int
}

func newSchemaSet(root object) *schemaSet {
	s := &schemaSet{}
	s.compiler = newCompiler(s)
	if err := s.compiler.AddResource(documentURL, root); err != nil {
		panic(err) // only for an address that cannot be parsed
	}
	return s
}

// newCompiler returns a compiler whose schemas validate within the budget of a
// set.
func newCompiler(s *schemaSet) *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.AssertVocabs()
	c.UseLoader(noLoader{})
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL:    "urn:semantest:budget",
		Schema: anything,
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) {
			return budget{s}, nil
		},
	})
	return c
}

var anything = func() *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:semantest:any", true); err != nil {
		panic(err)
	}
	return c.MustCompile("urn:semantest:any")
}()

type noLoader struct{}

// Load implements jsonschema.URLLoader.
func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("a schema can only refer to its document, not to %s", excerpt.Of(url, 200))
}

type budget struct{ set *schemaSet }

type exhausted struct{ err error }

// Validate implements jsonschema.SchemaExt.
func (b budget) Validate(*jsonschema.ValidatorContext, any) {
	if b.set.steps++; b.set.steps > maxSchemaSteps {
		panic(exhausted{errors.New("the schema is too costly for a value of this size")})
	}
	if err := b.set.ctx.Err(); err != nil {
		panic(exhausted{err})
	}
}

// schema prepares a schema; none at all accepts everything.
func (d *document) schema(raw any) *schema {
	if raw == nil {
		raw = true
	}
	d.schemas.count++
	return &schema{raw: raw, set: d.schemas, name: fmt.Sprintf("urn:semantest:schema:%d", d.schemas.count)}
}

// check returns nil when the value is valid, a *deviation when it is not, and
// another error when that cannot be said.
func (s *schema) check(ctx context.Context, value any) (err error) {
	if s == nil {
		return nil
	}
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	s.set.ctx, s.set.steps = ctx, 0
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exhausted:
			err = p.err
		default:
			panic(p)
		}
	}()
	s.once.Do(s.compile)
	if s.err != nil {
		return s.err
	}
	err = s.done.Validate(value)
	if v, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return deviationOf(v)
	}
	return err
}

// valid reports whether a value is valid; what cannot be judged is not.
func (s *schema) valid(ctx context.Context, value any) bool { return s.check(ctx, value) == nil }

// invalid reports whether a value is known not to be valid.
func (s *schema) invalid(ctx context.Context, value any) bool {
	_, ok := errors.AsType[*deviation](s.check(ctx, value))
	return ok
}

func (s *schema) compile() {
	c := s.set.compiler
	if err := c.AddResource(s.name, rebase(s.raw)); err != nil {
		s.err = unusable(err)
		return
	}
	if s.done, s.err = c.Compile(s.name); s.err != nil {
		s.err = unusable(s.err)
	}
}

func unusable(err error) error {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return fmt.Errorf("the schema cannot be used: %s", excerpt.Of(strings.TrimLeft(lines[len(lines)-1], " -"), 300))
}

// rebase copies a schema so that its references point into the document.
func rebase(v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for k, e := range v {
			if ref, ok := e.(string); ok && k == "$ref" && strings.HasPrefix(ref, "#") {
				out[k] = documentURL + ref
			} else {
				out[k] = rebase(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rebase(e)
		}
		return out
	}
	return v
}

// deviation says where a value is not what its schema asks for.
type deviation struct {
	place string // as a JSON pointer, with * for the elements of lists
	rule  string // keyword that does not hold
	text  string
	more  int
}

// Error implements error.
func (d *deviation) Error() string {
	where := "at the top"
	if d.place != "" {
		where = "at " + d.place
	}
	text := where + ": " + d.text
	if d.more > 0 {
		text += fmt.Sprintf(" (and %d more)", d.more)
	}
	return text
}

var printer = message.NewPrinter(language.English)

// deviationOf takes the first place, by its path, so that the same value gives
// the same text.
func deviationOf(root *jsonschema.ValidationError) *deviation {
	var leaves []*jsonschema.ValidationError
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(leaves) > 1000 {
			return
		}
		if len(e.Causes) == 0 {
			leaves = append(leaves, e)
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(root)
	slices.SortStableFunc(leaves, func(x, y *jsonschema.ValidationError) int {
		return cmp.Or(slices.Compare(x.InstanceLocation, y.InstanceLocation), cmp.Compare(x.SchemaURL, y.SchemaURL))
	})
	first := leaves[0]
	d := &deviation{rule: strings.Join(first.ErrorKind.KeywordPath(), "/"), more: len(leaves) - 1}
	d.text = excerpt.Of(oneLine(first.ErrorKind.LocalizedString(printer)), 300)
	for _, part := range first.InstanceLocation {
		if strings.Trim(part, "0123456789") == "" {
			part = "*"
		}
		d.place += "/" + part
	}
	return d
}
