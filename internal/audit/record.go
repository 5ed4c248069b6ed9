package audit

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/internal/excerpt"
)

// Entry is what is recorded. Who acts and from where is taken from the context.
type Entry struct {
	ProjectID  string // empty where it concerns the instance
	Action     string // object and past participle: plan.created
	ObjectID   string
	ObjectName string            // for people, as it is now
	Detail     map[string]string // what else matters; never a secret
}

// Record adds an entry in the transaction, or through the client, that changes
// what it tells of.
func Record(ctx context.Context, c *ent.AuditEntryClient, e Entry) error {
	return add(ctx, c, e, auditentry.OutcomeDone)
}

// Refused adds an entry about something that was asked for and not done, such
// as a login with a wrong password.
func Refused(ctx context.Context, c *ent.AuditEntryClient, e Entry) error {
	return add(ctx, c, e, auditentry.OutcomeRefused)
}

func add(ctx context.Context, c *ent.AuditEntryClient, e Entry, outcome auditentry.Outcome) error {
	actor, origin := ActorOf(ctx), OriginOf(ctx)
	create := c.Create().SetAction(e.Action).SetOutcome(outcome).
		SetActorKind(auditentry.ActorKind(actor.Kind)).SetActorID(actor.ID).SetActorName(clip(actor.Name)).
		SetObjectID(e.ObjectID).SetObjectName(clip(e.ObjectName)).
		SetAddress(origin.Address).SetUserAgent(clip(origin.UserAgent))
	if e.ProjectID != "" {
		create.SetProjectID(e.ProjectID)
	}
	if len(e.Detail) > 0 {
		create.SetDetail(e.Detail)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	return nil
}

// maxName bounds in bytes what a client may write into the log by its names.
const maxName = 300

// clip keeps a name short and fit for Postgres.
func clip(name string) string {
	return excerpt.Start(excerpt.Storable(name), maxName)
}
