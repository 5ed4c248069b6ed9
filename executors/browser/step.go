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
}

func newStep(ctx context.Context, r *run, report *executors.Report, limit time.Duration) *step {
	st := &step{run: r, report: report, limit: limit, end: time.Now().Add(limit), mark: r.page.out.count()}
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-answering).Before(st.end) {
		st.end, st.capped = deadline.Add(-answering), true
		st.limit = max(time.Until(deadline), 0).Round(100 * time.Millisecond)
	}
	st.ctx, st.cancel = context.WithTimeout(ctx, limit+overrun)
	r.page.update(func(s *state) { s.dialogs, s.moreDialogs = nil, 0 })
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
		return st.click(s.Click.Locator, 1)
	case s.DblClick != nil:
		return st.click(s.DblClick.Locator, 2)
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
	return executors.Errorf("the step has no action")
}

// finish notes what every step notes.
func (st *step) finish() {
	type seen struct {
		url     string
		dialogs []string
		more    int
	}
	now := look(st.page, func(s *state) seen { return seen{s.url, s.dialogs, s.moreDialogs} })
	if now.url != "" {
		st.report.Set("url", short(now.url, 2000))
	}
	st.noteProblems()
	if len(now.dialogs) > 0 {
		st.report.Set("dialogs", now.dialogs)
	}
	if now.more > 0 {
		st.report.Set("moreDialogs", now.more)
	}
}
