package browser

import (
	"fmt"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxTree     = 16 << 10 // bytes of a tree that is shown
	maxTreeDiff = 8 << 10
)

// expectAria judges a part of the accessibility tree.
func (st *step) expectAria(a spec.Aria) error {
	wanted, err := spec.ParseAria(a.Snapshot)
	if err != nil {
		return executors.Errorf("the snapshot %w", err)
	}
	l := a.Locator
	what := meant(l)
	if l == (spec.Locator{}) {
		l, what = spec.Locator{CSS: "body"}, "the page"
	}
	missing := ""
	o, err := st.observe(l, "aria", func(o observation) bool {
		if !o.Found {
			return false
		}
		var ok bool
		ok, missing = spec.AriaMatches(wanted, o.Tree)
		return ok
	})
	name := "aria of " + what
	if err != nil {
		return st.unmet(name, "", "", err)
	}
	check := executors.Check{Name: name, Passed: o.Found && missing == "", Expected: short(spec.RenderAria(wanted), 2000), Actual: "not there"}
	if o.Found {
		actual := spec.RenderAria(o.Tree)
		check.Actual = short(actual, 2000)
		st.report.Set("aria", short(actual, maxTree))
		if !check.Passed {
			check.Message = fmt.Sprintf("the accessibility tree of %s has no %s after %s, where it is expected", what, short(missing, 300), st.limit)
			st.report.Set("diff", treeDiff(wanted, actual))
		}
	} else {
		check.Message = st.missing(l, o)
	}
	return st.judge(check)
}

// treeDiff shows line by line what is wanted beside what is there.
func treeDiff(wanted []spec.AriaNode, actual string) string {
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(spec.RenderAria(wanted)), B: difflib.SplitLines(short(actual, maxTree)),
		FromFile: "expected", ToFile: "actual", Context: 3,
	})
	if err != nil {
		return ""
	}
	return short(text, maxTreeDiff)
}
