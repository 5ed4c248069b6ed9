package browser

import (
	"fmt"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// answer is what was done with a dialog that the plan has waited for.
type answer struct {
	kind, message string
	as            spec.Dialog
}

// maxArmed bounds how many dialogs can be waited for at once.
const maxArmed = 100

// arm says how the next dialog is answered that nobody has been waiting for yet.
func (st *step) arm(d spec.Dialog) error {
	full := false
	st.first.update(func(s *state) {
		if full = len(s.armed) >= maxArmed; !full {
			s.armed = append(s.armed, d)
		}
	})
	if full {
		return executors.Errorf("more than %d dialogs are waited for", maxArmed)
	}
	return nil
}

// onDialog answers a dialog at once: the page stands still meanwhile. What the
// plan does not speak of is dismissed, as nobody is there to do anything else;
// leaving a page is what the plan asked for.
func (pg *page) onDialog(e driver.DialogOpened) {
	if pg.byHand {
		return
	}
	reply := driver.DialogAnswer{Accept: e.Kind == "beforeunload"}
	pg.update(func(s *state) {
		if len(s.armed) > 0 && e.Kind != "beforeunload" {
			as := s.armed[0]
			s.armed = s.armed[1:]
			reply = driver.DialogAnswer{Accept: as.Answer == "accept", Text: as.Text}
			if as.Text == "" {
				reply.Text = e.Default
			}
			s.answers = append(s.answers, answer{kind: e.Kind, message: e.Message, as: as})
		}
		if len(s.dialogs) < maxDialogs {
			s.dialogs = append(s.dialogs, e.Kind+": "+short(e.Message, 200))
		} else {
			s.moreDialogs++
		}
	})
	e.Answer(reply)
}

// judgeDialogs checks what the dialogs that were waited for have said.
func (st *step) judgeDialogs() {
	var all []answer
	st.first.update(func(s *state) { all, s.answers = s.answers, nil })
	for _, a := range all {
		st.report.Set("dialogAnswered", a.kind+": "+a.as.Answer)
		if a.as.Message == nil {
			continue
		}
		for _, v := range a.as.Message.Evaluate(spec.TextActual(a.message)) {
			c := executors.Check{Name: "dialog " + v.Name, Passed: v.Passed, Expected: v.Expected, Actual: v.Actual}
			if !v.Passed {
				c.Message = fmt.Sprintf("the %s %s", a.kind, v.Message)
			}
			st.report.Check(c)
		}
	}
}

// unanswered fails the case whose last step is over while a dialog that it has
// waited for has not come.
func (st *step) unanswered() error {
	if st.report.Index != len(st.task.Case.BrowserSteps)-1 {
		return nil
	}
	missing := look(st.first, func(s *state) int { return len(s.armed) })
	if missing == 0 {
		return nil
	}
	return executors.Failf("the case is over, and %s that it has waited for did not open", plural(missing, "dialog", "dialogs"))
}
