package accept

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/spec"
)

// read makes the checks that need no target. The plan is that of the case alone.
func (j *judging) read(c draft.Case) (Verdict, *spec.Plan) {
	v := Verdict{Case: c, State: Proposed}
	plan, err := j.Frame.Parse(c.Source)
	if err == nil && len(plan.Cases) != 1 {
		err = fmt.Errorf("it is not one case")
	}
	v.check(SchemaValid, mistakes(err))
	if err != nil {
		return v, nil
	}
	of := plan.Cases[0]
	v.ID, v.Name, v.Kind = of.ID, of.Title(), string(of.Kind)
	v.check(AllowedHosts, foreign(c.Source, j.Frame.BaseURL))
	v.check(AllowedActions, j.forbidden(of))
	v.check(NoSecrets, secretIn(c.Source))
	v.check(CitesSource, j.uncited(c))
	v.check(ReferencesResolve, j.unresolved(plan))
	v.check(NotADuplicate, j.duplicate(of))
	v.check(AddsCoverage, j.idle(c))
	j.exports(&v, plan)
	return v, plan
}

// check records a check; an empty reason passes.
func (v *Verdict) check(name CheckName, reason string) {
	c := Check{Name: name, Outcome: Passed, Reason: reason}
	if reason != "" {
		c.Outcome, v.State = Failed, Rejected
	}
	v.Checks = append(v.Checks, c)
}

func (j *judging) exports(v *Verdict, plan *spec.Plan) {
	if j.Export == nil {
		v.Checks = append(v.Checks, Check{Name: ExportCompiles, Outcome: Skipped, Reason: "nobody asked for an export"})
		return
	}
	skipped, err := j.Export(plan)
	switch {
	case err != nil:
		v.check(ExportCompiles, err.Error())
	case skipped != "":
		v.Checks = append(v.Checks, Check{Name: ExportCompiles, Outcome: Skipped, Reason: skipped})
	default:
		v.check(ExportCompiles, "")
	}
}

func mistakes(err error) string {
	if err == nil {
		return ""
	}
	if list := spec.MistakesOf(err); len(list) > 0 {
		return list[0].Message
	}
	return err.Error()
}

var address = regexp.MustCompile(`(?i)\b(?:https?|wss?)://[^\s"'<>\\{}\]]*`)

// foreign names the first address of the text that is not the target's.
func foreign(source, target string) string {
	own, err := url.Parse(target)
	for _, text := range address.FindAllString(source, -1) {
		u, parseErr := url.Parse(strings.TrimRight(text, ".,;)"))
		if parseErr != nil || err != nil || !strings.EqualFold(u.Host, own.Host) {
			return fmt.Sprintf("it names %s, which is not the target", text)
		}
	}
	return ""
}

// forbidden says what of a case generated ones may not do: scripts in a page,
// files of the machine, other tools.
func (j *judging) forbidden(c spec.Case) string {
	if len(j.Kinds) > 0 && !slices.Contains(j.Kinds, c.Kind) {
		return fmt.Sprintf("cases of kind %s were not asked for", c.Kind)
	}
	switch c.Kind {
	case spec.KindAPI, spec.KindBrowser, spec.KindContract:
	case spec.KindLoad, spec.KindLLM:
		return fmt.Sprintf("cases of kind %s are not generated", c.Kind)
	}
	for _, s := range c.BrowserSteps {
		if action := s.Action(); !slices.Contains(allowedInPages, action) {
			return fmt.Sprintf("the action %s is not for generated cases", action)
		}
	}
	if action := forbiddenStep(c.APISteps); action != "" {
		return fmt.Sprintf("the action %s is not for generated cases", action)
	}
	return ""
}

// allowedInPages is what people do on pages, and what they look for there.
var allowedInPages = []string{"goto", "click", "dblclick", "hover", "focus", "blur", "fill", "clear", "type", "press", "select", "check", "uncheck",
	"scroll", "reload", "back", "forward", "expect", "wait", "screenshot", "audit", "viewport", "tap", "dialog"}

func forbiddenStep(steps []spec.APIStep) string {
	for _, s := range steps {
		switch {
		case s.GRPC != nil:
			return "grpc"
		case s.HTTP != nil && (s.HTTP.Proxy != nil || s.HTTP.File != ""):
			return "http with a proxy or a file"
		}
		for _, inner := range s.Inner() {
			if action := forbiddenStep(inner); action != "" {
				return action
			}
		}
	}
	return ""
}

// credentials are texts that look like somebody's keys.
var credentials = []*regexp.Regexp{
	regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.`),
	regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`),
	regexp.MustCompile(`\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|rk_live_|npm_|AIza)[A-Za-z0-9_-]{16,}`),
	regexp.MustCompile(`(?i)\bauthorization["']?\s*[:,]\s*["']?(?:bearer|basic|token)\s+[^$\s"'{]{8,}`),
	regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@"']+:[^\s/@"'$]+@`),
}

func secretIn(source string) string {
	for _, c := range credentials {
		if c.MatchString(source) {
			return "it holds what looks like credentials; name a secret of the project instead"
		}
	}
	return ""
}

// uncited says what of a case's sources is not there.
func (j *judging) uncited(c draft.Case) string {
	if len(c.Cites) == 0 {
		return "it stands on nothing in the source"
	}
	for _, cite := range c.Cites {
		if !slices.ContainsFunc(j.Cites, func(known draft.Cite) bool {
			return known.Kind == cite.Kind && known.Ref == cite.Ref && (cite.Quote == "" || strings.Contains(known.Quote, cite.Quote))
		}) {
			return fmt.Sprintf("it cites %s %s, which the source does not have in these words", cite.Kind, cite.Ref)
		}
	}
	return ""
}

func (j *judging) unresolved(plan *spec.Plan) string {
	for _, name := range plan.Files() {
		if _, ok := j.Frame.Files[name]; !ok {
			return fmt.Sprintf("it refers to file://%s, which is not there", name)
		}
	}
	return "" // variables are checked with the schema: a plan that names an unknown one does not parse
}

// duplicate compares with the cases of the plan and with those before this one.
func (j *judging) duplicate(c spec.Case) string {
	what := fingerprint(c)
	if other, ok := j.prints[what]; ok {
		return fmt.Sprintf("the case %s does the same", other)
	}
	if j.ids[c.ID] {
		return fmt.Sprintf("there is another case with the id %s", c.ID)
	}
	j.prints[what], j.ids[c.ID] = c.ID, true
	return ""
}

func (j *judging) idle(c draft.Case) string {
	for _, item := range c.Covers {
		if !j.covered[item] {
			return ""
		}
	}
	return "it looks at nothing that the cases before it do not"
}

// fingerprint is equal for cases that do the same, whatever they and their
// steps and variables are called.
func fingerprint(c spec.Case) string {
	c.ID, c.Name, c.Tags, c.Skip = "", "", nil, ""
	c.APISteps, c.BrowserSteps = slices.Clone(c.APISteps), slices.Clone(c.BrowserSteps)
	names := []string{}
	for i := range c.APISteps {
		c.APISteps[i].Name = ""
		names = append(names, c.APISteps[i].Captured()...)
	}
	for i := range c.BrowserSteps {
		c.BrowserSteps[i].Name = ""
	}
	data, err := json.Marshal(plainOf(reflect.ValueOf(c)))
	if err != nil {
		return c.ID + err.Error() // values of a plan are values of JSON
	}
	text := string(data)
	for i, name := range names {
		text = strings.ReplaceAll(text, "${{ "+name+" }}", fmt.Sprintf("${{ %d }}", i))
		text = strings.ReplaceAll(text, `"Capture":{"`+name+`"`, fmt.Sprintf(`"Capture":{"%d"`, i))
	}
	return text
}

// plainOf keeps what is set.
func plainOf(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainOf(v.Elem())
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				out[f.Name] = plainOf(v.Field(i))
			}
		}
		return out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plainOf(v.Index(i))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, k := range v.MapKeys() {
			out[fmt.Sprint(k)] = plainOf(v.MapIndex(k))
		}
		return out
	}
	return v.Interface()
}
