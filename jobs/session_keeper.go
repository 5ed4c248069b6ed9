package jobs

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// sessionBeat is how often the lease of a session is renewed; a bell hastens it.
	sessionBeat = 2 * time.Second
	// sessionPoll is how often the next command is looked for when no bell rings.
	sessionPoll = time.Second
	// sessionQuery bounds a statement about a session.
	sessionQuery = 5 * time.Second
)

// sessionKeeper keeps the lease of a session, and ends its context when the
// session is closed, its time is over or the worker ends.
type sessionKeeper struct {
	host  *Host
	claim *browsersessions.Claim
	scope *spec.Scope // nil before it is known

	ctx    context.Context //nolint:containedctx // of the session, from the claim to its end
	cancel context.CancelCauseFunc
	rung   <-chan struct{}
	leave  func()
	beats  sync.WaitGroup
}

func (h *Host) keepSession(ctx context.Context, claim *browsersessions.Claim) *sessionKeeper {
	k := &sessionKeeper{host: h, claim: claim}
	timed, end := context.WithTimeoutCause(ctx, claim.Left, errSessionTime)
	k.ctx, k.cancel = context.WithCancelCause(timed)
	k.rung, k.leave = h.sessions.Attend(claim.ID)
	k.beats.Go(func() {
		defer end()
		k.beat()
	})
	return k
}

// stop ends the keeping. The session has ended.
func (k *sessionKeeper) stop() {
	k.cancel(errSessionGone)
	k.beats.Wait()
	k.leave()
}

func (k *sessionKeeper) beat() {
	rung, leave := k.host.sessions.Attend(k.claim.ID)
	defer leave()
	tick := time.NewTicker(sessionBeat)
	defer tick.Stop()
	heard := time.Now()
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-k.host.draining:
			k.cancel(errSessionWorker)
			return
		case <-rung:
		case <-tick.C:
		}
		asked := time.Now()
		ctx, cancel := context.WithTimeout(k.ctx, sessionQuery)
		err := k.host.sessions.Keep(ctx, k.claim)
		cancel()
		switch {
		case err == nil:
			heard = asked
		case errors.Is(err, browsersessions.ErrOver), time.Since(heard) > browsersessions.LeaseTime:
			k.cancel(errSessionGone)
			return
		}
	}
}

// persist asks the database until it answers, or the session is over.
func (k *sessionKeeper) persist(ask func(ctx context.Context) error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if k.ctx.Err() != nil {
			return context.Cause(k.ctx)
		}
		ctx, cancel := context.WithTimeout(k.ctx, sessionQuery)
		err := ask(ctx)
		cancel()
		if err == nil || errors.Is(err, browsersessions.ErrOver) {
			return err
		}
		k.host.logger.Warn("a browser session waits for the database", "session", k.claim.ID, "error", err)
		if pause(k.ctx, wait) != nil {
			return context.Cause(k.ctx)
		}
	}
}

// rest waits until there may be another command.
func (k *sessionKeeper) rest(session executors.Session) error {
	timer := time.NewTimer(sessionPoll)
	defer timer.Stop()
	select {
	case <-k.rung:
	case <-timer.C:
	case <-session.Gone():
		return errors.New(session.Why())
	case <-k.ctx.Done():
		return context.Cause(k.ctx)
	}
	return nil
}

// mask hides the secrets of the session in a sentence.
func (k *sessionKeeper) mask(text string) string {
	if k.scope != nil {
		text = k.scope.Mask(text)
	}
	return excerpt.Storable(text)
}

// noFiles is what comes with a session.
type noFiles struct{}

// Open implements fs.FS.
func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
