package contract

import (
	"bytes"
	"fmt"

	"github.com/semantest/semantest/executors/contract/graphql"
	"github.com/semantest/semantest/executors/graphschema"
	"github.com/semantest/semantest/internal/apperr"
)

// Change is a difference between two documents that a caller may notice.
type Change struct {
	ID        string // of the rule: "response-property-removed", "FIELD_REMOVED"
	Operation string // "GET /orders", "Query.orders"
	Text      string
	Breaking  bool // otherwise it may break somebody
}

// CheckChanges lists what breaks callers, or may, from one document to the
// next: both OpenAPI, or both GraphQL schemas, in GraphQL's own language or as
// introspection tells them.
func CheckChanges(before, after []byte) (changes []Change, isGraphQL bool, err error) {
	if isGraphQL = looksLikeGraphQL(before); isGraphQL != looksLikeGraphQL(after) {
		return nil, false, apperr.Invalid("revision", "one version is a GraphQL schema and the other is not")
	}
	if isGraphQL {
		changes, err = graphQLChanges(before, after)
		return changes, true, err
	}
	found, err := compare(before, after)
	if err != nil {
		return nil, false, apperr.New(apperr.InvalidInput, "%s", err)
	}
	for _, c := range found {
		changes = append(changes, Change{ID: c.id, Operation: c.operation, Text: c.text, Breaking: c.breaking})
	}
	return changes, false, nil
}

func graphQLChanges(before, after []byte) ([]Change, error) {
	old, err := readGraphQL(before)
	if err != nil {
		return nil, apperr.Invalid("base", "the base cannot be used: %s", err)
	}
	current, err := readGraphQL(after)
	if err != nil {
		return nil, apperr.Invalid("revision", "the revision cannot be used: %s", err)
	}
	var out []Change
	for _, c := range graphql.Compare(old, current) {
		out = append(out, Change{ID: c.ID, Operation: c.Path, Text: c.Text, Breaking: c.Breaking})
	}
	return out, nil
}

func readGraphQL(source []byte) (*graphql.Schema, error) {
	if isIntrospection(source) {
		s, err := graphschema.FromIntrospection(source)
		if err != nil {
			return nil, err
		}
		return graphql.New(s), nil
	}
	s, err := graphschema.Parse(string(source))
	if err != nil {
		return nil, fmt.Errorf("it is no GraphQL schema: %w", err)
	}
	return graphql.New(s), nil
}

// looksLikeGraphQL tells a GraphQL schema from an OpenAPI document: that is an
// object with a key openapi, or means to be one.
func looksLikeGraphQL(source []byte) bool {
	if isIntrospection(source) {
		return true
	}
	if text := bytes.TrimLeft(source, "\ufeff \t\r\n"); len(text) > 0 && text[0] == '{' {
		return false
	}
	if bytes.HasPrefix(source, []byte("openapi")) || bytes.Contains(source, []byte("\nopenapi")) {
		return false
	}
	_, err := graphschema.Parse(string(source))
	return err == nil
}

func isIntrospection(source []byte) bool {
	text := bytes.TrimLeft(source, "\ufeff \t\r\n")
	return len(text) > 0 && text[0] == '{' && bytes.Contains(source, []byte(`"__schema"`)) && !bytes.Contains(source, []byte(`"openapi"`))
}
