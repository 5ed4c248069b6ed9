package browser

import (
	"context"
	"errors"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// slice is how long the agent may wait in the page in one go.
	slice = 2 * time.Second

	// answering is kept free at the end of a limit, so that the agent's answer,
	// which says what was missing, still arrives.
	answering = 50 * time.Millisecond

	// overrun is how long a page that does not answer is waited for beyond the
	// step's limit.
	overrun = time.Second
)

// step is one step under way.
type step struct {
	*run
	report *executors.Report
	limit  time.Duration // as told to people
	capped bool          // the case ends before the step's own limit

	ctx    context.Context // ends a little after the limit, or with the case
	cancel context.CancelFunc
	end    time.Time // when to stop trying
	mark   int       // how many problems the way out had before
	ahead  *foreseen // what will be pointed at soon; nil where that is not known
}

func newStep(ctx context.Context, r *run, report *executors.Report, limit time.Duration) *step {
	st := &step{run: r, report: report, limit: limit, end: time.Now().Add(limit), mark: r.page.out.count()}
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-answering).Before(st.end) {
		st.end, st.capped = deadline.Add(-answering), true
		st.limit = max(time.Until(deadline), 0).Round(100 * time.Millisecond)
	}
	st.ctx, st.cancel = context.WithTimeout(ctx, limit+overrun)
	r.first.update(func(s *state) { s.dialogs, s.moreDialogs = nil, 0 })
	return st
}

// budget is how long the agent may wait now, in milliseconds.
func (st *step) budget() int64 {
	return max(0, min(time.Until(st.end), slice).Milliseconds())
}

// over reports whether the step's time is used up.
func (st *step) over() bool { return !time.Now().Before(st.end) || st.ctx.Err() != nil }

// late reports whether a call ended because the step's time did, with no answer
// from the page.
func (st *step) late(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// gaveUp is the end of waiting in vain: a failure of the target, or a timeout
// where it was the case's time that ended.
func (st *step) gaveUp(f *executors.Failure) *executors.Failure {
	if st.capped {
		f.Outcome = spec.OutcomeTimedOut
		f.Message += ", when the time of the case was up"
	}
	return f
}

func (st *step) do(s spec.BrowserStep) error {
	switch {
	case s.Goto != nil:
		return st.open(s.Goto.URL)
	case s.Click != nil:
		return st.click(*s.Click)
	case s.DblClick != nil:
		twice := *s.DblClick
		twice.Count = new(2)
		return st.click(twice)
	case s.Hover != nil:
		return st.hover(*s.Hover)
	case s.Fill != nil:
		return st.fill(*s.Fill)
	case s.Press != nil:
		return st.press(*s.Press)
	case s.Select != nil:
		return st.choose(*s.Select)
	case s.Check != nil:
		return st.tick(*s.Check, true)
	case s.Uncheck != nil:
		return st.tick(*s.Uncheck, false)
	case s.Wait != nil:
		return st.wait(*s.Wait)
	case s.Expect != nil:
		return st.expect(*s.Expect)
	case s.Screenshot != nil:
		return st.screenshot(*s.Screenshot)
	}
	return st.doRarely(s)
}

// doRarely performs the actions that fewer plans use.
func (st *step) doRarely(s spec.BrowserStep) error {
	switch {
	case s.Focus != nil:
		return st.focus(*s.Focus)
	case s.Blur != nil:
		return st.blur(*s.Blur)
	case s.Clear != nil:
		return st.fill(spec.Fill{Locator: *s.Clear})
	case s.Type != nil:
		return st.typeKeys(*s.Type)
	case s.Drag != nil:
		return st.drag(*s.Drag)
	case s.Scroll != nil:
		return st.scroll(*s.Scroll)
	case s.Upload != nil:
		return st.upload(*s.Upload)
	case s.Download != nil:
		return st.download(*s.Download)
	case s.Reload:
		return st.reload()
	case s.Back:
		return st.travel(-1)
	case s.Forward:
		return st.travel(1)
	case s.Dialog != nil:
		return st.arm(*s.Dialog)
	case s.Tab != nil:
		return st.tab(*s.Tab)
	case s.Clipboard != nil:
		return st.writeClipboard(s.Clipboard.Write)
	case s.Cookies != nil:
		return st.changeCookies(*s.Cookies)
	case s.Storage != nil:
		return st.storageState(*s.Storage)
	case s.Permit != nil:
		return st.permit(*s.Permit)
	case s.Locate != nil:
		return st.locate(*s.Locate)
	case s.Route != nil:
		return st.route(*s.Route)
	case s.AwaitRequest != nil:
		return st.awaitRequest(*s.AwaitRequest)
	case s.AwaitResponse != nil:
		return st.awaitResponse(*s.AwaitResponse)
	case s.Emulate != nil:
		return st.emulate(*s.Emulate)
	case s.Clock != nil:
		return st.turnClock(*s.Clock)
	case s.Evaluate != nil:
		return st.evaluate(*s.Evaluate)
	case s.Tap != nil:
		return st.tap(*s.Tap)
	case s.Audit != nil:
		return st.audit(*s.Audit.Accessibility)
	case s.Viewport != nil:
		st.sized = s.Viewport
		return st.page.SetViewport(st.ctx, st.viewport())
	}
	return executors.Errorf("the step has no action")
}

// finish notes what every step notes.
func (st *step) finish() {
	type seen struct {
		url     string
		dialogs []string
		more    int
	}
	now := look(st.first, func(s *state) seen { return seen{"", s.dialogs, s.moreDialogs} })
	now.url = look(st.page, func(s *state) string { return s.url })
	if now.url != "" {
		st.report.Set("url", short(now.url, 2000))
	}
	st.noteProblems()
	st.judgeDialogs()
	if len(now.dialogs) > 0 {
		st.report.Set("dialogs", now.dialogs)
	}
	if now.more > 0 {
		st.report.Set("moreDialogs", now.more)
	}
}
