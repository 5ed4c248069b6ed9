package browser

import "github.com/semantest/semantest/internal/spec"

// horizon is how many of the steps that follow are looked at.
const horizon = 3

// foreseen is what the agent watches ahead of the step that will point at it, so
// that it need not wait then to see that it does not move.
type foreseen struct {
	Locator locator `json:"locator"`
	Control bool    `json:"control"`
	Inputs  int64   `json:"inputs"` // before it was looked at: another one may set it going
}

// foretold adds what comes next to what the agent of the page's own document is told.
func (st *step) foretold(arg map[string]any) map[string]any {
	if st.ahead != nil {
		next := *st.ahead
		next.Inputs = st.page.inputs.Load()
		arg["next"] = next
	}
	return arg
}

// quiet reports whether a step does nothing but look, or counts what it does by
// itself, as an input.
func quiet(s spec.BrowserStep) bool {
	return s.Expect != nil || s.Goto != nil || s.Click != nil || s.DblClick != nil || s.Check != nil || s.Uncheck != nil || s.Press != nil
}

// foresee finds what the steps after one point at, by its number. Nothing depends
// on it: where it is wrong, as when a step between changes a variable, the agent
// looks again.
func (r *run) foresee(step int) *foreseen {
	if r.measured {
		return nil // nothing is to be looked at beside what is measured
	}
	following := r.task.Case.BrowserSteps
	following = following[min(step+1, len(following)):]
	for _, raw := range following[:min(horizon, len(following))] {
		var l spec.Locator
		control := false
		switch {
		case raw.Click != nil:
			l = raw.Click.Locator
		case raw.DblClick != nil:
			l = raw.DblClick.Locator
		case raw.Check != nil:
			l, control = *raw.Check, true
		case raw.Uncheck != nil:
			l, control = *raw.Uncheck, true
		case raw.Expect != nil, raw.Fill != nil, raw.Select != nil, raw.Press != nil:
			continue
		default:
			return nil
		}
		s, err := spec.Expand(r.task.Scope, spec.BrowserStep{Click: &spec.Click{Locator: l}})
		if err != nil || s.Click.Frame != nil {
			return nil
		}
		return &foreseen{Locator: wire(s.Click.Locator), Control: control}
	}
	return nil
}
