package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/semantest/semantest/internal/ident"
)

// BrowserSession is a browser that a worker keeps open for somebody who acts in
// it bit by bit. The worker that has taken it fences it: nobody takes over a
// session, since what a browser holds cannot be carried to another one.
type BrowserSession struct{ ent.Schema }

// Fields of a BrowserSession.
func (BrowserSession) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.BrowserSession),
		projectID(),
		field.String("created_by").Default("").Immutable(),
		field.String("created_by_name").Default("").Immutable(),
		field.Enum("status").Values("queued", "opening", "ready", "closed", "expired", "failed").Default("queued"),
		field.String("reason").Default("").Comment("One sentence why it ended; empty before, and when it was closed."),
		field.String("url").Immutable().Comment("Of the page at which it begins."),
		field.String("browser").Default("").Immutable().Comment("The plan's word; empty is the default one."),
		field.String("device").Default("").Immutable(),
		field.Int("width").Default(0).Immutable().Comment("Of the viewport in CSS pixels; 0 where the device says it."),
		field.Int("height").Default(0).Immutable(),
		field.Bool("record").Default(true).Immutable(),
		field.String("environment").Default("").Immutable(),
		field.Strings("secrets").Optional().Immutable().Comment("Names of the project's secrets that its steps may use."),
		field.JSON("variables", map[string]string{}).Optional().Immutable(),
		field.Int("idle_ms").Positive().Immutable().Comment("It ends when nobody asks for anything for so long."),
		field.Strings("captures").Optional().Comment("Variables that its steps have captured, or will have when they are reached."),
		field.Int("command_count").Default(0).Comment("How many there were so far; the ordinal of the newest."),
		field.Int("waiting").Default(0).Comment("Commands that are not done."),
		field.String("worker_id").Optional().Nillable(),
		field.Time("lease_expires_at").Optional().Nillable().Comment("When the worker counts as lost, by the database's clock."),
		field.Time("expires_at").Immutable().Comment("When it ends in any case."),
		field.Time("used_at").Comment("When somebody asked for something, or got it, last."),
		field.Time("ready_at").Optional().Nillable(),
		field.Time("ended_at").Optional().Nillable(),
		field.String("recorded").Default("").Comment("Plan of what was done so far."),
		field.Strings("notes").Optional().Comment("What could not be recorded."),
		createdAt(),
	}
}

// Edges of a BrowserSession.
func (BrowserSession) Edges() []ent.Edge {
	return []ent.Edge{edge.To("performed", BrowserCommand.Type).Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Indexes of a BrowserSession.
func (BrowserSession) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "id"),
		index.Fields("expires_at").Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("ended_at").Annotations(entsql.IndexWhere("ended_at IS NOT NULL")),
	}
}

// BrowserCommand is some steps that somebody asked a session to perform.
type BrowserCommand struct{ ent.Schema }

// Fields of a BrowserCommand.
func (BrowserCommand) Fields() []ent.Field {
	return []ent.Field{
		typedID(ident.BrowserCommand),
		projectID(),
		field.String("session_id").Immutable(),
		field.Int("ordinal").Positive().Immutable().Comment("From 1, in the order in which they are performed."),
		field.Text("source").Immutable().Comment("The steps, as they were sent."),
		field.Enum("status").Values("queued", "running", "done", "dropped").Default("queued"),
		field.String("outcome").Default("").Comment("Once it is done, or dropped."),
		field.String("error").Default("").Comment("One sentence when it did not pass."),
		field.JSON("steps", []SessionStep{}).Optional(),
		field.Bytes("picture").Optional().Comment("PNG of the page afterwards; only of the newest commands."),
		field.String("page_url").Default("").Comment("Of the page afterwards."),
		field.String("page_title").Default(""),
		createdAt(),
		field.Time("started_at").Optional().Nillable(),
		field.Time("finished_at").Optional().Nillable(),
	}
}

// Edges of a BrowserCommand.
func (BrowserCommand) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("session", BrowserSession.Type).Ref("performed").Field("session_id").Unique().Required().Immutable(),
	}
}

// Indexes of a BrowserCommand.
func (BrowserCommand) Indexes() []ent.Index {
	return []ent.Index{index.Fields("session_id", "ordinal").Unique()}
}

// SessionStep is how a step of a command ended.
type SessionStep struct {
	Name       string         `json:"name"`
	Action     string         `json:"action"`
	Outcome    string         `json:"outcome"`
	Error      string         `json:"error,omitempty"`
	OffsetMS   int64          `json:"offsetMs"` // since the command began
	DurationMS float64        `json:"durationMs"`
	Detail     map[string]any `json:"detail,omitempty"`
	Checks     []SessionCheck `json:"checks,omitempty"`
}

// SessionCheck is one assertion, as judged.
type SessionCheck struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Expected string `json:"expected,omitempty"`
	Actual   string `json:"actual,omitempty"`
	Message  string `json:"message,omitempty"`
}
