package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxSchemaBytes = 1 << 20   // of one schema file
	maxSchemaSteps = 1_000_000 // schemas applied to values in one validation: about a second
	cachedSchemas  = 256
)

// schemaCache keeps compiled schemas by their content, since every attempt
// brings its own files.
type schemaCache struct {
	cache *lru.Cache[[sha256.Size]byte, *compiledSchema]
}

func newSchemaCache() *schemaCache {
	cache, err := lru.New[[sha256.Size]byte, *compiledSchema](cachedSchemas)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &schemaCache{cache: cache}
}

func (c *schemaCache) compile(s spec.Schema, closed bool, files fs.FS) (*compiledSchema, error) {
	var data []byte
	var err error
	if s.File != "" {
		data, err = readFile(files, s.File, maxSchemaBytes)
	} else {
		data, err = json.Marshal(s.Inline)
	}
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(append(data[:len(data):len(data)], map[bool]string{true: "\x00strict"}[closed]...))
	if hit, ok := c.cache.Get(key); ok {
		return hit, nil
	}
	compiled, err := compileSchema(data, closed)
	if err == nil {
		c.cache.Add(key, compiled)
	}
	return compiled, err
}

func compileSchema(data []byte, closed bool) (*compiledSchema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if err := checkNumbers(doc); err != nil {
		return nil, err
	}
	if closed {
		if doc, err = executors.StrictSchema(doc); err != nil {
			return nil, err
		}
	}
	schema, err := spec.CompileSchema(doc)
	if err != nil {
		return nil, err
	}
	compiled := &compiledSchema{schema: schema}
	compiled.instrument(reflect.ValueOf(schema), map[*jsonschema.Schema]bool{})
	return compiled, nil
}

// compiledSchema validates within a budget. The validator itself cannot be
// interrupted, and nested references make exponential work out of a few lines;
// so each schema gets a format that counts, and gives up by a panic.
type compiledSchema struct {
	schema *jsonschema.Schema

	mu    sync.Mutex // one validation at a time: the budget is shared with the formats
	ctx   context.Context
	steps int
}

type exhausted struct{ err error }

func (s *compiledSchema) validate(ctx context.Context, doc any) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.steps = ctx, 0
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exhausted:
			err = p.err
		default:
			panic(p)
		}
	}()
	return s.schema.Validate(doc)
}

func (s *compiledSchema) spend() {
	if s.steps++; s.steps > maxSchemaSteps {
		panic(exhausted{errors.New("the schema is too costly for a body of this size")})
	}
	if err := s.ctx.Err(); err != nil {
		panic(exhausted{err})
	}
}

// instrument gives every schema that can be reached a counting format. Formats
// are asked before references and subschemas are followed.
func (s *compiledSchema) instrument(v reflect.Value, seen map[*jsonschema.Schema]bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			s.instrument(v.Elem(), seen)
		}
	case reflect.Slice:
		if mayHoldSchemas(v.Type().Elem()) {
			for i := range v.Len() {
				s.instrument(v.Index(i), seen)
			}
		}
	case reflect.Map:
		if mayHoldSchemas(v.Type().Elem()) {
			for _, k := range v.MapKeys() {
				s.instrument(v.MapIndex(k), seen)
			}
		}
	case reflect.Pointer:
		switch p := v.Interface().(type) {
		case *jsonschema.DynamicRef:
			if p != nil {
				s.instrument(reflect.ValueOf(p.Ref), seen)
			}
		case *jsonschema.Schema:
			if p == nil || seen[p] {
				return
			}
			seen[p] = true
			for i := range v.Elem().NumField() {
				if v.Elem().Type().Field(i).IsExported() {
					s.instrument(v.Elem().Field(i), seen)
				}
			}
			p.Format = s.counting(p.Format)
		}
	}
}

func mayHoldSchemas(t reflect.Type) bool {
	return t.Kind() == reflect.Interface || t == reflect.TypeFor[*jsonschema.Schema]()
}

func (s *compiledSchema) counting(f *jsonschema.Format) *jsonschema.Format {
	if f == nil {
		return &jsonschema.Format{Name: "any", Validate: func(any) error { s.spend(); return nil }}
	}
	return &jsonschema.Format{Name: f.Name, Validate: func(v any) error { s.spend(); return f.Validate(v) }}
}
