package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// Session is one sign-in of a user on one device. Its refresh tokens are a
// family: when one that was used comes again, the whole session ends.
type Session struct{ ent.Schema }

// Fields of a Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Session),
		field.String("user_id").Immutable(),
		field.Enum("method").Values("password", "oidc").Immutable().Comment("How the user signed in."),
		field.String("address").Default("").Comment("Where it was last refreshed from."),
		field.String("user_agent").Default("").MaxLen(300),
		createdAt(),
		field.Time("last_used_at").Comment("When it was last refreshed."),
		field.Time("expires_at").Comment("Unless it is refreshed before."),
		field.Time("revoked_at").Optional().Nillable(),
		field.Enum("revoked_reason").Values("logout", "revoked", "reuse", "password", "disabled").Optional().Nillable(),
	}
}

// Edges of a Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("sessions").Field("user_id").Unique().Required().Immutable(),
		edge.To("refresh_tokens", RefreshToken.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of a Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("expires_at")}
}

// RefreshToken can be exchanged once for new tokens of its session. Only its hash
// is kept.
type RefreshToken struct{ ent.Schema }

// Fields of a RefreshToken.
func (RefreshToken) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("session_id").Immutable(),
		field.Bytes("hash").Unique().Immutable().Sensitive().Comment("SHA-256 of the token."),
		createdAt(),
		field.Time("expires_at").Immutable(),
		field.Time("used_at").Optional().Nillable(),
	}
}

// Edges of a RefreshToken.
func (RefreshToken) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("session", Session.Type).Ref("refresh_tokens").Field("session_id").Unique().Required().Immutable(),
	}
}

// Indexes of a RefreshToken.
func (RefreshToken) Indexes() []ent.Index { return []ent.Index{index.Fields("session_id")} }

// SigningKey signs access tokens. A key is published before it signs and stays
// published until the last token that it signed has expired, so that rotation
// logs nobody out.
type SigningKey struct{ ent.Schema }

// Fields of a SigningKey.
func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.SigningKey),
		field.String("algorithm").Immutable(),
		field.Bytes("public").Immutable().Comment("The public key as a JWK."),
		field.Bytes("sealed_private").Sensitive().Comment("The private key, encrypted."),
		createdAt(),
		field.Time("signs_from").Comment("Before, it is only published."),
		field.Time("signs_until").Comment("After, it only verifies."),
		field.Time("expires_at").Comment("After, its tokens are refused."),
	}
}
