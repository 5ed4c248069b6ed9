package executors

import (
	"context"
	"errors"
	"time"
)

// Team brings workers together that share what one attempt does. It belongs to
// the attempt; part 0 of the work stays with whoever calls it.
type Team interface {
	// Gather asks for so many other workers and returns when they have come. The
	// error is a Busy when there are enough of them, only not now, and otherwise
	// says how many came. Close of what it returns must be called.
	Gather(ctx context.Context, others int) (Crew, error)
}

// Crew is who came. It is used by one goroutine, and numbers parts from 1.
type Crew interface {
	// Self names the worker of part 0, as people know it.
	Self() string

	// Begin hands each member what it is to do, waits until all are ready and
	// returns the common start, a moment ahead.
	Begin(ctx context.Context, briefs [][]byte) (time.Time, error)

	// News returns what the members told since it was last called, in the order
	// of their reports. It waits for nobody. An error that passes (the database is
	// away) is worth another call.
	News(ctx context.Context) ([]News, error)

	// Replace asks for another worker in the place of a lost one. It comes when
	// there is one, and finds the start in the past.
	Replace(ctx context.Context, part int, brief []byte) error

	// Stop asks all to end, and to tell what they have.
	Stop(ctx context.Context) error

	// Close lets everybody go who is still there, and forgets what they told.
	Close(ctx context.Context) error
}

// News is something that a part told, or that became of it.
type News struct {
	Part   int
	Worker string // as people know it
	State  MemberState
	Report []byte // of MemberReported
	Error  string // of MemberEnded, when the part could not be performed; one sentence
}

// MemberState says what became of a part.
type MemberState string

// What may become of a part.
const (
	MemberCame     MemberState = "came"     // a worker has taken the part
	MemberReported MemberState = "reported" // it told something
	MemberEnded    MemberState = "ended"    // its part is done; nothing follows
	MemberLost     MemberState = "lost"     // it fell silent, and can no longer tell anything
)

// Seat is a member's side of a crew. It is used by one goroutine.
type Seat interface {
	// Brief waits for what the part is to do.
	Brief(ctx context.Context) ([]byte, error)

	// Ready says that the part can begin, and waits for the common start.
	Ready(ctx context.Context) (time.Time, error)

	// Report tells something. The numbers go up from 1; one that was told before
	// is ignored, so that a report whose fate is unknown can be told again. A
	// member that tells nothing for some seconds counts as lost.
	Report(ctx context.Context, number int, report []byte) (Order, error)
}

// Order is what a member learns when it reports.
type Order struct {
	Stop bool // end, and tell what you have
}

// ErrLetGo is what a seat answers when nobody waits for its part any more.
var ErrLetGo = errors.New("nobody waits for this part any more")

// PartTaker is an Executor that can perform a part of another worker's attempt.
// It returns ErrLetGo when it was let go. The task is that of the attempt,
// without a Team.
type PartTaker interface {
	TakePart(ctx context.Context, task Task, seat Seat) error
}

// Busy says that an attempt cannot be performed now for want of workers, though
// it could be later. Nothing was done yet, so it does not count as a try.
type Busy struct{ Message string }

// Error implements error.
func (b *Busy) Error() string { return b.Message }
