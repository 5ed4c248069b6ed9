package runs

import (
	"regexp"
	"slices"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
)

// Selection chooses cases of a plan. Everything that is set must hold; within
// one list any member is enough.
type Selection struct {
	Grep  string   // RE2 expression on the case's key or title
	Tags  []string // of the case or of the plan
	Kinds []spec.Kind
	Cases []string // ids or keys
}

// Empty reports whether everything is chosen.
func (s Selection) Empty() bool {
	return s.Grep == "" && len(s.Tags) == 0 && len(s.Kinds) == 0 && len(s.Cases) == 0
}

// apply returns the chosen cases, and their keys unless all are chosen.
func (s Selection) apply(v *plans.Version) ([]spec.ExpandedCase, []string, error) {
	if s.Empty() {
		return v.Cases, nil, nil
	}
	for _, k := range s.Kinds {
		if !slices.Contains(spec.Kinds(), k) { // the graph reads an enum of the wrong case as ""
			return nil, nil, apperr.Invalid("kinds", "%q is not a kind of cases; the kinds are API and BROWSER", string(k))
		}
	}
	var grep *regexp.Regexp
	if s.Grep != "" {
		var err error
		if grep, err = regexp.Compile(s.Grep); err != nil {
			return nil, nil, apperr.Invalid("grep", "%q is not a regular expression: %s", s.Grep, err)
		}
	}
	var out []spec.ExpandedCase
	var keys []string
	for _, c := range v.Cases {
		if s.matches(c, v.Plan.Tags, grep) {
			out = append(out, c)
			keys = append(keys, c.Key)
		}
	}
	if len(out) == 0 {
		return nil, nil, apperr.Invalid("select", "no case of the plan matches the selection").With("reason", "NO_CASE")
	}
	return out, keys, nil
}

func (s Selection) matches(c spec.ExpandedCase, planTags []string, grep *regexp.Regexp) bool {
	if grep != nil && !grep.MatchString(c.Key) && !grep.MatchString(c.Title()) {
		return false
	}
	if len(s.Kinds) > 0 && !slices.Contains(s.Kinds, c.Kind) {
		return false
	}
	if len(s.Cases) > 0 && !slices.Contains(s.Cases, c.ID) && !slices.Contains(s.Cases, c.Key) {
		return false
	}
	tagged := func(tag string) bool { return slices.Contains(c.Tags, tag) || slices.Contains(planTags, tag) }
	return len(s.Tags) == 0 || slices.ContainsFunc(s.Tags, tagged)
}
