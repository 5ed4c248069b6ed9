package browser

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
)

// expectClean asserts that nothing of a kind went wrong so far, beside what is
// allowed.
func (st *step) expectClean(title, one, many string, found func() []string, allow []string) error {
	// One answer of the page, so that what it has written is all here.
	if _, err := st.page.Call(st.ctx, "focused", nil, &struct{}{}); err != nil && !st.late(err) {
		return err
	}
	var allowed []*regexp.Regexp
	for _, expression := range allow {
		re, err := regexp.Compile(expression)
		if err != nil {
			return executors.Errorf("%q is not a regular expression", short(expression, 200))
		}
		allowed = append(allowed, re)
	}
	faults := slices.DeleteFunc(found(), func(text string) bool {
		return slices.ContainsFunc(allowed, func(re *regexp.Regexp) bool { return re.MatchString(text) })
	})
	check := executors.Check{Name: title, Expected: "no " + many, Passed: len(faults) == 0, Actual: "no " + many}
	if !check.Passed {
		check.Actual = short(strings.Join(faults, "\n"), 2000)
		verb := "are"
		if len(faults) == 1 {
			verb = "is"
		}
		check.Message = fmt.Sprintf("there %s %s: %s", verb, plural(len(faults), one, many), oneLine(strings.Join(faults, "; ")))
	}
	return st.judge(check)
}

// failedRequests lists the requests that have failed, or were refused by their
// server.
func (st *step) failedRequests() []string {
	var out []string
	for _, x := range st.traffic.since(0) {
		switch {
		case strings.HasSuffix(x.request.URL, "/favicon.ico"): // which the browser asks for on its own
		case x.err != "" && !x.canceled:
			out = append(out, fmt.Sprintf("%s %s: %s", x.request.Method, short(x.request.URL, 500), x.err))
		case x.status >= http.StatusBadRequest:
			out = append(out, fmt.Sprintf("%s %s: status %d", x.request.Method, short(x.request.URL, 500), x.status))
		}
	}
	return out
}
