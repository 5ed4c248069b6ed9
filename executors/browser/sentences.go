package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// explain turns what stopped a step into the sentence and the outcome that
// people get. ctx is that of the case.
func (r *run) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*executors.Failure](err); ok {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, driver.ErrLost):
		return executors.Errorf("the browser ended during the step (%s); the next case gets a new one", r.page.inst.browser.Reason())
	case isRunaway(err):
		return executors.Failf("%s", err)
	case isForbidden(err):
		return executors.Errorf("%s", err)
	case errors.Is(err, driver.ErrCrashed):
		return executors.Errorf("the page crashed: its renderer process ended during the step")
	case errors.Is(err, driver.ErrClosed):
		return executors.Failf("the page was closed during the step")
	}
	return err
}

// unfit explains why a page could not be made what the plan wants it to be. What
// its engine cannot do skips the case.
func (r *run) unfit(ctx context.Context, err error) error {
	if c, ok := errors.AsType[*driver.CannotError](err); ok {
		return &executors.Failure{Outcome: spec.OutcomeSkipped, Message: fmt.Sprintf("skipped: %s cannot %s", r.page.inst.engine, c.What), Err: err}
	}
	return r.explain(ctx, err)
}

func isRunaway(err error) bool {
	_, ok := errors.AsType[*runawayError](err)
	return ok
}

func isForbidden(err error) bool {
	_, ok := errors.AsType[*forbiddenError](err)
	return ok
}

// sentence leaves of an error what people should read.
func sentence(err error) error {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		if e.Err != nil {
			return fmt.Errorf("%s: %s", e.Message, oneLine(e.Err.Error()))
		}
		return errors.New(e.Message)
	}
	return errors.New(oneLine(err.Error()))
}

func oneLine(text string) string { return excerpt.Line(text, 500) }

// unready says why an element could not be used. what is the locator.
func unready(what string, p prepared, limit time.Duration) *executors.Failure {
	element := p.Element
	if element == "" {
		element = what
	}
	within := ""
	if p.part != "" {
		what, within = p.part, ", in which "+what+" is looked for"
	}
	switch p.Why {
	case "missing":
		f := executors.Failf("no element matches %s within %s%s%s", what, limit, within, p.instead())
		f.Err = errMissing
		return f
	case "several":
		return executors.Failf("%d elements match %s%s, where one is meant: %s; say more, or which one by nth",
			p.Count, what, within, listing(p.List, p.Count))
	case "no frame":
		return executors.Failf("%s is no frame%s", element, within)
	case "invalid":
		return executors.Errorf("%s is no valid locator: %s", what, oneLine(p.Message))
	case "":
		return executors.Failf("%s could not be used within %s: the page does not answer, its script is busy", what, limit)
	}
	if why, ok := strings.CutPrefix(p.Why, "it "); ok {
		return executors.Failf("%s %s after %s", element, why, limit)
	}
	return executors.Failf("%s: %s after %s", element, p.Why, limit)
}

// instead says what the page has where the element is missing.
func (p prepared) instead() string {
	if p.Count > 0 {
		return fmt.Sprintf(": only %s there", plural(p.Count, "match is", "matches are"))
	}
	names := p.Candidates.Names
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return fmt.Sprintf("; the page has %s %s", p.Candidates.Kind, strings.Join(quoted, ", "))
}

func listing(list []string, count int) string {
	out := strings.Join(list, ", ")
	if more := count - len(list); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// short cuts text at a rune so that it has at most limit bytes, and says so.
func short(text string, limit int) string {
	return excerpt.Of(strings.ToValidUTF8(text, "\ufffd"), limit)
}
