package browser

import (
	"context"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

func (st *step) wait(w spec.Wait) error {
	switch {
	case w.Visible != nil:
		return st.waitVisible(*w.Visible, true)
	case w.Hidden != nil:
		return st.waitVisible(*w.Hidden, false)
	case w.URL != nil:
		return st.waitURL(*w.URL)
	case w.Load != "":
		return st.waitLoad(w.Load)
	}
	return st.pause(time.Duration(w.Duration))
}

func (st *step) waitVisible(l spec.Locator, want bool) error {
	holds := func(o observation) bool { return (o.Found && o.Visible) == want }
	o, err := st.observe(l, "visible", holds)
	switch {
	case err != nil:
		return err
	case holds(o):
		return nil
	case want && !o.Found:
		return st.gaveUp(executors.Failf("%s", st.missing(l, o)))
	}
	return st.gaveUp(executors.Failf("%s is %s after %s", o.name(meant(l)), o.actual("visible"), st.limit))
}

func (st *step) waitURL(m spec.Matcher) error {
	m, err := st.absolute(m)
	if err != nil {
		return err
	}
	verdicts, err := st.awaitURL(m)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if !v.Passed {
			return st.gaveUp(executors.Failf("the address of the page %s after %s", v.Message, st.limit))
		}
	}
	return nil
}

// loadStates are the plan's words for the browser's.
var loadStates = map[string]string{"load": "load", "domcontentloaded": "DOMContentLoaded", "networkidle": "networkIdle"}

func (st *step) waitLoad(word string) error {
	event, ok := loadStates[word]
	if !ok {
		return executors.Errorf("%q is no state of loading: use load, domcontentloaded or networkidle", word)
	}
	reached := func(s *state) bool { return !s.leaving && (s.load == "" || s.reached[event]) }
	if err := st.awaitState(reached); err != nil {
		return err
	}
	if look(st.page, reached) {
		return nil
	}
	return st.gaveUp(executors.Failf("the page did not reach %s within %s", word, st.limit))
}

func (st *step) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	limit := time.NewTimer(time.Until(st.end))
	defer limit.Stop()
	select {
	case <-timer.C:
		return nil
	case <-st.page.gone.Done():
		return context.Cause(st.page.gone)
	case <-st.ctx.Done():
		return st.ctx.Err()
	case <-limit.C:
		return st.gaveUp(executors.TimedOutf("the wait of %s is longer than the step's limit of %s", d, st.limit))
	}
}
