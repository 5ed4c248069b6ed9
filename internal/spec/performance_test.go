package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// TestPerformanceCases: the short form is a browser case with a step for each run
// and one that judges them.
func TestPerformanceCases(t *testing.T) {
	t.Parallel()
	plan := parse(t, `{version: "1", name: n, env: {BASE_URL: "https://shop.test"}, cases: [{id: a, kind: performance, url: /tea, runs: 2, cpu: slow, device: mobile,
		before: [{storageState: file://signed-in.json}], steps: [{click: {role: button, name: Menu}}], budget: {total: 1.5 MB, script: 64KiB, requests: 9}}]}`)
	c := plan.Cases[0]
	var titles, actions []string
	for _, s := range c.BrowserSteps {
		titles, actions = append(titles, s.Title()), append(actions, s.Action())
	}
	if diff := cmp.Diff([]string{"measure /tea (run 1 of 2)", "measure /tea (run 2 of 2)", "judge 2 runs of /tea"}, titles); diff != "" || c.Kind != spec.KindBrowser {
		t.Errorf("the kind is %s, the steps are (-want +got):\n%s", c.Kind, diff)
	}
	if diff := cmp.Diff([]string{"measure", "measure", "judge"}, actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if *c.Setup.CPU != 4 || c.Setup.Device != "mobile" {
		t.Errorf("the setup is %+v", c.Setup)
	}
	if diff := cmp.Diff([]string{"signed-in.json"}, plan.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	got, err := c.Performance.Budget.Allowances()
	want := []spec.Allowance{{Of: "script", Limit: 65536, Text: "64KiB"}, {Of: "total", Limit: 1_500_000, Text: "1.5 MB"}, {Of: "requests", Limit: 9, Text: "9"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("allowances %v (-want +got):\n%s", err, diff)
	}
	if none, err := (*spec.Budget)(nil).Allowances(); none != nil || err != nil {
		t.Errorf("without a budget it allows %v %v", none, err)
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0B": 0, "12B": 12, "300KB": 300_000, "300kB": 300_000, "1.5MB": 1_500_000, "2 GB": 2_000_000_000, "64KiB": 65536, "1.5MiB": 1_572_864,
		"": -1, "12": -1, "KB": -1, "-1KB": -1, "1TB": -1, "1e9KB": -1, "999999999999GB": -1, "1.KB": -1, "1KBs": -1,
	} {
		got, err := spec.ParseSize(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q has %d bytes (%v), want %d", text, got, err, want)
		}
	}
}

func TestParseVitalLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"median<2500": "med<2500", "med<=0.1": "med<=0.1", "p(75) < 200": "p(75)<200", "max>1": "max>1",
		"median<baseline": "", "rate<1": "", "median": "", "median<fast": "", "MEDIAN<1": "",
	} {
		limit, err := spec.ParseVitalLimit(text)
		got := limit.String()
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q is read as %q (%v), want %q", text, got, err, want)
		}
	}
}
