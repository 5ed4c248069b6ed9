package browser

import (
	"context"
	"errors"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

func (st *step) reload() error {
	return st.move("the page", st.page.Reload)
}

// travel goes through the history: -1 is back.
func (st *step) travel(entries int) error {
	err := st.move("the page", func(ctx context.Context) (driver.Navigation, error) { return st.page.Travel(ctx, entries) })
	if errors.Is(err, driver.ErrNoHistory) {
		if entries < 0 {
			return executors.Failf("there is no page to go back to")
		}
		return executors.Failf("there is no page to go forward to")
	}
	return err
}

// move waits for the document that the browser brings, or for another place in
// the one that is shown.
func (st *step) move(what string, ask func(context.Context) (driver.Navigation, error)) error {
	st.page.update(func(s *state) { s.seen = nil })
	nav, err := ask(st.ctx)
	if err != nil {
		return st.notOpened(what, err)
	}
	if nav.Load == "" {
		return nil
	}
	err = st.page.await(st.ctx, func(s *state) bool { return s.seen[nav.Load] && s.reached["load"] })
	if p, ok := st.shown(); ok {
		return st.notReached(what, p)
	}
	if err != nil && st.late(err) {
		st.page.StopLoading()
		return st.gaveUp(executors.TimedOutf("%s did not finish loading within %s", what, st.limit))
	}
	return err
}
