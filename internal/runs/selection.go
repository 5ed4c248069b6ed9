package runs

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Selection chooses cases of a plan. Everything that is set must hold; within
// one list any member is enough.
type Selection struct {
	Grep  string   // RE2 expression on the case's key or title
	Tags  []string // of the case or of the plan
	Kinds []spec.Kind
	Cases []string // ids or keys

	LastFailed bool // in the plan's newest run, in the same environment, that has ended
}

// choose returns the cases of a run, and their keys unless all are chosen: what
// is selected, of that what failed, and of that the shard's part.
func (s *Service) choose(ctx context.Context, tx *store.Tx, version *ent.PlanVersion, parsed *plans.Version, in StartInput) ([]spec.ExpandedCase, []string, error) {
	cases, err := in.Select.apply(parsed)
	if err == nil && in.Select.LastFailed {
		cases, err = s.lastFailed(ctx, tx, version, cmp.Or(in.Environment, parsed.Plan.Environment), cases)
	}
	if err == nil && in.Shard.Total > 0 {
		cases, err = s.part(ctx, tx, version, cases, in.Shard)
	}
	if err != nil || len(cases) == len(parsed.Cases) {
		return cases, nil, err
	}
	keys := make([]string, len(cases))
	for i, c := range cases {
		keys[i] = c.Key
	}
	return cases, keys, nil
}

// empty reports whether every case is chosen by its own properties.
func (s Selection) empty() bool {
	return s.Grep == "" && len(s.Tags) == 0 && len(s.Kinds) == 0 && len(s.Cases) == 0
}

// apply returns the cases that are chosen by their own properties.
func (s Selection) apply(v *plans.Version) ([]spec.ExpandedCase, error) {
	if s.empty() {
		return v.Cases, nil
	}
	for _, k := range s.Kinds {
		if !slices.Contains(spec.Kinds(), k) { // the graph reads an enum of the wrong case as ""
			return nil, apperr.Invalid("kinds", "%q is not a kind of cases; the kinds are API and BROWSER", string(k))
		}
	}
	var grep *regexp.Regexp
	if s.Grep != "" {
		var err error
		if grep, err = regexp.Compile(s.Grep); err != nil {
			return nil, apperr.Invalid("grep", "%q is not a regular expression: %s", s.Grep, err)
		}
	}
	var out []spec.ExpandedCase
	for _, c := range v.Cases {
		if s.matches(c, v.Plan.Tags, grep) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, noCase("no case of the plan matches the selection")
	}
	return out, nil
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
