package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

func audits(a spec.Accessibility) spec.BrowserStep {
	return spec.BrowserStep{Audit: &spec.Audit{Accessibility: &a}, Timeout: spec.Duration(50 * time.Second)}
}

// failedRules are the rules whose checks did not pass, in the last step.
func (r ran) failedRules() []string {
	out := []string{}
	steps := r.Steps()
	for _, c := range steps[len(steps)-1].Checks {
		if !c.Passed {
			out = append(out, strings.TrimPrefix(c.Name, "accessibility "))
		}
	}
	slices.Sort(out)
	return out
}

const sound = `<title>Sound</title><main><h1>Sound</h1><label for=a>Name</label><input id=a></main>`

const unsound = `<title>Unsound</title><main><h1>Unsound</h1><input id=a><img src=/none><p style="color:#aaa;background:#fff">Pale words</p></main>`

func TestAudits(t *testing.T) {
	t.Parallel()
	menu := `<title>Menu</title><main><h1>Menu</h1><button onclick="m.hidden=false">Menu</button><div id=m hidden><input id=late></div></main>`
	for _, tt := range []struct {
		name  string
		html  string
		steps []spec.BrowserStep
		want  []string
	}{
		{"nothing is wrong", sound, []spec.BrowserStep{audits(spec.Accessibility{})}, []string{}},
		{"each rule by its name", unsound, []spec.BrowserStep{audits(spec.Accessibility{})}, []string{"color-contrast", "image-alt", "label"}},
		{"a lower standard", unsound, []spec.BrowserStep{audits(spec.Accessibility{Standard: "wcag2a"})}, []string{"image-alt", "label"}},
		{"rules by tag", unsound, []spec.BrowserStep{audits(spec.Accessibility{Rules: &spec.AxeRules{Tags: []string{"cat.forms"}}})}, []string{"label"}},
		{"without a rule", unsound, []spec.BrowserStep{audits(spec.Accessibility{Rules: &spec.AxeRules{Exclude: []string{"label"}}})}, []string{"color-contrast", "image-alt"}},
		{"with a rule that the standard has not", `<title>x</title><main><h1>x</h1><h4>y</h4></main>`, []spec.BrowserStep{audits(spec.Accessibility{Rules: &spec.AxeRules{Include: []string{"heading-order"}}})}, []string{"heading-order"}},
		{"best practice", `<title>x</title><h1>x</h1><p>Nowhere</p>`, []spec.BrowserStep{audits(spec.Accessibility{Standard: "best-practice"})}, []string{"landmark-one-main", "region"}},
		{"only a part", unsound, []spec.BrowserStep{audits(spec.Accessibility{Within: new(css("p"))})}, []string{"color-contrast"}},
		{"all but some parts", unsound, []spec.BrowserStep{audits(spec.Accessibility{Exclude: new(css("p, img"))})}, []string{"label"}},
		{"a part that comes late", `<title>x</title><main id=m></main><script>setTimeout(() => m.innerHTML = '<form><input></form>', 300)</script>`,
			[]spec.BrowserStep{audits(spec.Accessibility{Within: new(css("form"))})}, []string{"label"}},
		{"what has less impact than fails", unsound, []spec.BrowserStep{audits(spec.Accessibility{Impact: "critical"})}, []string{"image-alt", "label"}},
		{"what axe-core is not sure of", `<title>x</title><main><h1>x</h1><p style="background:url(/none);color:#777">Unsure</p></main>`, []spec.BrowserStep{audits(spec.Accessibility{})}, []string{}},
		{"a state before the step", menu, []spec.BrowserStep{audits(spec.Accessibility{})}, []string{}},
		{"a state that a step reaches", menu, []spec.BrowserStep{click(role("button", "Menu")), audits(spec.Accessibility{})}, []string{"label"}},
		{"in shadow roots", `<title>x</title><main><div id=h></div></main><script>h.attachShadow({mode:'open'}).innerHTML = '<input>'</script>`, []spec.BrowserStep{audits(spec.Accessibility{})}, []string{"label"}},
		{"what the page calls axe is left alone", `<title>x</title><main></main><script>axe = {run() { return 'mine' }}; define = () => { throw 'no' }; define.amd = {}</script>`,
			[]spec.BrowserStep{audits(spec.Accessibility{}), {Evaluate: &spec.Evaluate{Script: "axe.run()", World: "page", Matcher: equals("mine")}}}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := on(t, tt.html, tt.steps...)
			outcome := spec.OutcomePassed
			if len(tt.want) > 0 {
				outcome = spec.OutcomeFailed
			}
			if diff := cmp.Diff(tt.want, r.want(t, outcome).failedRules()); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAuditTellsAll: a violation comes with its rule, its impact, its criteria,
// its elements with their HTML, a picture, and in the files of axe-core and SARIF.
func TestAuditTellsAll(t *testing.T) {
	t.Parallel()
	one := task(open(site.put(`<title>x</title><main><h1>x</h1><div style="height:3000px"></div><input id=a data-token="hunter2-secret" data-more="`+strings.Repeat("x", 400)+`"></main>`)),
		audits(spec.Accessibility{Findings: "form"}))
	one.Scope = spec.NewScope(map[string]any{"BASE_URL": site.server.URL}, map[string]string{"TOKEN": "hunter2-secret"})
	r := performTask(t, shared, one).want(t, spec.OutcomeFailed)
	r.says(t, `1 element breaks the rule label (critical; WCAG 4.1.2), "Form elements must have labels": #a`)
	detail := r.Steps()[1].Detail["accessibility"].(map[string]any)
	rule := detail["violations"].([]any)[0].(map[string]any)
	element := rule["elements"].([]any)[0].(map[string]any)
	if got := strings.TrimSpace(fmt.Sprintln(rule["rule"], rule["impact"], rule["wcag"], rule["count"], element["selector"], element["picture"])); got != "label critical [4.1.2] 1 #a form-label.png" {
		t.Errorf("it tells %s", got)
	}
	if html := element["html"].(string); !strings.HasPrefix(html, `<input id="a" data-token="***"`) {
		t.Errorf("the element is told as %s", html)
	}
	if w, h := sizeOf(t, r.file(t, "form-label.png")); w < 50 || w > 400 || h < 20 || h > 100 {
		t.Errorf("the picture of the element is %dx%d", w, h)
	}
	var axe struct{ Violations []struct{ ID string } }
	if err := json.Unmarshal(r.file(t, "form.json"), &axe); err != nil || len(axe.Violations) != 1 || axe.Violations[0].ID != "label" {
		t.Errorf("axe's own file has %+v %v", axe, err)
	}
	if strings.Contains(r.Text(), "hunter2") {
		t.Error("the secret is told")
	}
	passed := slices.ContainsFunc(r.Steps()[1].Checks, func(c executors.Check) bool { return c.Passed && c.Name == "accessibility document-title" })
	if !passed {
		t.Errorf("no check tells that document-title holds: %+v", r.Steps()[1].Checks)
	}
}

func TestAuditAsSARIF(t *testing.T) {
	t.Parallel()
	r := on(t, unsound+`<p style="background:url(/none);color:#777">Unsure</p>`, audits(spec.Accessibility{})).want(t, spec.OutcomeFailed)
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID               string
						ShortDescription struct{ Text string }
						HelpURI          string `json:"helpUri"`
					}
				}
			}
			Results []struct {
				RuleID, Kind, Level string
				RuleIndex           int
				Message             struct{ Text string }
				Locations           []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
					LogicalLocations []struct{ FullyQualifiedName, Kind string }
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(r.file(t, "accessibility.sarif"), &log); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(log.Schema, "sarif-schema-2.1.0.json") || log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Name != "axe-core" {
		t.Fatalf("not SARIF 2.1.0: %+v", log)
	}
	rules, got := log.Runs[0].Tool.Driver.Rules, []string{}
	prints := map[string]bool{}
	for _, result := range log.Runs[0].Results {
		at := result.Locations[0]
		if rules[result.RuleIndex].ID != result.RuleID || result.Message.Text == "" || rules[result.RuleIndex].HelpURI == "" || at.LogicalLocations[0].Kind != "element" ||
			!strings.HasPrefix(at.PhysicalLocation.ArtifactLocation.URI, site.server.URL) {
			t.Errorf("a result is %+v", result)
		}
		for _, sum := range result.PartialFingerprints {
			prints[sum] = true
		}
		got = append(got, fmt.Sprintf("%s %s %s %s", result.Kind, result.Level, result.RuleID, at.LogicalLocations[0].FullyQualifiedName))
	}
	slices.Sort(got)
	want := []string{"fail error color-contrast main > p", "fail error image-alt img", "fail error label #a", "review none color-contrast body > p"}
	if diff := cmp.Diff(want, got); diff != "" || len(prints) != len(want) {
		t.Errorf("%d fingerprints, results (-want +got):\n%s", len(prints), diff)
	}
}

// TestAuditOfFrames: frames of the same and of other sites are audited with the
// page, as axe-core does it.
func TestAuditOfFrames(t *testing.T) {
	t.Parallel()
	inner := site.put(`<title>Inner</title><input id=deep>`)
	policy := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-src *")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang=en><title>Middle</title><iframe title=Inner src=%q></iframe>`, inner)
	})
	other := strings.Replace(site.server.URL, "127.0.0.1", "localhost", 1)
	r := on(t, `<title>x</title><main><h1>x</h1><iframe id=same title=Same src="`+policy+`"></iframe><iframe id=other title=Other src="`+other+inner+`"></iframe></main>`,
		audits(spec.Accessibility{})).want(t, spec.OutcomeFailed)
	if diff := cmp.Diff([]string{"label"}, r.failedRules()); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	rule := r.Steps()[1].Detail["accessibility"].(map[string]any)["violations"].([]any)[0].(map[string]any)
	var where []string
	for _, e := range rule["elements"].([]any) {
		where = append(where, e.(map[string]any)["selector"].(string))
	}
	if diff := cmp.Diff([]string{"#same | iframe | #deep", "#other | #deep"}, where); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if n := r.Steps()[1].Detail["framesNotAudited"]; n != nil {
		t.Errorf("%v frames were not audited", n)
	}
}

func TestAuditUnderAPolicy(t *testing.T) {
	t.Parallel()
	page := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; require-trusted-types-for 'script'")
		_, _ = w.Write([]byte(`<!doctype html><html lang=en><title>x</title><main><input></main>`))
	})
	r := perform(t, open(page), audits(spec.Accessibility{}), expect(spec.Expect{Console: "clean"}))
	if diff := cmp.Diff(spec.OutcomeFailed, r.outcome); diff != "" || !strings.Contains(r.err.Error(), "the rule label") {
		t.Errorf("under a policy it ends with %v %v", r.outcome, r.err)
	}
}

func TestAuditsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, html string
		audit      spec.Accessibility
		outcome    spec.Outcome
		says       string
	}{
		{"an unknown rule", sound, spec.Accessibility{Rules: &spec.AxeRules{Exclude: []string{"colour-contrast"}}}, spec.OutcomeErrored, "has no rule colour-contrast"},
		{"an unknown tag", sound, spec.Accessibility{Rules: &spec.AxeRules{Tags: []string{"wcag9"}}}, spec.OutcomeErrored, "has no rule with the tag wcag9"},
		{"a part that is not there", sound, spec.Accessibility{Within: new(css("form"))}, spec.OutcomeFailed, "form, which is to be audited, is not there after"},
		{"several parts", sound, spec.Accessibility{Within: new(css("main *"))}, spec.OutcomeFailed, "main *"},
		{"a locator that is none", sound, spec.Accessibility{Exclude: new(css("::("))}, spec.OutcomeErrored, "cannot be read"},
		{"a baseline that nobody keeps", unsound, spec.Accessibility{Baseline: "new-only"}, spec.OutcomeErrored, "nobody keeps accepted findings here"},
		{"a page that is busy", sound + `<script>setTimeout(() => { for (;;); }, 200)</script>`, spec.Accessibility{Within: new(css("form"))}, spec.OutcomeFailed, "within"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// Busy machines take seconds to load the rules.
			on(t, tt.html, within(10*time.Second, audits(tt.audit))).want(t, tt.outcome).says(t, tt.says)
		})
	}
}

// TestAuditNewOnly: what people have accepted does not fail, and what comes to
// it does.
func TestAuditNewOnly(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	fresh := audits(spec.Accessibility{Baseline: "new-only"})
	s.against(t, sound, fresh).passes(t)
	if len(s.proposed) != 0 {
		t.Fatalf("nothing was found, and %+v proposed", s.proposed)
	}
	old := `<title>x</title><main><h1>x</h1><input id=a></main>`
	r := s.against(t, old, fresh).want(t, spec.OutcomeFailed).says(t, "the rule label").says(t, "accept it with semantest review")
	if len(s.proposed) != 1 || s.proposed[0].Status != spec.ComparisonNew || s.proposed[0].Key.Kind != spec.BaselineAccessibility || s.proposed[0].Key.Viewport != "400x300@1" {
		t.Fatalf("proposed %+v", s.proposed)
	}
	s.accept(t, r)
	s.against(t, old, fresh).passes(t)
	s.against(t, sound, fresh).passes(t)
	s.proposed = nil
	worse := strings.Replace(old, "<input id=a>", "<input id=a><input id=b><img src=/none>", 1)
	r = s.against(t, worse, fresh).want(t, spec.OutcomeFailed).says(t, "1 element breaks the rule image-alt newly")
	if diff := cmp.Diff([]string{"image-alt", "label"}, r.failedRules()); diff != "" {
		t.Errorf("new (-want +got):\n%s", diff)
	}
	if len(s.proposed) != 1 || s.proposed[0].Status != spec.ComparisonChanged || s.proposed[0].Reason != "2 findings are new" {
		t.Errorf("proposed %+v", s.proposed)
	}
	accepting := []spec.BrowserStep{open(site.put(worse)), fresh}
	r = s.perform(t, accepting, func(task *executors.Task) { task.AcceptBaselines = true }).passes(t)
	s.proposed = s.proposed[1:]
	s.accept(t, r)
	s.against(t, worse, fresh).passes(t)
}

// TestAuditLeavesThePage where it was before the pictures of elements.
func TestAuditLeavesThePage(t *testing.T) {
	t.Parallel()
	r := on(t, `<title>x</title><main><h1>x</h1><div style="height:5000px"></div><p style="color:#aaa;background:#fff">Pale words</p></main>`,
		spec.BrowserStep{Scroll: &spec.Scroll{By: &spec.Point{Y: 700}}},
		audits(spec.Accessibility{Impact: "critical"}),
		spec.BrowserStep{Evaluate: &spec.Evaluate{Script: "scrollY", Matcher: equals(int64(700))}}).passes(t)
	r.file(t, "accessibility-color-contrast.png")
}

func sizeOf(t *testing.T, file []byte) (width, height int) {
	t.Helper()
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return config.Width, config.Height
}

// TestEnginesAudit: other engines audit pages, too, and tell which frames they
// cannot reach.
func TestEnginesAudit(t *testing.T) {
	t.Parallel()
	page := site.put(`<title>x</title><main><input id=a><iframe title=Inner src="` + site.put(`<title>y</title><input>`) + `"></iframe></main>`)
	for _, name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installed(t, name)
			r := performTask(t, shared, onEngine(name, task(open(page), within(50*time.Second, audits(spec.Accessibility{}))))).want(t, spec.OutcomeFailed)
			says, missed := "1 element breaks the rule label", any(1)
			if can(name, "act in frames") {
				says, missed = "2 elements break the rule label", nil
			}
			r.says(t, says)
			if n := r.Steps()[1].Detail["framesNotAudited"]; n != missed {
				t.Errorf("%v frames were not audited, want %v", n, missed)
			}
			if got := r.fileNames(); !slices.Contains(got, "accessibility-label.png") {
				t.Errorf("the files are %v", got)
			}
		})
	}
}
