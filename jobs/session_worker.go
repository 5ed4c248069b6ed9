package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/spec"
)

// SessionArgs asks a worker to keep a browser open.
type SessionArgs struct {
	SessionID string `json:"sessionId"`
	TimeoutMS int64  `json:"timeoutMs"`
}

// Kind implements river.JobArgs.
func (SessionArgs) Kind() string { return "browser_session" }

// sessionWorker keeps browsers open, each in a slot for browsers.
type sessionWorker struct {
	river.WorkerDefaults[SessionArgs]
	host *Host
}

// Timeout implements river.Worker.
func (w *sessionWorker) Timeout(job *river.Job[SessionArgs]) time.Duration {
	return time.Duration(job.Args.TimeoutMS)*time.Millisecond + caseMargin
}

// NextRetry implements river.Worker: somebody waits for the session.
func (w *sessionWorker) NextRetry(*river.Job[SessionArgs]) time.Time {
	return time.Now().Add(time.Second)
}

// roomEvery is how often a session that waits for its project's limits is looked
// at again.
const roomEvery = time.Second

// Work implements river.Worker. An error means that the session was not taken.
func (w *sessionWorker) Work(ctx context.Context, job *river.Job[SessionArgs]) error {
	h := w.host
	claim, err := h.sessions.Claim(ctx, h.id, job.Args.SessionID)
	switch {
	case errors.Is(err, browsersessions.ErrOver):
		return nil // delivered twice, or closed meanwhile
	case errors.Is(err, browsersessions.ErrNoRoom):
		return river.JobSnooze(roomEvery)
	case err != nil:
		return err
	}
	k := h.keepSession(ctx, claim)
	defer k.stop()
	h.endSession(k, h.attend(k))
	return nil
}

// Why a session ends that nobody has closed.
var (
	errSessionTime   = errors.New("its time was over")
	errSessionWorker = errors.New("the worker that had the browser was told to end; create another session")
	errSessionGone   = errors.New("the session is no longer this worker's")
)

// attend opens the browser of a session and performs its commands until it ends.
// It returns why.
func (h *Host) attend(k *sessionKeeper) (reason error) {
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("executor panicked", "session", k.claim.ID, "panic", p)
			reason = errors.New("the executor failed unexpectedly; its log has the details")
		}
	}()
	session, err := h.openSession(k)
	if err != nil {
		return cmp.Or(context.Cause(k.ctx), err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			h.logger.Warn("closing the browser of a session failed", "session", k.claim.ID, "error", err)
		}
	}()
	if err := k.persist(func(ctx context.Context) error { return h.sessions.Ready(ctx, k.claim) }); err != nil {
		return err
	}
	for {
		next, idle, err := h.nextCommand(k)
		switch {
		case err != nil:
			return err
		case next != nil:
			if err := h.performCommand(k, session, next); err != nil {
				return err
			}
		case idle >= k.claim.Idle():
			return &idleError{k.claim.Idle()}
		}
		if next == nil {
			if err := k.rest(session); err != nil {
				return err
			}
		} else if gone(session) {
			return errors.New(session.Why())
		}
	}
}

// idleError ends a session that nobody uses.
type idleError struct{ limit time.Duration }

func (e *idleError) Error() string {
	return fmt.Sprintf("nobody asked for anything within %s", e.limit)
}

func (h *Host) openSession(k *sessionKeeper) (executors.Session, error) {
	opener, ok := h.executors[spec.KindBrowser].(executors.SessionOpener)
	if !ok {
		return nil, errors.New("this worker's executor cannot keep a browser open")
	}
	c := k.claim
	for _, name := range c.Secrets {
		if c.Values[name] == "" {
			return nil, fmt.Errorf("the secret %s has no value any more", name)
		}
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("the url cannot be read: %w", err)
	}
	variables := map[string]any{spec.VarBaseURL: u.Scheme + "://" + u.Host, spec.VarRunID: c.ID, spec.VarCaseID: "session", spec.VarAttempt: int64(1)}
	for name, value := range c.Variables {
		variables[name] = value
	}
	task := executors.Task{
		ProjectID: c.ProjectID, RunID: c.ID, ResultID: c.ID, Attempt: 1, Files: noFiles{},
		Case:  spec.Case{ID: "session", Kind: spec.KindBrowser, Browser: c.Browser, Viewport: c.Viewport(), Setup: spec.BrowserSetup{Emulation: spec.Emulation{Device: c.Device}}},
		Scope: spec.NewScope(variables, c.Values),
	}
	k.scope = task.Scope
	options := executors.SessionOptions{URL: c.URL, Record: c.Record, Variables: slices.Collect(maps.Keys(c.Variables)), Secrets: c.Values}
	return opener.OpenSession(k.ctx, task, options)
}

// nextCommand asks until the database answers, or the session is over.
func (h *Host) nextCommand(k *sessionKeeper) (next *browsersessions.Command, idle time.Duration, err error) {
	err = k.persist(func(ctx context.Context) error {
		next, idle, err = h.sessions.Next(ctx, k.claim)
		return err
	})
	return next, idle, err
}

// endSession tells why a session ended, unless it was closed. Where that cannot
// be told, its lease runs out.
func (h *Host) endSession(k *sessionKeeper, reason error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(k.ctx), sessionQuery)
	defer cancel()
	log := h.logger.With("session", k.claim.ID)
	var err error
	idle, unused := errors.AsType[*idleError](reason)
	switch {
	case errors.Is(reason, errSessionGone), errors.Is(reason, browsersessions.ErrOver):
		return
	case errors.Is(reason, errSessionTime):
		err = h.sessions.Expire(ctx, k.claim, errSessionTime.Error())
	case unused:
		err = h.sessions.Expire(ctx, k.claim, idle.Error())
	case errors.Is(reason, errSessionWorker), errors.Is(reason, context.Canceled): // only a worker that ends cancels the job
		err = h.sessions.Fail(ctx, k.claim, errSessionWorker.Error())
	default:
		sentence := reason.Error()
		if e, ok := errors.AsType[*apperr.Error](reason); ok {
			sentence = e.Message
		}
		err = h.sessions.Fail(ctx, k.claim, k.mask(sentence))
	}
	if err != nil && !errors.Is(err, browsersessions.ErrOver) {
		log.Warn("telling how a browser session ended failed", "error", err)
	}
}

func gone(s executors.Session) bool {
	select {
	case <-s.Gone():
		return true
	default:
		return false
	}
}
