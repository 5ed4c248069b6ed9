package digest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/analytics/digest"
	"github.com/semantest/semantest/internal/assessments/quality"
)

var update = flag.Bool("update", false, "write the golden files anew")

var writers = map[string]func(io.Writer, digest.Report) error{
	"report.html": digest.WriteHTML, "report.md": digest.WriteMarkdown, "report.json": digest.WriteJSON,
}

func sample() digest.Facts {
	mean := 0.87
	to := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	f := digest.Facts{
		Project: "Shop <main>", From: to.AddDate(0, 0, -7), To: to, Runs: 12, Passed: 9, Results: 480, PassRate: 0.9625, Score: &mean,
		Plans:     []digest.Plan{{ID: "pln_1", Name: "Checkout", Runs: 8, PassRate: 0.95, LastRun: "run_9", Status: "FAILED", Score: &mean}, {ID: "pln_2", Name: "Search", Runs: 4, PassRate: 0.99, LastRun: "run_8", Status: "PASSED"}},
		Broken:    []digest.Case{{Plan: "Checkout", Key: "api.order", RunID: "run_9", Error: "status is 500, expected 200 | <b>", Runs: 8}},
		Flaky:     []digest.Case{{Plan: "Search", Key: "ui.search", Runs: 4, Flaky: 2}, {Plan: "Search", Key: "ui.sort", Runs: 4, Flaky: 1}},
		Slowest:   []digest.Case{{Plan: "Checkout", Key: "ui.pay", Runs: 8, MeanMS: 12345}},
		Clusters:  []quality.Failure{{ID: "fcl_1", Title: "status is <n>", Operation: "POST /orders", Cause: "PRODUCT_FAULT", Quote: "status is 500, expected 200", Count: 14, CaseCount: 3, New: true}},
		Anomalies: []digest.Anomaly{{RunID: "run_9", Key: "vitals.home", Metric: "LCP", Unit: "ms", Value: 4123, Low: 900, High: 1100}},
		Vitals:    []digest.Vital{{Plan: "Checkout", Key: "vitals.home", Metric: "CLS", Unit: "1", Median: 0.0213, Values: 40}},
	}
	for i := range 7 {
		f.Days = append(f.Days, digest.Day{Date: fmt.Sprintf("2026-03-%02d", i+3), Runs: 2, PassRate: 1 - float64(i)*0.02})
	}
	return f
}

func TestGolden(t *testing.T) {
	t.Parallel()
	sections, err := digest.Sections(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := write(&got, digest.Report{Facts: sample(), Sections: sections}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("run with -update if that is meant:\n%s", diff)
			}
		})
	}
}

// Sections stand in the order in which they are given, and nothing else does.
func TestOwnSections(t *testing.T) {
	t.Parallel()
	sections, err := digest.Sections([]digest.Section{
		{Kind: digest.Text, Title: "Our words", Text: "First\nline.\n\n# A heading\n- one\n- two\n  more\n\n[x](javascript:1) <script>"},
		{Kind: digest.Flaky}, {Kind: digest.Plans, Title: "What we test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var md, page bytes.Buffer
	if err := digest.WriteMarkdown(&md, digest.Report{Facts: sample(), Sections: sections}); err != nil {
		t.Fatal(err)
	}
	if err := digest.WriteHTML(&page, digest.Report{Facts: sample(), Sections: sections}); err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, want := range []string{"## Our words", "First line.", "### A heading", "- one", "- two more", `\[x\](javascript:1) \<script\>`, "## Flaky cases", "| ui.search |", "## What we test", "| Checkout |"} {
		i := strings.Index(md.String(), want)
		if i <= at {
			t.Errorf("%q stands at %d, what is before it at %d:\n%s", want, i, at, md.String())
		}
		at = i
	}
	for _, absent := range []string{"Slowest cases", "Anomalies"} {
		if strings.Contains(md.String(), absent) {
			t.Errorf("there is %q", absent)
		}
	}
	if text := page.String(); strings.Contains(text, "<script>") || strings.Contains(text, "<a ") || !strings.Contains(text, "<li><bdi>two more</bdi></li>") {
		t.Errorf("the page is %s", text)
	}
}

func TestSectionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string][]digest.Section{
		"too many":                make([]digest.Section, 31),
		"no such kind":            {{Kind: "NEWS"}},
		"a text without one":      {{Kind: digest.Text}},
		"facts with a text":       {{Kind: digest.Trend, Text: "x"}},
		"a title that is long":    {{Kind: digest.Trend, Title: strings.Repeat("ä", 201)}},
		"a text that is too long": {{Kind: digest.Text, Text: strings.Repeat("ä", 10_001)}},
	} {
		if _, err := digest.Sections(bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// Each number of the summary is one of the facts.
func TestProse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts digest.Facts
		want  string
	}{
		"a week": {sample(), "12 runs ended and 9 passed. Of 480 results, 96.2 % passed. The mean score of the assessments is 0.87 of 1. The pass rate fell from 100.0 % to 88.0 %. " +
			"One case that had passed fails now. 2 cases are flaky. One value does not fit the runs before. What failed most is “status is 500, expected 200”, in 14 results of 3 cases."},
		"one good run": {digest.Facts{Runs: 1, Passed: 1, Results: 1, PassRate: 1}, "1 run ended and all passed. Of 1 result, 100.0 % passed."},
		"nothing":      {digest.Facts{}, "No run ended in this time."},
	} {
		if got := digest.Prose(c.facts); got != c.want {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
	}
}

// What targets and people say is text, wherever it is written.
func TestTextsAreDisarmed(t *testing.T) {
	t.Parallel()
	const evil = "</td><script>alert(1)</script>|\n# Good\x1b[2J\u202e"
	f := digest.Facts{Project: evil, Runs: 1, Plans: []digest.Plan{{Name: evil}}, Broken: []digest.Case{{Key: evil, Plan: evil, Error: evil}},
		Clusters: []quality.Failure{{Quote: evil, Operation: evil, Cause: evil, Count: 1, CaseCount: 1}}}
	sections, err := digest.Sections(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range writers {
		var got bytes.Buffer
		if err := write(&got, digest.Report{Facts: f, Sections: sections}); err != nil {
			t.Fatal(err)
		}
		text := got.String()
		switch {
		case name == "report.json":
			if !json.Valid(got.Bytes()) {
				t.Errorf("%s is no JSON", name)
			}
		case strings.Contains(text, "<script>"), strings.Contains(text, "\n# Good"), strings.ContainsAny(text, "\x1b\u202e"):
			t.Errorf("%s: %s", name, text)
		}
	}
}
