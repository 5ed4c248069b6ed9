package browser

import (
	"fmt"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	maxPopups = 10 // open at once; what is beyond is closed at once
	maxOpened = 50 // in one case; each costs the browser tens of milliseconds
)

// runawayError ends a case whose page would use the browser up.
type runawayError struct{ what string }

func (e *runawayError) Error() string { return "the page runs away: it " + e.what }

// onPopup keeps a window that the page has opened until the case ends, unless
// there are too many.
func (pg *page) onPopup(p driver.Page, e driver.PopupOpened) {
	keep, opened := false, 0
	pg.update(func(s *state) {
		s.opened++
		opened = s.opened
		if keep = len(s.popups) < maxPopups; keep {
			if s.popups == nil {
				s.popups = map[string]bool{}
			}
			s.popups[e.ID] = true
			s.windows = append(s.windows, e.ID)
		}
	})
	switch {
	case opened > maxOpened:
		pg.runAway(p, fmt.Sprintf("opened more than %d windows", maxOpened))
	case keep:
		e.Keep()
	default:
		e.Close()
	}
}

// runAway ends the case, and the page's process, which would go on.
func (pg *page) runAway(p driver.Page, what string) {
	if pg.gone.Err() != nil {
		return
	}
	pg.vanish(&runawayError{what: what})
	p.Abandon()
}
