package audit

import "context"

// Kind says what an actor is.
type Kind string

// The kinds of actors.
const (
	User           Kind = "user"
	ServiceAccount Kind = "service_account"
	Token          Kind = "token" // of the command line, which belongs to nobody
	Trigger        Kind = "trigger"
	Schedule       Kind = "schedule"
	System         Kind = "system"
	Anonymous      Kind = "anonymous"
)

// Actor is who does something.
type Actor struct {
	Kind Kind
	ID   string
	Name string // for people, as it is now
}

// Origin is where a request comes from.
type Origin struct {
	Address   string // of the client, without the port
	UserAgent string
}

type (
	actorKey  struct{}
	originKey struct{}
)

// As returns a context in which actor does what is done.
func As(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// From returns a context whose request comes from origin.
func From(ctx context.Context, origin Origin) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// ActorOf returns who acts; nobody named is anonymous.
func ActorOf(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{Kind: Anonymous}
}

// OriginOf returns where the request comes from, as far as it is known.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
