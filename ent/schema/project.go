package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/semantest/semantest/internal/ident"
)

// Project is the tenant: everything belongs to one.
type Project struct{ ent.Schema }

// Fields of a Project.
func (Project) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.Project),
		field.String("slug").Unique().NotEmpty().MaxLen(63).Comment("Name in addresses."),
		field.String("name").NotEmpty().MaxLen(100),
		field.Int("max_parallel").Default(0).NonNegative().Comment("Cases of the project under way at once; 0 is without a limit."),
		field.String("default_branch").Default("main").NotEmpty().MaxLen(250).Comment("Its baselines stand in for those of branches that have none."),
		field.JSON("environment_limits", map[string]int{}).Optional().Comment("Runs under way at once, by environment."),
		field.Int("load_max_users").Default(0).NonNegative().Comment("Virtual users of a load that an administrator of the instance grants; 0 raises nothing, here and below."),
		field.Int64("load_max_duration_ms").Default(0).NonNegative(),
		field.Int64("load_max_ramp_ms").Default(0).NonNegative(),
		field.JSON("load_hosts", []string{}).Optional().Comment("Hosts on which load may be put, beside those of the server."),
		createdAt(),
	}
}

// Edges of a Project.
func (Project) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("plans", Plan.Type),
		edge.To("runs", Run.Type),
		edge.To("tokens", Token.Type),
		edge.To("members", Member.Type),
		edge.To("service_accounts", ServiceAccount.Type),
	}
}
