package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// observation is what the agent sees of a subject.
type observation struct {
	Count    int             `json:"count"`
	Several  []string        `json:"several"`
	Found    bool            `json:"found"`
	Element  string          `json:"element"`
	Visible  bool            `json:"visible"`
	Disabled bool            `json:"disabled"`
	Checked  *bool           `json:"checked"`
	Text     *string         `json:"text"`
	Title    string          `json:"title"`
	Why      string          `json:"why"`
	Message  string          `json:"message"`
	Seen     string          `json:"seen"`
	Depth    int             `json:"depth"`
	Holds    bool            `json:"holds"`
	Tree     []spec.AriaNode `json:"tree"`

	lack *prepared // the frame that is not there
}

// observe watches a subject until it is as wanted or the time is up, and
// returns what it saw last.
func (st *step) observe(l spec.Locator, subject string, wanted func(observation) bool) (observation, error) {
	return st.observeOf(l, "", subject, wanted)
}

// observeOf is observe for a subject that has a name of its own, such as an
// attribute.
func (st *step) observeOf(l spec.Locator, name, subject string, wanted func(observation) bool) (observation, error) {
	var last observation
	var several time.Time
	lacking := false
	for {
		now, err := st.observeOnce(l, name, subject, last.Seen, lacking)
		switch {
		case errors.Is(err, driver.ErrNavigated) && !st.over():
			last.Seen, lacking = "", false
			continue
		case err != nil && st.late(err):
			if last.Seen != "" {
				return last, nil
			}
			return last, st.gaveUp(executors.Failf("the page did not answer within %s: its script is busy", st.limit))
		case err != nil:
			return last, err
		case now.lack != nil && (now.lack.Why == "no frame" || now.lack.Why == "invalid"), now.Why == "invalid":
			return now, unready(meant(l), now.flaw(l), st.limit)
		}
		last, lacking = now, now.lack != nil
		// While a page is drawn anew there may be two for a moment.
		if flaw := now.flaw(l); flaw.Why == "several" {
			if several.IsZero() {
				several = time.Now()
			}
			if time.Since(several) > ambiguity || st.over() {
				return now, unready(meant(l), flaw, st.limit)
			}
			last.Seen = ""
		} else {
			several = time.Time{}
			if wanted(now) {
				return now, nil
			}
		}
		if st.over() {
			return last, nil
		}
	}
}

// observeOnce looks, and waits for another state than the previous one for at
// most a slice of the step's time.
func (st *step) observeOnce(l spec.Locator, name, subject, previous string, lacking bool) (observation, error) {
	var now observation
	budget := int64(0)
	if lacking { // there is nothing to tell before the frame is there
		budget = st.budget()
	}
	s, lack, err := st.reach(l, budget)
	if err != nil {
		return now, err
	}
	if lack != nil {
		return observation{lack: lack, Seen: lackingSeen, Why: "lacking"}, nil
	}
	in := wire(l)
	in.Attribute = name
	err = st.callAt(&s, "observe", map[string]any{"locator": in, "subject": subject, "previous": previous, "budget": st.budget()}, &now)
	return now, err
}

// lackingSeen stands for the state of what is in a frame that is not there.
const lackingSeen = "lacking"

// flaw says why an observation cannot be judged, if that is so.
func (o observation) flaw(l spec.Locator) prepared {
	switch {
	case o.lack != nil:
		return *o.lack
	case len(o.Several) > 0:
		return prepared{Why: "several", Count: o.Count, List: o.Several, part: partOf(l, o.Depth)}
	}
	return prepared{Why: o.Why, Message: o.Message}
}

// ambiguity is how long more than one match is borne.
const ambiguity = 250 * time.Millisecond

// expect performs one assertion and reports it as a check.
func (st *step) expect(e spec.Expect) error {
	switch {
	case e.Visible != nil:
		return st.expectState(*e.Visible, "visible", "visible", func(o observation) bool { return o.Found && o.Visible })
	case e.Hidden != nil:
		return st.expectState(*e.Hidden, "hidden", "visible", func(o observation) bool { return !o.Found || !o.Visible })
	case e.Enabled != nil:
		return st.expectState(*e.Enabled, "enabled", "enabled", func(o observation) bool { return o.Found && !o.Disabled })
	case e.Disabled != nil:
		return st.expectState(*e.Disabled, "disabled", "enabled", func(o observation) bool { return o.Found && o.Disabled })
	case e.Checked != nil:
		return st.expectState(*e.Checked, "checked", "checked", func(o observation) bool { return o.Checked != nil && *o.Checked })
	case e.Unchecked != nil:
		return st.expectState(*e.Unchecked, "unchecked", "checked", func(o observation) bool { return o.Checked != nil && !*o.Checked })
	case e.Text != nil:
		return st.expectValue(*e.Text, "", "text", "text of "+meant(*e.Text), e.Matcher)
	case e.Value != nil:
		return st.expectValue(*e.Value, "", "value", "value of "+meant(*e.Value), e.Matcher)
	case e.Count != nil:
		return st.expectValue(*e.Count, "", "count", "count of "+meant(*e.Count), e.Matcher)
	case e.Attribute != nil:
		what := meant(e.Attribute.Locator)
		return st.expectValue(e.Attribute.Locator, e.Attribute.Attribute, "attribute",
			fmt.Sprintf("attribute %s of %s", e.Attribute.Attribute, what), e.Matcher)
	case e.URL != nil:
		return st.expectURL(*e.URL)
	case e.Title != nil:
		return st.expectValue(spec.Locator{}, "", "page", "title", *e.Title)
	case e.Console != "":
		return st.expectConsole(e.Allow)
	case e.PageErrors != "":
		return st.expectClean("page errors", "uncaught exception", "uncaught exceptions",
			func() []string { return look(st.page, func(s *state) []string { return s.console.exceptions() }) }, e.Allow)
	case e.Requests != "":
		return st.expectClean("requests", "request that failed", "requests that failed", st.failedRequests, e.Allow)
	case e.Focused != nil:
		return st.expectHolds(*e.Focused, "focused", "focused", "not focused")
	case e.InViewport != nil:
		return st.expectHolds(*e.InViewport, "inViewport", "in the viewport", "out of the viewport")
	case e.Editable != nil:
		return st.expectHolds(*e.Editable, "editable", "editable", "not editable")
	case e.Empty != nil:
		return st.expectHolds(*e.Empty, "empty", "empty", "not empty")
	case e.Class != nil:
		return st.expectValue(*e.Class, "", "class", "class of "+meant(*e.Class), e.Matcher)
	case e.CSS != nil:
		return st.expectValue(e.CSS.Locator, e.CSS.Property, "css", fmt.Sprintf("%s of %s", e.CSS.Property, meant(e.CSS.Locator)), e.Matcher)
	case e.AccessibleName != nil:
		return st.expectValue(*e.AccessibleName, "", "accessibleName", "accessible name of "+meant(*e.AccessibleName), e.Matcher)
	case e.Description != nil:
		return st.expectValue(*e.Description, "", "description", "accessible description of "+meant(*e.Description), e.Matcher)
	case e.Aria != nil:
		return st.expectAria(*e.Aria)
	case e.Picture != nil:
		return st.laidOut(st.compare(*e.Picture))
	case e.Cookie != nil:
		return st.expectCookie(*e.Cookie, e.Matcher)
	case e.Clipboard != nil:
		return st.expectClipboard(*e.Clipboard)
	case e.Request != nil:
		return st.expectRequest(*e.Request)
	case e.Tabs != nil:
		return st.expectTabs(*e.Tabs)
	}
	return executors.Errorf("the assertion has no subject")
}

// expectState asserts a state that an element is in or not.
func (st *step) expectState(l spec.Locator, state, subject string, holds func(observation) bool) error {
	return st.expectWord(l, state, subject, holds, func(o observation) string { return o.actual(subject) })
}

// expectWord is expectState with a word of its own for what is there.
func (st *step) expectWord(l spec.Locator, state, subject string, holds func(observation) bool, word func(observation) string) error {
	o, err := st.observe(l, subject, holds)
	if err != nil {
		return st.unmet(meant(l)+" is "+state, state, "", err)
	}
	if o.Element != "" {
		st.report.Set("element", o.Element)
	}
	check := executors.Check{Name: meant(l) + " is " + state, Expected: state, Actual: word(o), Passed: holds(o)}
	if !check.Passed {
		check.Message = fmt.Sprintf("%s is %s after %s, and should be %s", o.name(meant(l)), check.Actual, st.limit, state)
		if !o.Found {
			check.Message = st.missing(l, o)
		}
	}
	return st.judge(check)
}

// expectHolds asserts what the agent answers by yes or no.
func (st *step) expectHolds(l spec.Locator, subject, yes, no string) error {
	return st.expectWord(l, yes, subject, func(o observation) bool { return o.Found && o.Holds }, func(o observation) string {
		switch {
		case !o.Found:
			return "not there"
		case o.Holds:
			return yes
		}
		return no
	})
}

// missing says that there is no element, and what there is instead.
func (st *step) missing(l spec.Locator, o observation) string {
	p := prepared{Why: "missing", Count: o.Count, part: partOf(l, o.Depth)}
	if o.lack != nil {
		p = *o.lack
	}
	// The page is asked once more, for the names that it has.
	var looked prepared
	lack, err := st.ask(l, "prepare", map[string]any{"kind": "any", "budget": 0}, &looked)
	switch {
	case err == nil && lack != nil:
		p = *lack
	case err == nil && looked.Why == "missing":
		looked.part = partOf(l, looked.Depth)
		p = looked
	}
	return unready(meant(l), p, st.limit).Message
}

func (o observation) name(what string) string {
	if o.Element != "" {
		return o.Element
	}
	return what
}

func (o observation) actual(subject string) string {
	if !o.Found {
		return "not there"
	}
	yes, no := "visible", "hidden"
	holds := o.Visible
	switch subject {
	case "enabled":
		yes, no, holds = "enabled", "disabled", !o.Disabled
	case "checked":
		if o.Checked == nil {
			return "neither checked nor unchecked"
		}
		yes, no, holds = "checked", "unchecked", *o.Checked
	}
	if holds {
		return yes
	}
	return no
}

// expectValue asserts a value by a matcher.
func (st *step) expectValue(l spec.Locator, name, subject, title string, m spec.Matcher) error {
	value := func(o observation) spec.Actual {
		switch {
		case subject == "count":
			return spec.NumberActual(o.Count)
		case subject == "page":
			return spec.TextActual(o.Title)
		case !o.Found || o.Text == nil:
			return spec.NoActual()
		}
		return spec.TextActual(*o.Text)
	}
	// An attribute that is to be absent still needs its element.
	ready := func(o observation) bool { return o.Found || subject == "count" || subject == "page" }
	o, err := st.observeOf(l, name, subject, func(o observation) bool { return ready(o) && passed(m.Evaluate(value(o))) })
	if err != nil {
		return st.unmet(title+" "+m.String(), "", "", err)
	}
	if o.Element != "" {
		st.report.Set("element", o.Element)
	}
	if !ready(o) {
		return st.judge(executors.Check{Name: strings.TrimSpace(title + " " + m.String()), Actual: "not there", Message: st.missing(l, o)})
	}
	return st.judgeAll(title, m.Evaluate(value(o)))
}

func passed(verdicts []spec.Verdict) bool {
	for _, v := range verdicts {
		if !v.Passed {
			return false
		}
	}
	return true
}

func (st *step) expectURL(m spec.Matcher) error {
	m, err := st.absolute(m)
	if err != nil {
		return err
	}
	verdicts, err := st.awaitURL(m)
	if err != nil {
		return err
	}
	return st.judgeAll("url", verdicts)
}

// awaitURL waits until the page's address is as asked or the time is up.
func (st *step) awaitURL(m spec.Matcher) ([]spec.Verdict, error) {
	var verdicts []spec.Verdict
	err := st.awaitState(func(s *state) bool {
		verdicts = m.Evaluate(spec.TextActual(s.url))
		return passed(verdicts)
	})
	return verdicts, err
}

// awaitState waits for the state without an error when the time is up.
func (st *step) awaitState(holds func(*state) bool) error {
	ctx, cancel := context.WithDeadline(st.ctx, st.end)
	defer cancel()
	err := st.page.await(ctx, holds)
	if st.late(err) && st.ctx.Err() == nil {
		return nil
	}
	return err
}

// absolute resolves addresses that a plan may write relative to BASE_URL.
func (st *step) absolute(m spec.Matcher) (spec.Matcher, error) {
	resolve := func(v *spec.Value) (*spec.Value, error) {
		text, ok := v.V.(string)
		if !ok || strings.Contains(text, "://") || strings.HasPrefix(text, "about:") {
			return v, nil
		}
		abs, err := st.task.Scope.ResolveURL(text)
		if err != nil {
			return nil, executors.Errorf("the address %q cannot be used: %w", text, err)
		}
		return &spec.Value{V: abs}, nil
	}
	var err error
	for _, field := range []**spec.Value{&m.Equals, &m.NotEquals} {
		if *field == nil {
			continue
		}
		if *field, err = resolve(*field); err != nil {
			return m, err
		}
		if u, perr := url.Parse(fmt.Sprint((*field).V)); perr == nil && u.Host != "" && u.Path == "" {
			u.Path = "/" // as the browser writes it
			*field = &spec.Value{V: u.String()}
		}
	}
	return m, nil
}

func (st *step) expectConsole(allow []string) error {
	return st.expectClean("console is clean", "error in the console", "errors in the console",
		func() []string { return look(st.page, func(s *state) []string { return s.console.errors() }) }, allow)
}

// judge reports a check. Where the case's time ended the step, it is a timeout
// and no verdict on the target.
func (st *step) judge(c executors.Check) error {
	st.report.Check(c)
	if !c.Passed && st.capped && st.over() {
		return st.gaveUp(executors.TimedOutf("%s", c.Message))
	}
	return nil
}

func (st *step) judgeAll(title string, verdicts []spec.Verdict) error {
	for _, v := range verdicts {
		c := executors.Check{Name: title + " " + v.Name, Passed: v.Passed, Expected: v.Expected, Actual: v.Actual}
		if !v.Passed {
			c.Message = fmt.Sprintf("%s %s after %s", title, v.Message, st.limit)
		}
		if err := st.judge(c); err != nil {
			return err
		}
	}
	return nil
}

// unmet reports the check that could not be made, with its reason.
func (st *step) unmet(name, expected, actual string, err error) error {
	if f, ok := errors.AsType[*executors.Failure](err); ok {
		st.report.Check(executors.Check{Name: strings.TrimSpace(name), Expected: expected, Actual: actual, Message: f.Message})
	}
	return err
}
