package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	defaultStepLimit = 30 * time.Second
	defaultWidth     = 1920
	defaultHeight    = 1080

	// evidenceLimit bounds what is done for a failed step after the case's time
	// is over. The contract gives two seconds in all. Before, there is patience.
	evidenceLimit = 900 * time.Millisecond
	patience      = 5 * time.Second
)

func (e *Executor) execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	if measures(task.Case) {
		return e.measure(ctx, task, sink)
	}
	r := &run{task: task, sink: sink, kept: newKept(task), model: e.model, names: map[string]int{}, answered: map[string]bool{}}
	r.known = map[string]*page{}
	steps, pool, unknown := e.stepsOf(task, r.step)
	if unknown != nil {
		return unreached(sink, steps, unknown)
	}
	if ctx.Err() != nil || len(steps) > 0 && steps[0].Skip != "" {
		return executors.RunSteps(ctx, sink, steps) // which need no browser
	}
	err := r.enter(ctx, pool)
	if errors.Is(err, driver.ErrLost) && ctx.Err() == nil {
		// The browser has died since the case before, unnoticed until now. Nothing
		// of this one was done yet, so it gets another browser.
		r.leave(pool)
		err = r.enter(ctx, pool)
	}
	defer r.leave(pool)
	if err != nil && ctx.Err() == nil {
		return unreached(sink, steps, r.unbegun(ctx, err))
	}
	if r.first == nil { // the time was up before it got a page
		return executors.RunSteps(ctx, sink, steps)
	}
	outcome, err := executors.RunSteps(ctx, sink, steps)
	r.keepActs(ctx, outcome)
	r.store(ctx, outcome)
	return outcome, err
}

// stepsOf lists the steps of a case, with what the browser that it asks for
// cannot do. It returns that browser's pool, or an error where there is no such
// browser.
func (e *Executor) stepsOf(task executors.Task, do func(context.Context, spec.BrowserStep, *executors.Report) error) ([]executors.Step, *pool, error) {
	pool, unknown := e.poolOf(task)
	steps := make([]executors.Step, len(task.Case.BrowserSteps))
	for i, s := range task.Case.BrowserSteps {
		// The step's own limit is kept by the step: an element that does not
		// appear in time is a failure of the target and no timeout.
		steps[i] = executors.Step{Name: s.Title(), Action: s.Action(), Do: func(ctx context.Context, report *executors.Report) error {
			return do(ctx, s, report)
		}}
		if unknown == nil {
			steps[i].Skip = lacking(pool.engine, s)
		}
	}
	if setup, err := setupOf(task); err == nil && unknown == nil && len(steps) > 0 && steps[0].Skip == "" {
		steps[0].Skip = lackingOf(pool.engine, setup)
	}
	return steps, pool, unknown
}

// enter gets the case a page, dressed as the plan says. The caller leaves it,
// also after an error.
func (r *run) enter(ctx context.Context, from *pool) error {
	pg, err := from.acquire(ctx)
	if err != nil {
		return err
	}
	r.page, r.first = pg, pg
	r.traffic = newTraffic(ctx)
	r.wantBodies()
	r.gather(ctx)
	return r.begin(ctx)
}

// unbegun explains an error of enter.
func (r *run) unbegun(ctx context.Context, err error) error {
	if r.first == nil {
		return executors.Errorf("no browser for the case: %w", sentence(err))
	}
	return r.unfit(ctx, err)
}

// leave gives the page back, with all that the case has opened.
func (r *run) leave(to *pool) {
	if r.first == nil {
		return
	}
	r.film.end()
	r.tidy()
	to.release(r.first)
	r.page, r.first, r.letGo, r.folder, r.film, r.album = nil, nil, nil, "", nil, nil
	r.recording, r.tracing, r.lacks = false, false, nil
}

// unreached reports every step as skipped because the case could not begin.
func unreached(sink executors.Sink, steps []executors.Step, err error) (spec.Outcome, error) {
	for i, s := range steps {
		sink.Emit(executors.StepFinished{Index: i, Name: s.Name, Action: s.Action, Outcome: spec.OutcomeSkipped,
			Error: "not reached because the case could not begin", StartedAt: time.Now()})
	}
	if f, ok := errors.AsType[*executors.Failure](err); ok {
		return f.Outcome, err
	}
	return spec.OutcomeErrored, err
}

// run is one attempt under way.
type run struct {
	task  executors.Task
	sink  executors.Sink
	page  *page          // the chosen one
	names map[string]int // of attachments
	tabs
	traffic *traffic
	kept
	film     *film             // nil where nobody watches
	album    *album            // nil where no trace for Playwright's viewer is wanted
	measured bool              // the page is, so that nothing disturbs it
	emulated spec.Emulation    // that holds now
	sized    *spec.Viewport    // that a step has chosen; nil before
	clock    *clock            // nil while it is the computer's
	place    *spec.Geolocation // that the device has been told
	letGo    func()            // of the clipboard; nil where it is not held
	folder   string            // of files that the browser reads and writes; empty while there is none

	answered map[string]bool // targets that have answered something

	model      Model // nil where there is none
	actsRead   bool
	actsOfPlan []spec.RecordedAct
	actsOfRun  []spec.RecordedAct
	acted      []spec.RecordedAct // what the acts of this attempt came to
}

// step performs one step under its own limit and keeps evidence when it fails.
func (r *run) step(ctx context.Context, raw spec.BrowserStep, report *executors.Report) (err error) {
	told := r.tell(ctx, raw, report)
	defer func() { told(err) }()
	s, err := spec.Expand(r.task.Scope, raw)
	if err != nil {
		return executors.Errorf("the step cannot be read: %w", err)
	}
	r.forgetClosed()
	limit := s.Timeout.Or(r.task.Use.StepTimeout.Or(defaultStepLimit))
	if acts(s) {
		r.traffic.begin()
	}
	st := newStep(ctx, r, report, limit)
	defer st.cancel()
	r.film.begin()
	began := time.Now()
	defer func() {
		r.film.finish()
		r.moments = append(r.moments, moment{report.Index, began, time.Now()})
	}()
	st.ahead = r.foresee(report.Index)
	if s.Act != nil {
		err = r.explain(ctx, st.actByWords(*s.Act, raw.Act.Do))
	} else {
		err = r.explain(ctx, r.heal(ctx, s, report, st.do(s)))
	}
	if !quiet(s) {
		r.page.touch()
	}
	if s.Goto == nil {
		st.tellWhyEmpty(err)
	}
	st.finish()
	if err == nil && !report.Failed() {
		err = st.unanswered()
	}
	if (err != nil || report.Failed()) && !cancelled(ctx) {
		r.evidence(ctx, report)
	}
	return err
}

// cancelled reports whether somebody has stopped the case: nobody looks for
// evidence then.
func cancelled(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// evidence attaches what helps to understand a failure. It must not make it
// worse: it has a time of its own and its errors are only noted.
func (r *run) evidence(ctx context.Context, report *executors.Report) {
	limit := evidenceLimit
	if ctx.Err() == nil {
		limit = patience
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if r.page.gone.Err() != nil || !r.wants(r.kept.Screenshot) {
		return
	}
	// An endless script would keep the page from being drawn.
	r.page.Interrupt()
	png, err := r.page.Capture(ctx, driver.Picture{})
	if err != nil {
		report.Set("failurePicture", "the page could not be drawn in time")
		return
	}
	r.attach(ctx, report, picture("failure.png", report.Index, png))
}

// attach keeps something under a name that the attempt has not used yet, and
// returns that.
func (r *run) attach(ctx context.Context, report *executors.Report, a executors.Attachment) string {
	if r.names[a.Name]++; r.names[a.Name] > 1 {
		ext := path.Ext(a.Name)
		a.Name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(a.Name, ext), r.names[a.Name], ext)
	}
	if err := errors.Join(r.album.keep(&a), r.sink.Attach(ctx, a)); err != nil {
		report.Set("notStored", fmt.Sprintf("%s could not be stored: %v", a.Name, err))
	}
	return a.Name
}

func picture(name string, step int, png []byte) executors.Attachment {
	return executors.Attachment{Name: name, Kind: executors.AttachmentScreenshot, ContentType: "image/png",
		Step: step, Body: io.NopCloser(bytes.NewReader(png))}
}
