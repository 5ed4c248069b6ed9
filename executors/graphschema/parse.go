package graphschema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/semantest/semantest/internal/excerpt"
)

// Limits of a schema.
const (
	maxTokens = 1_000_000
	maxNest   = 200 // brackets within brackets: the parser calls itself for each
)

// Parse reads a schema in GraphQL's own language. The error names the place.
func Parse(sdl string) (*ast.Schema, error) {
	if nested(sdl) > maxNest {
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxNest)
	}
	prelude, err := parser.ParseSchema(validator.Prelude)
	if err != nil {
		return nil, err
	}
	own, err := parser.ParseSchemaWithLimit(&ast.Source{Name: "schema", Input: sdl}, maxTokens)
	if err != nil {
		return nil, problem(err)
	}
	prelude.Merge(own)
	schema, err := validator.ValidateSchemaDocument(prelude)
	if err != nil {
		return nil, problem(err)
	}
	return schema, nil
}

// problem is an error with its place, on one line.
func problem(err error) error {
	const most = 300
	text := err.Error()
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		text = e.Message
		if len(e.Locations) > 0 {
			text = fmt.Sprintf("%d:%d: %s", e.Locations[0].Line, e.Locations[0].Column, text)
		}
	}
	return errors.New(excerpt.Line(text, most))
}

// nested returns the deepest nesting of brackets outside of texts and comments.
func nested(sdl string) int {
	depth, deepest := 0, 0
	for i := 0; i < len(sdl); i++ {
		switch sdl[i] {
		case '#':
			for i < len(sdl) && sdl[i] != '\n' && sdl[i] != '\r' {
				i++
			}
		case '"':
			i = afterText(sdl, i)
		case '[', '{', '(':
			depth++
			deepest = max(deepest, depth)
		case ']', '}', ')':
			depth = max(0, depth-1)
		}
	}
	return deepest
}

// afterText returns the place of the last character of the text that begins at i.
func afterText(sdl string, i int) int {
	if strings.HasPrefix(sdl[i:], `"""`) {
		for i += 3; i < len(sdl); i++ {
			if strings.HasPrefix(sdl[i:], `\"""`) {
				i += 3
			} else if strings.HasPrefix(sdl[i:], `"""`) {
				return i + 2
			}
		}
		return i
	}
	for i++; i < len(sdl) && sdl[i] != '"' && sdl[i] != '\n' && sdl[i] != '\r'; i++ {
		if sdl[i] == '\\' {
			i++
		}
	}
	return i
}
