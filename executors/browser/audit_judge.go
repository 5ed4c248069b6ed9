package browser

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/thirdparty"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxAuditPictures = 6  // of elements, of one audit
	maxAuditElements = 20 // of a rule in the detail of the step
	aroundElement    = 12 // CSS pixels that a picture shows around an element
	widestElement    = 1200
	tallestElement   = 800
)

// verdict is what became of one rule.
type verdict struct {
	axeRule
	fails    bool
	fresh    []axeNode // that count
	more     int       // that count and are not told one by one
	pictures map[string]string
}

// count is how many elements count.
func (v verdict) count() int { return len(v.fresh) + v.more }

// judgeAudit tells what was found: a check for each rule, the files, the pictures.
func (st *step) judgeAudit(a spec.Accessibility, found audited) error {
	found.mask(st.task.Scope)
	known, err := st.accepted(a, found)
	if err != nil {
		return err
	}
	var verdicts []verdict
	fresh := 0
	for _, r := range found.Violations {
		v := verdict{axeRule: r, pictures: map[string]string{}}
		v.fresh, v.more = known.news(r)
		v.fails = v.count() > 0 && r.Impact.AtLeast(a.Impact) && !(known.asked && st.task.AcceptBaselines)
		fresh += v.count()
		verdicts = append(verdicts, v)
	}
	st.showElements(a, verdicts)
	if err := st.keepAudit(a, found, known); err != nil {
		return err
	}
	now := findingsOf(found)
	if err := st.propose(a, known, now, fresh); err != nil {
		return err
	}
	st.tellAudit(a, found, verdicts, known, now)
	return st.checkRules(found, verdicts, known)
}

// checkRules reports one check for each rule.
func (st *step) checkRules(found audited, verdicts []verdict, known acceptance) error {
	said := map[string]bool{}
	for _, v := range verdicts {
		said[v.ID] = true
		c := executors.Check{Name: "accessibility " + v.ID, Passed: !v.fails, Expected: "no element breaks it", Actual: v.actual(known)}
		if v.fails {
			c.Message = v.sentence(known)
		}
		if err := st.judge(c); err != nil {
			return err
		}
	}
	for _, r := range found.Incomplete {
		said[r.ID] = true // it has neither passed nor failed
	}
	for _, id := range found.Passes {
		if !said[id] {
			st.report.Check(executors.Check{Name: "accessibility " + id, Passed: true, Expected: "no element breaks it", Actual: "no element breaks it"})
		}
	}
	return nil
}

func (v verdict) actual(known acceptance) string {
	text := fmt.Sprintf("%s (%s)", broken(v.Total), cmp.Or(string(v.Impact), "impact unknown"))
	if known.asked {
		text += fmt.Sprintf(", of which %d new", v.count())
	}
	return text
}

func broken(n int) string { return plural(n, "element breaks", "elements break") + " it" }

// sentence says what is wrong, and where.
func (v verdict) sentence(known acceptance) string {
	about := []string{cmp.Or(string(v.Impact), "impact unknown")}
	if criteria := wcag(v.Tags); len(criteria) > 0 {
		about = append(about, "WCAG "+strings.Join(criteria, ", "))
	}
	where := make([]string, 0, 3)
	for _, n := range v.fresh[:min(3, len(v.fresh))] {
		where = append(where, short(n.selector(), 200))
	}
	if rest := v.count() - len(where); rest > 0 {
		where = append(where, fmt.Sprintf("and %d more", rest))
	}
	fresh := ""
	if known.there {
		fresh = "newly "
	}
	text := fmt.Sprintf("%s the rule %s %s(%s), %q: %s", plural(v.count(), "element breaks", "elements break"), v.ID, fresh, strings.Join(about, "; "), v.Help, strings.Join(where, ", "))
	if known.asked {
		text += "; mend it, or accept it with semantest review"
	}
	return text
}

var criterion = regexp.MustCompile(`^wcag([0-9])([0-9])([0-9]+)$`)

// wcag lists the success criteria among the tags of a rule: wcag143 is 1.4.3.
func wcag(tags []string) []string {
	out := []string{}
	for _, t := range tags {
		if m := criterion.FindStringSubmatch(t); m != nil {
			out = append(out, strings.Join(m[1:], "."))
		}
	}
	return out
}

// mask hides secrets in what is cut later, since half a secret cannot be hidden.
func (f *audited) mask(scope *spec.Scope) {
	f.URL = scope.Mask(f.URL)
	for _, list := range [][]axeRule{f.Violations, f.Incomplete} {
		for _, r := range list {
			for i := range r.Nodes {
				n := &r.Nodes[i]
				n.HTML, n.Why = short(scope.Mask(n.HTML), maxAuditHTML), short(scope.Mask(n.Why), 2*maxAuditHTML)
				for _, through := range n.Target {
					for j := range through {
						through[j] = short(scope.Mask(through[j]), 1000)
					}
				}
			}
		}
	}
}

// showElements takes pictures of what counts: first one for each rule, and the
// rules that fail first.
func (st *step) showElements(a spec.Accessibility, verdicts []verdict) {
	order := slices.Clone(verdicts)
	slices.SortStableFunc(order, func(one, two verdict) int {
		return cmp.Compare(b2i(two.fails), b2i(one.fails))
	})
	taken := 0
	for round := range maxAuditPictures {
		for _, v := range order {
			if round >= len(v.fresh) || taken == maxAuditPictures || st.over() {
				continue
			}
			n := v.fresh[round]
			if name := st.showElement(a.Name()+"-"+v.ID, n); name != "" {
				v.pictures[n.selector()] = name
				taken++
			}
		}
	}
	if _, err := st.page.Call(st.ctx, "auditLeave", nil, &struct{}{}); err != nil {
		st.report.Set("notScrolledBack", oneLine(err.Error()))
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// showElement attaches a picture of an element and returns its name; nothing
// where it cannot be seen.
func (st *step) showElement(name string, n axeNode) string {
	var at struct {
		Ready      bool    `json:"ready"`
		X          float64 `json:"x"`
		Y          float64 `json:"y"`
		Width      float64 `json:"width"`
		Height     float64 `json:"height"`
		PageWidth  float64 `json:"pageWidth"`
		PageHeight float64 `json:"pageHeight"`
	}
	if _, err := st.page.Call(st.ctx, "auditPlace", map[string]any{"target": n.Target}, &at); err != nil || !at.Ready {
		return ""
	}
	x, y := math.Floor(max(0, at.X-aroundElement)), math.Floor(max(0, at.Y-aroundElement))
	clip := driver.Rect{X: x, Y: y,
		Width:  math.Ceil(min(at.Width+2*aroundElement, widestElement, max(1, at.PageWidth-x))),
		Height: math.Ceil(min(at.Height+2*aroundElement, tallestElement, max(1, at.PageHeight-y)))}
	png, err := st.page.Capture(st.ctx, driver.Picture{Clip: &clip})
	if err != nil {
		st.report.Set("notPictured", oneLine(err.Error()))
		return ""
	}
	return st.attach(st.ctx, st.report, picture(pictureName(name, ""), st.report.Index, png))
}

// keepAudit attaches what was found, as axe-core tells it and as SARIF.
func (st *step) keepAudit(a spec.Accessibility, found audited, known acceptance) error {
	raw, err := json.MarshalIndent(map[string]any{
		"testEngine": found.Engine, "testEnvironment": found.Environment, "url": found.URL,
		"toolOptions": map[string]any{"runOnly": a.RuleTags()},
		"violations":  found.Violations, "incomplete": found.Incomplete, "passes": found.Passes, "inapplicable": found.Inapplicable,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding what was found: %w", err)
	}
	st.keepJSON(a.Name()+".json", "application/json", raw)
	if raw, err = sarifOf(found, known); err != nil {
		return fmt.Errorf("encoding SARIF: %w", err)
	}
	st.keepJSON(a.Name()+".sarif", "application/sarif+json", raw)
	return nil
}

// tellAudit puts the findings into the detail of the step.
func (st *step) tellAudit(a spec.Accessibility, found audited, verdicts []verdict, known acceptance, now []finding) {
	rules := []any{}
	for _, v := range verdicts {
		elements := []any{}
		for _, n := range v.Nodes[:min(len(v.Nodes), maxAuditElements)] {
			e := map[string]any{"selector": n.selector(), "html": n.HTML, "why": n.Why}
			if name := v.pictures[n.selector()]; name != "" {
				e["picture"] = name
			}
			if known.asked {
				e["new"] = !known.has(finding{Rule: v.ID, Target: n.selector()})
			}
			elements = append(elements, e)
		}
		rules = append(rules, map[string]any{
			"rule": v.ID, "impact": string(v.Impact), "help": v.Help, "helpUrl": v.HelpURL, "wcag": wcag(v.Tags),
			"count": v.Total, "fails": v.fails, "elements": elements,
		})
	}
	unsure := []any{}
	for _, r := range found.Incomplete {
		where := []string{}
		for _, n := range r.Nodes[:min(len(r.Nodes), maxAuditElements)] {
			where = append(where, n.selector())
		}
		unsure = append(unsure, map[string]any{"rule": r.ID, "help": r.Help, "count": r.Total, "elements": where})
	}
	told := map[string]any{
		"engine": "axe-core " + thirdparty.AxeVersion, "tags": a.RuleTags(),
		"violations": rules, "incomplete": unsure, "passes": len(found.Passes), "inapplicable": len(found.Inapplicable),
	}
	if known.asked {
		told["accepted"], told["gone"] = len(known.accepted), known.gone(now)
	}
	st.report.Set("accessibility", told)
}
