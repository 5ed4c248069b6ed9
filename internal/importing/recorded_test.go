package importing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

func TestRecorded(t *testing.T) {
	t.Parallel()
	button := spec.Locator{Role: "button", Name: "Pay ${{ OPEN }}{ x }}", Frame: &spec.Locator{Title: "Card: \"new\""}}
	r := importing.Recorded{
		URL: "https://shop.test/a?b=c", Device: "iPhone 15", Secrets: []string{"PIN"},
		Steps: []spec.BrowserStep{
			{Goto: &spec.Goto{URL: "https://shop.test/a?b=c"}},
			{Goto: &spec.Goto{URL: "https://shop.tester/"}},
			{Fill: &spec.Fill{Locator: spec.Locator{Label: "PIN"}, Value: "${{ PIN }}"}},
			{Fill: &spec.Fill{Locator: spec.Locator{CSS: "#a"}}},
			{Click: &spec.Click{Locator: button, Modifiers: []string{"Shift"}}},
			{Click: &spec.Click{}},
			{Upload: &spec.Upload{Locator: spec.Locator{Label: "Photo"}, Files: []string{"file://cat.png"}}},
			{Dialog: &spec.Dialog{Answer: "accept"}}, {Press: &spec.Press{Key: "Enter"}}, {Tab: &spec.Tab{Close: true}}, {Back: true},
			{Expect: &spec.Expect{URL: &spec.Matcher{Equals: &spec.Value{V: "/thanks"}}}},
			{Expect: &spec.Expect{Text: &button, Matcher: spec.Matcher{Contains: &spec.Value{V: "yes"}}}},
		},
		Notes: []string{"something\nwas left out"},
	}
	made, err := r.Plan()
	if err != nil {
		t.Fatal(err)
	}
	want := `# Recorded by semantest record. It is yours to change.
# Run it: semantest run PLAN --var PIN=…
version: "1"
name: Recorded at shop.test
env:
  BASE_URL: https://shop.test
  OPEN: ${
secrets:
  - PIN
cases:
  - id: recorded
    kind: browser
    device: iPhone 15
    steps:
      - goto: /a?b=c
      - goto: https://shop.tester/
      - fill: {label: PIN, value: "${{ PIN }}"}
      - fill: {css: '#a', value: ""}
      - click: {role: button, name: "Pay ${{ OPEN }}{ x }}", frame: {title: 'Card: "new"'}, modifiers: [Shift]}
      - upload: {label: Photo, files: ['file://cat.png']}
      - dialog: accept
      - press: Enter
      - tab: {close: true}
      - back: true
      - expect: {url: /thanks}
      - expect: {text: {role: button, name: "Pay ${{ OPEN }}{ x }}", frame: {title: 'Card: "new"'}}, contains: yes}
`
	if diff := cmp.Diff(want, string(made.Plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	notes := strings.Join(made.Notes, "\n")
	for _, want := range []string{"something was left out", "step 6 (click", "give the secret PIN its value"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note says %q:\n%s", want, notes)
		}
	}
	plan, err := spec.Parse(made.Plan)
	if err != nil {
		t.Fatal(err)
	}
	got := plan.Cases[0].BrowserSteps
	if diff := cmp.Diff(r.Steps[4].Click, got[4].Click); diff != "" {
		t.Errorf("what is read is not what was written (-want +got):\n%s", diff)
	}
}

func TestRecordedNothing(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]importing.Recorded{
		"no step": {URL: "https://shop.test"}, "no address": {URL: "shop", Steps: []spec.BrowserStep{{Back: true}}},
		"no step that a plan can hold": {URL: "https://shop.test", Steps: []spec.BrowserStep{{}}},
	} {
		if made, err := r.Plan(); err == nil {
			t.Errorf("%s: %s", name, made.Plan)
		}
	}
}
