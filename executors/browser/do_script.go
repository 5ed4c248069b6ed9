package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// maxResult bounds what a script of a plan returns: 1 MiB of JSON.
const maxResult = 1 << 20

// evaluate runs a script once, and judges or keeps what it returns.
func (st *step) evaluate(e spec.Evaluate) error {
	world := driver.WorldAgent
	if e.World == "page" {
		world = driver.WorldPage
	}
	var arg any
	if e.Arg != nil {
		arg = e.Arg.V
	}
	raw, err := st.page.Evaluate(st.ctx, world, e.Function(), arg)
	if thrown, ok := errors.AsType[*driver.ScriptError](err); ok {
		return executors.Failf("the script failed: %s", whatWasThrown(thrown.Message))
	}
	switch {
	case errors.Is(err, driver.ErrNavigated):
		return executors.Failf("the script was not over when another page was opened")
	case err != nil && st.late(err):
		st.page.Interrupt()
		return st.gaveUp(executors.Failf("the script was not over within %s", st.limit))
	case err != nil:
		return err
	case len(raw) > maxResult:
		return executors.Failf("the script returned more than %d MiB", maxResult>>20)
	}
	actual := spec.NoActual()
	if len(raw) > 0 {
		doc, err := decodeJSON(raw)
		if err != nil {
			return executors.Failf("what the script returned cannot be read: %s", err)
		}
		actual = spec.JSONActual(doc)
		st.report.Set("result", short(string(raw), 2000))
	}
	if !e.Matcher.IsZero() {
		if err := st.judgeOnce("result", e.Matcher.Evaluate(actual)); err != nil {
			return err
		}
	}
	if e.As != "" {
		if !actual.Exists {
			return executors.Failf("the script returned nothing for the variable %s", e.As)
		}
		st.task.Scope.Set(e.As, plain(actual.Value))
	}
	return st.settle()
}

// whatWasThrown leaves of a browser's message what the script has thrown.
func whatWasThrown(message string) string {
	text := oneLine(message)
	for _, prefix := range []string{"Uncaught ", "(in promise) "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if half := len(text) / 2; len(text)%2 == 1 && text[:half] == text[half+1:] { // told twice
		text = text[:half]
	}
	return text
}

// judgeOnce reports verdicts on what is not waited for.
func (st *step) judgeOnce(title string, verdicts []spec.Verdict) error {
	for _, v := range verdicts {
		c := executors.Check{Name: title + " " + v.Name, Passed: v.Passed, Expected: v.Expected, Actual: v.Actual}
		if !v.Passed {
			c.Message = fmt.Sprintf("the %s %s", title, v.Message)
		}
		if err := st.judge(c); err != nil {
			return err
		}
	}
	return nil
}

// clock is the time that the page's scripts see.
type clock struct {
	virtual time.Time // that it was when it was really
	real    time.Time
	frozen  bool
}

func (c clock) now() time.Time {
	if c.frozen {
		return c.virtual
	}
	return c.virtual.Add(time.Since(c.real))
}

// turnClock sets, stops or moves the time.
func (st *step) turnClock(c spec.Clock) error {
	now := clock{virtual: time.Now(), real: time.Now()}
	if st.clock != nil {
		now = *st.clock
		now.virtual, now.real = now.now(), time.Now()
	}
	if c.Now != "" {
		at, err := time.Parse(time.RFC3339, c.Now)
		if err != nil {
			return executors.Errorf("%q is no time such as 2030-01-01T08:00:00Z", c.Now)
		}
		now.virtual = at
	}
	if c.Freeze != nil {
		now.frozen = *c.Freeze
	}
	set := st.clock == nil || c.Now != "" || c.Freeze != nil
	st.clock = &now
	if set {
		for _, pg := range st.pages() {
			if err := st.tellTime(st.ctx, pg); err != nil {
				return err
			}
		}
	}
	if c.Advance == 0 {
		return nil
	}
	_, err := st.page.Evaluate(st.ctx, driver.WorldPage,
		"(ms) => globalThis[Symbol.for('semantest.clock')].advance(ms)", time.Duration(c.Advance).Milliseconds())
	switch {
	case errors.Is(err, driver.ErrNavigated): // what was done then has opened another page
	case err != nil && st.late(err):
		return st.gaveUp(executors.Failf("what the page does in %s was not over within %s", c.Advance, st.limit))
	case err != nil:
		return err
	}
	now.virtual, now.real = now.virtual.Add(time.Duration(c.Advance)), time.Now()
	for _, pg := range st.pages() { // which documents to come must know, too
		if err := st.tellTime(st.ctx, pg); err != nil {
			return err
		}
	}
	return st.settle()
}

// tellTime gives a page the time, if it has one of its own.
func (r *run) tellTime(ctx context.Context, pg *page) error {
	if r.clock == nil {
		return nil
	}
	power, ok := driver.Power[driver.Preloads](pg.Page)
	if !ok {
		return executors.Errorf("the browser has no clock of its own")
	}
	state, err := json.Marshal(map[string]any{
		"virtual": r.clock.virtual.UnixMilli(), "real": r.clock.real.UnixMilli(), "frozen": r.clock.frozen,
	})
	if err != nil {
		return fmt.Errorf("encoding the time: %w", err)
	}
	// The file begins with comments, which a function must not.
	_, source, _ := strings.Cut(agent.Clock(), "\n(state)")
	return power.Preload(ctx, "((state)"+strings.TrimRight(source, "\n")+")("+string(state)+");")
}
