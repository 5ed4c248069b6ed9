package browser

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// open performs goto: it returns when the page has loaded.
func (st *step) open(ref string) error {
	address, err := st.address(ref)
	if err != nil {
		return err
	}
	pg := st.page
	pg.update(func(s *state) { s.seen = nil })
	nav, err := pg.Navigate(st.ctx, address)
	if err != nil {
		return st.notOpened(address, err)
	}
	pg.touch()
	if nav.Load == "" { // another place in the same document
		return nil
	}
	err = pg.await(st.ctx, func(s *state) bool { return s.seen[nav.Load] && s.reached["load"] })
	if p, ok := st.shown(); ok {
		return st.notReached(address, p)
	}
	st.answered[targetOf(address)] = true
	if err != nil {
		if st.late(err) {
			st.page.StopLoading()
			return st.gaveUp(executors.TimedOutf("%s did not finish loading within %s", address, st.limit))
		}
		return err
	}
	return st.measure()
}

// notOpened explains why a navigation brought no document.
func (st *step) notOpened(address string, err error) error {
	if st.late(err) {
		st.page.StopLoading() // which frees the page for what follows, such as a picture of it
		return st.silent(address, st.gaveUp(executors.TimedOutf("%s did not answer within %s", address, st.limit)))
	}
	e, ok := errors.AsType[*driver.LoadError](err)
	if !ok {
		return err
	}
	if p, ok := st.page.out.last(st.mark); ok && p.Tunnel && e.Fault != driver.FaultRefused && e.Fault != driver.FaultDownload {
		return st.notReached(address, p)
	}
	switch e.Fault {
	case driver.FaultRefused:
		return executors.Errorf("%s cannot be opened: %s", address, oneLine(e.Error()))
	case driver.FaultDownload:
		return executors.Failf("%s is a download and no page", address)
	case driver.FaultAway:
		return &executors.Unreachable{Target: targetOf(address), Err: executors.Errorf("%s cannot be reached: %w", address, e)}
	case driver.FaultMachine:
		return executors.Errorf("%s cannot be reached: %w", address, e)
	case driver.FaultSilent:
		return st.silent(address, executors.Failf("%s did not open: %s", address, e))
	}
	return executors.Failf("%s did not open: %s", address, e)
}

// address resolves where to go. Only the web is open to a plan: the browser
// would show files of this machine, too.
func (st *step) address(ref string) (string, error) {
	if strings.TrimSpace(ref) == "about:blank" {
		return "about:blank", nil
	}
	if u, err := url.Parse(strings.TrimSpace(ref)); err == nil && u.IsAbs() && u.Scheme != "http" && u.Scheme != "https" {
		return "", executors.Errorf("%s cannot be opened: only http and https addresses are allowed", short(ref, 200))
	}
	address, err := st.task.Scope.ResolveURL(ref)
	if err != nil {
		return "", executors.Errorf("the address %s cannot be used: %w", short(ref, 200), err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", executors.Errorf("%s cannot be opened: only http and https addresses are allowed", short(address, 200))
	}
	return address, nil
}

// answerLimit is how long goto waits for what is good to know and decides
// nothing.
const answerLimit = 500 * time.Millisecond

// measure tells how long the page took to load, by its own clock. A page whose
// script is busy by now has loaded all the same. The agent begins to look at what
// comes next.
func (st *step) measure() error {
	ctx, cancel := context.WithTimeout(st.ctx, answerLimit)
	defer cancel()
	var t struct {
		Load   float64 `json:"load"`
		Status int     `json:"status"`
	}
	if _, err := st.page.Call(ctx, "timing", st.foretold(map[string]any{}), &t); err != nil {
		if st.late(err) && st.ctx.Err() == nil {
			return nil
		}
		return err
	}
	if t.Load > 0 {
		st.report.Set("loadMs", t.Load)
		st.sink.Emit(executors.Metric{Name: "page_load", Unit: "ms", Value: t.Load, At: time.Now()})
	}
	if t.Status > 0 {
		st.report.Set("status", t.Status)
	}
	return nil
}

// silent marks a failure when its target has answered nothing of the attempt.
// One that has answered has trouble with this page, and is not away.
func (st *step) silent(address string, f *executors.Failure) error {
	if target := targetOf(address); !st.answered[target] {
		return &executors.Unreachable{Target: target, Err: f}
	}
	return f
}

func targetOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "" // it was parsed before
	}
	return executors.TargetOf(u)
}
