package browser

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

var _ executors.SessionOpener = (*Executor)(nil)

// openLimit is how long the first page of a session may take.
const openLimit = time.Minute

// maxNoted bounds what a session keeps of the names of what was attached.
const maxNoted = 1000

// session is a page in which somebody acts bit by bit.
type session struct {
	pool *pool
	run  *run
	sink *sessionSink
	life context.Context //nolint:containedctx // from its opening to its end
	end  context.CancelFunc

	rec  *sessionRecorder // nil where nothing is recorded
	once sync.Once
}

// sessionSink passes on what the command under way has to tell, and drops what
// comes between commands.
type sessionSink struct {
	mu sync.Mutex
	to executors.Sink
}

func (s *sessionSink) use(to executors.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = to
}

// Emit implements executors.Sink.
func (s *sessionSink) Emit(e executors.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		s.to.Emit(e)
	}
}

// Attach implements executors.Sink.
func (s *sessionSink) Attach(ctx context.Context, a executors.Attachment) error {
	s.mu.Lock()
	to := s.to
	s.mu.Unlock()
	if to == nil {
		return a.Body.Close()
	}
	return to.Attach(ctx, a)
}

// OpenSession implements executors.SessionOpener.
func (e *Executor) OpenSession(ctx context.Context, task executors.Task, o executors.SessionOptions) (_ executors.Session, err error) {
	defer func() { err = executors.MaskError(err, task.Scope) }()
	p, err := e.poolOf(task)
	if err != nil {
		return nil, err
	}
	s := &session{pool: p, sink: &sessionSink{}}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	var pg *page
	if o.Record {
		s.rec = newSessionRecorder(o, task)
		pg, err = p.acquireWatched(ctx, s.rec.watch)
	} else {
		pg, err = p.acquire(ctx)
	}
	if err != nil {
		s.end()
		return nil, executors.Errorf("no browser for the session: %w", sentence(err))
	}
	s.run = &run{task: task, sink: s.sink, page: pg, model: e.model, names: map[string]int{}, answered: map[string]bool{}}
	s.run.known, s.run.first = map[string]*page{}, pg
	s.run.traffic = newTraffic(ctx)
	s.run.traffic.wanted = []func(string, string) bool{func(string, string) bool { return true }} // nobody knows what steps will judge
	if err := s.begin(ctx, o.URL); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *session) begin(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if err := s.run.begin(ctx); err != nil {
		return s.run.unfit(ctx, err)
	}
	if s.rec != nil {
		if err := s.rec.begin(ctx, s); err != nil {
			return err
		}
	}
	outcome, err := s.Perform(ctx, []spec.BrowserStep{{Goto: &spec.Goto{URL: url}}}, nil)
	if err == nil || outcome == spec.OutcomePassed {
		return nil
	}
	return err
}

// Perform implements executors.Session.
func (s *session) Perform(ctx context.Context, list []spec.BrowserStep, sink executors.Sink) (spec.Outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.life, func() { cancel(context.Cause(s.life)) })()
	if sink == nil {
		sink = discard{}
	}
	s.sink.use(executors.MaskSink(sink, s.run.task.Scope))
	defer s.sink.use(nil)
	if len(s.run.names) > maxNoted {
		clear(s.run.names)
	}
	s.run.moments, s.run.acted = nil, nil
	steps := make([]executors.Step, len(list))
	for i, one := range list {
		steps[i] = executors.Step{Name: one.Title(), Action: one.Action(), Skip: lacking(s.pool.engine, one), Do: func(ctx context.Context, report *executors.Report) error {
			return s.step(ctx, one, report)
		}}
	}
	outcome, err := executors.RunSteps(ctx, s.sink, steps)
	return outcome, executors.MaskError(err, s.run.task.Scope)
}

func (s *session) step(ctx context.Context, one spec.BrowserStep, report *executors.Report) error {
	if s.rec == nil {
		return s.run.step(ctx, one, report)
	}
	before := s.rec.mark(ctx)
	err := s.run.step(ctx, one, report)
	s.rec.done(ctx, one, before, err == nil && !report.Failed())
	return err
}

// Look implements executors.Session.
func (s *session) Look(ctx context.Context) (executors.View, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.run.forgetClosed()
	pg := s.run.page
	out := executors.View{URL: short(look(pg, func(s *state) string { return s.url }), 2000)}
	var o observation
	if _, err := pg.Call(ctx, "observe", map[string]any{"subject": "page", "budget": 0}, &o); err == nil {
		out.Title = short(o.Title, 300)
	}
	var err error
	if out.Picture, err = pg.Capture(ctx, driver.Picture{}); err != nil {
		err = executors.Errorf("the page could not be drawn in time")
	}
	mask := s.run.task.Scope.Mask
	out.URL, out.Title = mask(out.URL), mask(out.Title)
	return out, err
}

// Recorded implements executors.Session.
func (s *session) Recorded(ctx context.Context) (*executors.Recorded, error) {
	if s.rec == nil {
		return nil, nil
	}
	return s.rec.result(ctx)
}

// Gone implements executors.Session.
func (s *session) Gone() <-chan struct{} { return s.run.first.gone.Done() }

// Why implements executors.Session.
func (s *session) Why() string {
	cause := context.Cause(s.run.first.gone)
	switch {
	case errors.Is(cause, driver.ErrLost):
		return "the browser ended (" + s.run.first.inst.browser.Reason() + ")"
	case errors.Is(cause, driver.ErrCrashed):
		return "the page crashed: its renderer process ended"
	case errors.Is(cause, driver.ErrClosed):
		return "the page was closed"
	case cause == nil:
		return ""
	}
	return "the page is gone: " + s.run.task.Scope.Mask(oneLine(cause.Error()))
}

// Close implements executors.Session.
func (s *session) Close() error {
	s.once.Do(func() {
		s.end()
		if s.rec != nil {
			s.rec.wait()
		}
		s.run.tidy()
		s.pool.release(s.run.first)
	})
	return nil
}

// discard takes what nobody asked for.
type discard struct{}

func (discard) Emit(executors.Event) {}

// Attach implements executors.Sink.
func (discard) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }
