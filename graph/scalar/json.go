package scalar

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// JSON is any JSON value, passed on as it is.
type JSON json.RawMessage

// Of encodes a value; nil and what is empty become null.
func Of(v any) (JSON, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return raw, nil
}

// MarshalGQL implements graphql.Marshaler.
func (j JSON) MarshalGQL(w io.Writer) {
	if len(j) == 0 {
		graphql.Null.MarshalGQL(w)
		return
	}
	_, _ = w.Write(j) // the transport reports a broken connection
}

// UnmarshalGQL implements graphql.Unmarshaler.
func (j *JSON) UnmarshalGQL(v any) error {
	raw, err := json.Marshal(v)
	*j = raw
	return err
}
