package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/semantest/semantest/internal/ident"
)

// typedID is the primary key of everything that people can name.
func typedID(t ident.Type) ent.Field {
	return field.String("id").
		DefaultFunc(func() string { return ident.New(t) }).
		Immutable().
		NotEmpty().
		Comment("Typed opaque id.")
}

// projectID names the tenant; every row that a query can start from has it.
func projectID() ent.Field {
	return field.String("project_id").Immutable().Comment("The tenant.")
}

func createdAt() ent.Field {
	return field.Time("created_at").Default(time.Now).Immutable()
}
