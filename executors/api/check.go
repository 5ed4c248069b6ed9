package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/spec"
)

// check evaluates every check of a step; one that fails does not keep the
// others from being looked at.
func (a *attempt) check(ctx context.Context, checks []spec.Check, in *response, r *executors.Report) {
	for _, c := range checks {
		judged := a.judge(ctx, c, in)
		for _, j := range judged {
			r.Check(j)
		}
		a.addDiff("", c, judged, in, r)
	}
}

func (a *attempt) judge(ctx context.Context, c spec.Check, in *response) []executors.Check {
	switch {
	case c.Status != nil:
		return a.verdicts("status", *c.Status, spec.NumberActual(in.status))
	case c.Header != "":
		return a.header(c.Header, c.Matcher, in)
	case c.Cookie != "":
		return a.cookie(c.Cookie, c.Matcher, in)
	case c.Body != nil:
		return a.verdicts("body", *c.Body, spec.TextActual(string(in.body)))
	case c.JSONPath != "":
		return a.jsonpath(c.JSONPath, c.Matcher, in)
	case c.XPath != "":
		return a.xpath(c.XPath, c.Matcher, in)
	case c.Regex != "":
		return a.regex(c.Regex, c.Matcher, in)
	case c.Schema != nil:
		return []executors.Check{a.schema(ctx, *c.Schema, c.Strict, in)}
	case c.Snapshot != nil:
		return a.snapshot(*c.Snapshot, in)
	case c.Duration != nil:
		return a.verdicts("duration", *c.Duration, spec.DurationActual(in.timings.duration))
	case c.Protocol != nil:
		return a.verdicts("protocol", *c.Protocol, spec.TextActual(in.proto))
	}
	return a.judgeOther(c, in)
}

func (a *attempt) header(name string, m spec.Matcher, in *response) []executors.Check {
	actual := spec.NoActual()
	if values := in.header.Values(name); len(values) > 0 {
		actual = spec.TextActual(strings.Join(values, ", "))
	}
	checks := a.verdicts("header "+strings.ToLower(name), m, actual)
	if har.Sensitive(name) && actual.Exists {
		hide(checks, "header")
	}
	return checks
}

// hide takes the value out of the checks on it.
func hide(checks []executors.Check, of string) {
	for i, c := range checks {
		checks[i].Actual = hidden
		if !c.Passed {
			checks[i].Message = fmt.Sprintf("%s did not hold; the value of this %s is not shown", c.Name, of)
		}
	}
}

// verdicts judges a value and puts the subject before each verdict.
//
// The texts of a verdict are cut to a bound, and a secret that is cut in two
// could not be recognised any more: where a secret is involved, what people
// read comes from a second judgement, of masked values.
func (a *attempt) verdicts(subject string, m spec.Matcher, actual spec.Actual) []executors.Check {
	subject = oneLine(subject) // an expression may have several
	verdicts := m.Evaluate(actual)
	shown := verdicts
	masker := masker{scope: a.task.Scope}
	maskedMatcher, maskedActual := masker.matcher(m), masker.actual(actual)
	if masker.changed {
		shown = maskedMatcher.Evaluate(maskedActual)
	}
	checks := make([]executors.Check, len(verdicts))
	for i, v := range verdicts {
		checks[i] = executors.Check{Name: subject + " " + shown[i].Name, Passed: v.Passed, Expected: shown[i].Expected, Actual: shown[i].Actual}
		if v.Passed {
			continue
		}
		checks[i].Message = subject + " " + oneLine(shown[i].Message)
		if shown[i].Message == "" {
			checks[i].Message = checks[i].Name + " did not hold"
		}
	}
	return checks
}

func failedCheck(name, expected, actual, message string) executors.Check {
	return executors.Check{Name: oneLine(name), Expected: expected, Actual: actual, Message: oneLine(message)}
}

func oneLine(text string) string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
}

const hidden = "***"
