package load

import (
	"bytes"
	"regexp"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// check is a check of a step that is decided without anybody else: what it
// says is what spec's matcher says of the same value.
type check struct {
	index  int
	status bool
	holds  func(*answer, time.Duration) bool
	why    func(*answer, time.Duration) string // why it does not
}

// isPlain reports whether the check is decided here.
func isPlain(c spec.Check) bool {
	return c.Status != nil || c.Header != "" || c.Duration != nil || c.Body != nil
}

// compileCheck returns false for a check that is left to Exchanges. Where it is
// used often, what it says of each status is found out once.
func compileCheck(index int, c spec.Check, often bool) (check, bool) {
	out := check{index: index}
	evaluate := func(subject string, m spec.Matcher, actual func(*answer, time.Duration) spec.Actual) {
		out.holds = func(a *answer, d time.Duration) bool { return fits(m, actual(a, d)) }
		out.why = func(a *answer, d time.Duration) string { return reason(subject, m, actual(a, d)) }
	}
	switch {
	case c.Status != nil:
		out.status = true
		evaluate("status", *c.Status, func(a *answer, _ time.Duration) spec.Actual { return spec.NumberActual(a.status) })
		if often {
			var known [600]bool
			for code := range known {
				known[code] = fits(*c.Status, spec.NumberActual(code))
			}
			out.holds = func(a *answer, _ time.Duration) bool { return a.status < len(known) && known[a.status] }
		}
	case c.Header != "":
		evaluate("header "+strings.ToLower(c.Header), c.Matcher, func(a *answer, _ time.Duration) spec.Actual {
			values := a.header.PeekAll(c.Header)
			if len(values) == 0 {
				return spec.NoActual()
			}
			all := make([]string, len(values))
			for i, v := range values {
				all[i] = string(v)
			}
			return spec.TextActual(strings.Join(all, ", "))
		})
	case c.Duration != nil:
		evaluate("duration", *c.Duration, func(_ *answer, d time.Duration) spec.Actual { return spec.DurationActual(d) })
	case c.Body != nil:
		evaluate("body", *c.Body, func(a *answer, _ time.Duration) spec.Actual { return spec.TextActual(string(a.body)) })
		if often {
			if fast := fastBody(*c.Body); fast != nil {
				out.holds = fast
			}
		}
	default:
		return check{}, false
	}
	return out, true
}

// fastBody decides the matchers that are common without copying the body.
func fastBody(m spec.Matcher) func(*answer, time.Duration) bool {
	if text, ok := onlyText(m, m.Contains, spec.Matcher{Contains: m.Contains}); ok {
		want := []byte(text)
		return func(a *answer, _ time.Duration) bool { return bytes.Contains(a.body, want) }
	}
	if text, ok := onlyText(m, m.Equals, spec.Matcher{Equals: m.Equals}); ok {
		want := []byte(text)
		return func(a *answer, _ time.Duration) bool { return bytes.Equal(a.body, want) }
	}
	rest := m
	rest.Matches = ""
	if m.Matches != "" && rest.IsZero() {
		if re, err := regexp.Compile(m.Matches); err == nil {
			return func(a *answer, _ time.Duration) bool { return re.Match(a.body) }
		}
	}
	return nil
}

// onlyText is the text of a matcher that has nothing but this value.
func onlyText(m spec.Matcher, value *spec.Value, alone spec.Matcher) (string, bool) {
	if value == nil {
		return "", false
	}
	text, ok := value.V.(string)
	return text, ok && m.String() == alone.String()
}

// fits reports whether a matcher holds for one value.
func fits(m spec.Matcher, actual spec.Actual) bool {
	for _, v := range m.Evaluate(actual) {
		if !v.Passed {
			return false
		}
	}
	return true
}

func reason(subject string, m spec.Matcher, actual spec.Actual) string {
	for _, v := range m.Evaluate(actual) {
		if !v.Passed {
			return subject + " " + v.Message
		}
	}
	return ""
}

// question is what a check asks, as the tag check of a threshold names it.
func question(c spec.Check) string {
	words := func(subject string, m spec.Matcher) string {
		text := m.String()
		if text == "" {
			text = "exists"
		}
		return subject + " " + text
	}
	switch {
	case c.Status != nil:
		return words("status", *c.Status)
	case c.Header != "":
		return words("header "+strings.ToLower(c.Header), c.Matcher)
	case c.Body != nil:
		return words("body", *c.Body)
	case c.Duration != nil:
		return words("duration", *c.Duration)
	case c.JSONPath != "":
		return words("jsonpath "+c.JSONPath, c.Matcher)
	case c.Cookie != "":
		return words("cookie "+c.Cookie, c.Matcher)
	case c.XPath != "":
		return words("xpath "+c.XPath, c.Matcher)
	case c.Regex != "":
		return words("regex "+c.Regex, c.Matcher)
	case c.Schema != nil:
		return "schema"
	}
	for subject, m := range map[string]*spec.Matcher{"bytes": c.Bytes, "sha256": c.SHA256, "md5": c.MD5, "size": c.Size, "protocol": c.Protocol} {
		if m != nil {
			return words(subject, *m)
		}
	}
	return "check"
}
