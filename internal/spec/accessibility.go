package spec

import (
	"cmp"
	"slices"
	"strings"
)

// KindAccessibility is the short form of a browser case that opens a page and
// audits its accessibility. Parse makes a case of kind browser of it, so it is
// none of Kinds.
const KindAccessibility Kind = "accessibility"

// AccessibilityCase holds the keys that only cases of kind accessibility have.
type AccessibilityCase struct {
	URL           string        `yaml:"url" kind:"accessibility" doc:"The page: absolute, or relative to BASE_URL; http or https." required:"true" min:"1" max:"8000" example:"/products/TEA-01"`
	Steps         []BrowserStep `yaml:"steps" kind:"accessibility" doc:"What is done between opening the page and auditing it." min:"1" max:"50" example:"[{click: {role: button, name: Menu}}]"`
	Accessibility `yaml:",inline" kind:"accessibility"`
}

// Audit is an examination of the page as it is now.
type Audit struct {
	Accessibility *Accessibility `yaml:"accessibility" doc:"Whether people with disabilities can use it, as far as axe-core can tell." required:"true" example:"{standard: wcag22aa}"`
}

// Accessibility says what of a page is audited by which rules of axe-core, and
// what fails.
type Accessibility struct {
	Standard string    `yaml:"standard" doc:"Rules by standard, with those that it builds on: wcag2aa has those of wcag2a, best-practice those of wcag22aa. Without a standard rules.tags say it." default:"wcag21aa" enum:"wcag2a,wcag2aa,wcag21aa,wcag22aa,best-practice" example:"wcag22aa"`
	Rules    *AxeRules `yaml:"rules" doc:"Rules beside or instead of those of the standard." example:"{exclude: [color-contrast]}"`
	Within   *Locator  `yaml:"within" doc:"Only this element with all that is in it." example:"{role: main}"`
	Exclude  *Locator  `yaml:"exclude" doc:"Elements, all that match, that are not audited." example:"\".advertisement\""`
	Impact   AxeImpact `yaml:"impact" doc:"The least impact that fails; what has less is told." default:"minor" enum:"minor,moderate,serious,critical" example:"serious"`
	Baseline string    `yaml:"baseline" doc:"new-only: what people have accepted does not fail, by its rule and its element." enum:"new-only" example:"new-only"`
	Findings string    `yaml:"findings" doc:"Name of what is found, unique in the case, for its files and its baseline." default:"accessibility" pattern:"artifact" min:"1" max:"100" example:"menu"`
}

// AxeRules chooses rules by the names that axe-core has given them.
type AxeRules struct {
	Tags    []string `yaml:"tags" doc:"Rules with one of these tags of axe-core, instead of a standard." min:"1" max:"50" each:"1-50" keys:"axe" example:"[wcag2aa, cat.forms]"`
	Include []string `yaml:"include" doc:"These rules too." min:"1" max:"200" each:"1-100" keys:"axe" example:"[target-size]"`
	Exclude []string `yaml:"exclude" doc:"Never these rules." min:"1" max:"200" each:"1-100" keys:"axe" example:"[color-contrast]"`
}

// AxeImpact is how much a fault hinders people.
type AxeImpact string

// axeImpacts are the impacts, the least first.
var axeImpacts = []AxeImpact{"minor", "moderate", "serious", "critical"}

// AtLeast reports whether an impact is as grave as another one. One that is not
// known counts as the gravest: nothing is overlooked.
func (i AxeImpact) AtLeast(least AxeImpact) bool {
	rank := slices.Index(axeImpacts, i)
	return rank < 0 || rank >= slices.Index(axeImpacts, cmp.Or(least, axeImpacts[0]))
}

// axeStandards lists the tags that make up each standard.
var axeStandards = map[string][]string{
	"wcag2a":        {"wcag2a"},
	"wcag2aa":       {"wcag2a", "wcag2aa"},
	"wcag21aa":      {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa"},
	"wcag22aa":      {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"},
	"best-practice": {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"},
}

// RuleTags lists the tags whose rules are applied.
func (a Accessibility) RuleTags() []string {
	if a.Rules != nil && a.Rules.Tags != nil {
		return a.Rules.Tags
	}
	return axeStandards[cmp.Or(a.Standard, "wcag21aa")]
}

// Name is that of what is found.
func (a Accessibility) Name() string { return cmp.Or(a.Findings, "accessibility") }

// target says what is audited and by what.
func (a Accessibility) target() string {
	by := cmp.Or(a.Standard, "wcag21aa")
	if a.Rules != nil && a.Rules.Tags != nil {
		by = strings.Join(a.Rules.Tags, ", ")
	}
	what := ""
	if a.Within != nil {
		what = "of " + a.Within.String()
	}
	return words("accessibility", what, "by", by)
}

// spelled lists the steps that an accessibility case stands for.
func (a AccessibilityCase) spelled() []BrowserStep {
	steps := append([]BrowserStep{{Goto: &Goto{URL: a.URL}}}, a.Steps...)
	audit := a.Accessibility
	return append(steps, BrowserStep{Audit: &Audit{Accessibility: &audit}})
}
