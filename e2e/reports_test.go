package e2e

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// report is what these tests read of a result.json.
type report struct {
	SchemaVersion int
	Run           struct {
		ID, Plan, Status, Environment string
		Counts                        map[string]int
		Gates                         []struct {
			Name   string
			Passed bool
		}
	}
	Results []reportResult
}

type reportResult struct {
	CaseID, Name, Kind, Outcome, Error string
	Matrix                             map[string]string
	Attempts                           []reportAttempt
}

type reportAttempt struct {
	Number                 int
	Outcome, Error, Worker string
	Steps                  []reportStep
	Artifacts              []struct{ Name, Path string }
}

type reportStep struct {
	Index           int
	Action, Outcome string
	Error           string
	Checks          []struct {
		Name, Expected, Actual string
		Passed                 bool
	}
	Detail map[string]any
}

// readReport reads the result.json in a folder.
func readReport(t testing.TB, folder string) report {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out report
	if err := json.Unmarshal(content, &out); err != nil {
		t.Fatalf("result.json: %v", err)
	}
	if out.SchemaVersion != 1 {
		t.Fatalf("result.json has the version %d", out.SchemaVersion)
	}
	return out
}

// outcomes returns the outcome of each case.
func (r report) outcomes() map[string]string {
	out := map[string]string{}
	for _, one := range r.Results {
		out[one.CaseID] = one.Outcome
	}
	return out
}

func (r report) cases() []string {
	var out []string
	for _, one := range r.Results {
		out = append(out, one.CaseID)
	}
	slices.Sort(out)
	return out
}

// assertReports checks that all three reports are there, well-formed and about
// the same results, and returns the one for programs.
func assertReports(t testing.TB, folder string) report {
	t.Helper()
	r := readReport(t, folder)
	assertJUnit(t, folder, r)
	assertSelfContained(t, filepath.Join(folder, "report.html"))
	return r
}

func assertJUnit(t testing.TB, folder string, r report) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	type node struct {
		Message string `xml:"message,attr"`
	}
	var doc struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *node  `xml:"failure"`
				Error   *node  `xml:"error"`
				Skipped *node  `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(content, &doc); err != nil {
		t.Fatalf("junit.xml: %v", err)
	}
	var tests, failures, errors, skipped int
	for _, s := range doc.Suites {
		if s.Tests != len(s.Cases) {
			t.Errorf("junit.xml announces %d tests and has %d", s.Tests, len(s.Cases))
		}
		tests += len(s.Cases)
		var f, e int
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				f++
			case c.Error != nil:
				e++
			case c.Skipped != nil:
				skipped++
			}
		}
		if f != s.Failures || e != s.Errors {
			t.Errorf("junit.xml announces %d failures and %d errors and has %d and %d", s.Failures, s.Errors, f, e)
		}
		failures, errors = failures+f, errors+e
	}
	if tests != len(r.Results) {
		t.Errorf("junit.xml has %d tests, result.json %d", tests, len(r.Results))
	}
	c := r.Run.Counts
	if failures+errors != c["failed"]+c["timed_out"]+c["errored"]+c["cancelled"] {
		t.Errorf("junit.xml has %d failures, %d errors and %d skipped; result.json says %v", failures, errors, skipped, c)
	}
}

var cssReference = regexp.MustCompile(`(?i)(@import|url\()\s*["']?([^"')]*)`)

// assertSelfContained checks that a page loads nothing: pictures are in it, and
// links lead into the page or to files beside it.
func assertSelfContained(t testing.TB, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var headings int
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "h1" {
			headings++
		}
		if n.Type == html.TextNode && n.Parent.Data == "style" {
			for _, m := range cssReference.FindAllStringSubmatch(n.Data, -1) {
				if !strings.HasPrefix(m[2], "data:") {
					t.Errorf("%s: its style loads %q", path, m[2])
				}
			}
		}
		for _, a := range n.Attr {
			assertLocal(t, path, n.Data, a)
		}
	}
	if headings != 1 {
		t.Errorf("%s has %d headings", path, headings)
	}
}

func assertLocal(t testing.TB, page, element string, a html.Attribute) {
	t.Helper()
	switch a.Key {
	case "src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href", "ping", "manifest":
		if !strings.HasPrefix(a.Val, "data:") {
			t.Errorf("%s: <%s %s=%q> loads something", page, element, a.Key, a.Val)
		}
	case "href":
		if strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "data:") {
			return
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(a.Val))); err != nil || element != "a" {
			t.Errorf("%s: <%s href=%q> does not lead to a file beside it", page, element, a.Val)
		}
	case "style":
		if strings.Contains(a.Val, "url(") {
			t.Errorf("%s: <%s style=%q> loads something", page, element, a.Val)
		}
	}
}
