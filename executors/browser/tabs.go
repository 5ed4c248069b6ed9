package browser

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// tabs are the windows of a case: the one that it began with, and those that it
// has chosen so far.
type tabs struct {
	first  *page
	known  map[string]*page // that were acted on, by their ids
	before []*page          // that were chosen before the current one
}

// errNoTab says that a window is not there yet.
var errNoTab = errors.New("there is no such tab")

// tab performs the plan's action of the name.
func (st *step) tab(t spec.Tab) error {
	switch {
	case t.Open != "":
		return st.openTab(t.Open)
	case t.Close:
		return st.closeTab()
	case t.Switch != nil:
		return st.switchTab(func() (*page, string, error) { return st.numbered(*t.Switch) })
	case t.URL != nil:
		m, err := st.absolute(*t.URL)
		if err != nil {
			return err
		}
		return st.switchTab(func() (*page, string, error) {
			return st.where(func(pg *page) (string, bool) {
				url := look(pg, func(s *state) string { return s.url })
				return url, passed(m.Evaluate(spec.TextActual(url)))
			})
		})
	}
	return st.switchTab(func() (*page, string, error) {
		return st.where(func(pg *page) (string, bool) {
			var o observation
			if _, err := pg.Call(st.ctx, "observe", map[string]any{"subject": "page", "budget": 0}, &o); err != nil {
				return "", false
			}
			return o.Title, passed(t.Title.Evaluate(spec.TextActual(o.Title)))
		})
	})
}

// switchTab chooses a window once it is there.
func (st *step) switchTab(find func() (*page, string, error)) error {
	for {
		pg, there, err := find()
		if err == nil {
			st.choosePage(pg)
			return st.awaitState(func(s *state) bool { return s.reached["load"] || s.reached["DOMContentLoaded"] })
		}
		if !errors.Is(err, errNoTab) {
			return err
		}
		if st.over() {
			return st.gaveUp(executors.Failf("there is no such tab after %s: %s", st.limit, there))
		}
		if err := st.nap(); err != nil {
			return err
		}
	}
}

// nap waits a moment for what no event tells.
func (st *step) nap() error {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-st.ctx.Done():
		return st.ctx.Err()
	case <-st.first.gone.Done():
		return context.Cause(st.first.gone)
	}
}

// pages lists the windows that have been acted on.
func (r *run) pages() []*page {
	return append(slices.Collect(maps.Values(r.known)), r.first)
}

func (st *step) choosePage(pg *page) {
	if pg != st.page {
		st.before = append(st.before, st.page)
		st.page = pg
	}
}

// windows lists the ids of those that are open beside the first one, in the
// order in which they were opened.
func (r *run) windows() []string {
	return look(r.first, func(s *state) []string { return slices.Clone(s.windows) })
}

// numbered returns a window by its number.
func (st *step) numbered(n int) (*page, string, error) {
	open := st.windows()
	there := "it has " + plural(len(open)+1, "tab", "tabs")
	if n < 0 {
		n += len(open) + 1
	}
	switch {
	case n == 0:
		return st.first, there, nil
	case n > len(open):
		return nil, there, errNoTab
	}
	pg, err := st.window(open[n-1])
	return pg, there, err
}

// where returns the one window that fits.
func (st *step) where(fits func(*page) (string, bool)) (*page, string, error) {
	var found *page
	var seen []string
	for n := range len(st.windows()) + 1 {
		pg, _, err := st.numbered(n)
		if errors.Is(err, errNoTab) {
			continue // it was closed meanwhile
		}
		if err != nil {
			return nil, "", err
		}
		text, ok := fits(pg)
		seen = append(seen, text)
		if !ok {
			continue
		}
		if found != nil {
			return nil, "", executors.Failf("2 tabs are meant by that, where one is: choose by number")
		}
		found = pg
	}
	if found == nil {
		return nil, "the tabs are " + quoted(seen), errNoTab
	}
	return found, "", nil
}

// window returns the page of a window, which is attached to when it is wanted
// for the first time.
func (st *step) window(id string) (*page, error) {
	if pg := st.known[id]; pg != nil {
		return pg, nil
	}
	pg, err := st.newTab(func(ctx context.Context, t driver.Tabs, o driver.PageOptions) (driver.Page, error) {
		return t.Tab(ctx, id, o)
	})
	if err != nil {
		if !slices.Contains(st.windows(), id) {
			return nil, errNoTab
		}
		return nil, err
	}
	pg.id = id
	st.known[id] = pg
	return pg, nil
}

// newTab makes a page of a window, as large as the first one.
func (st *step) newTab(attach func(context.Context, driver.Tabs, driver.PageOptions) (driver.Page, error)) (*page, error) {
	power, ok := driver.Power[driver.Tabs](st.first.Page)
	if !ok {
		return nil, executors.Errorf("the browser has no tabs")
	}
	pg := &page{inst: st.first.inst, out: st.first.out, woken: make(chan struct{}), spy: st.first.spy, byHand: st.first.byHand}
	pg.gone, pg.vanish = context.WithCancelCause(st.first.gone)
	opened, err := attach(st.ctx, power, driver.PageOptions{Life: pg.gone, On: pg.onEvent})
	if err != nil {
		pg.vanish(driver.ErrClosed)
		return nil, err
	}
	pg.Page = opened
	if err := st.dress(st.ctx, pg); err != nil {
		return nil, err
	}
	var at struct {
		URL   string `json:"url"`
		State string `json:"state"`
	}
	if _, err := pg.Call(st.ctx, "whereabouts", nil, &at); err != nil {
		return nil, err
	}
	pg.update(func(s *state) {
		if s.url == "" {
			s.url = at.URL
		}
		if s.reached == nil {
			s.reached = map[string]bool{}
		}
		if at.State != "loading" {
			s.reached["DOMContentLoaded"] = true
		}
		if at.State == "complete" {
			s.reached["load"] = true
		}
	})
	return pg, nil
}

func (st *step) openTab(ref string) error {
	var id string
	pg, err := st.newTab(func(ctx context.Context, t driver.Tabs, o driver.PageOptions) (driver.Page, error) {
		p, opened, err := t.OpenTab(ctx, o)
		id = opened
		return p, err
	})
	if err != nil {
		return err
	}
	pg.id = id
	st.known[id] = pg
	st.first.update(func(s *state) { s.windows = append(s.windows, id) })
	st.choosePage(pg)
	return st.open(ref)
}

func (st *step) closeTab() error {
	if st.page == st.first {
		return executors.Errorf("the first tab cannot be closed: the case ends with it")
	}
	closing := st.page
	if err := closing.Close(st.ctx); err != nil {
		return err
	}
	st.forget(closing)
	return nil
}

// forget goes back to the window that was chosen before one that is no more.
func (r *run) forget(closed *page) {
	closed.vanish(driver.ErrClosed)
	r.album.close(closed)
	delete(r.known, closed.id)
	r.first.update(func(s *state) {
		s.windows = slices.DeleteFunc(s.windows, func(id string) bool { return id == closed.id })
	})
	r.before = slices.DeleteFunc(r.before, func(pg *page) bool { return pg == closed })
	if r.page != closed {
		return
	}
	r.page = r.first
	if n := len(r.before); n > 0 {
		r.page, r.before = r.before[n-1], r.before[:n-1]
	}
}

// forgetClosed leaves a tab that has closed itself.
func (r *run) forgetClosed() {
	for r.page != r.first && r.first.gone.Err() == nil && (r.page.gone.Err() != nil || !slices.Contains(r.windows(), r.page.id)) {
		r.forget(r.page)
	}
}
