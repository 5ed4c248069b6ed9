package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// Limits on texts in the XML, in bytes: CI servers keep it in memory.
const (
	junitMessageMax = 1_000
	junitValueMax   = 10_000
	junitBodyMax    = 100_000
)

// WriteJUnit writes the run as JUnit XML: a testsuite per kind of case, a
// testcase per result, times in seconds. A timed-out case is a failure, a
// cancelled one an error; a flaky one passes and has the property flaky.
// Artifacts with a path are named as [[ATTACHMENT|path]] in system-out.
func WriteJUnit(w io.Writer, run Run) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitOf(run.settled())); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Time      string       `xml:"time,attr"`
	Timestamp string       `xml:"timestamp,attr,omitempty"`
	Suites    []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Time       string           `xml:"time,attr"`
	Timestamp  string           `xml:"timestamp,attr,omitempty"`
	Properties *junitProperties `xml:"properties"`
	Cases      []junitCase      `xml:"testcase"`
}

type junitCase struct {
	Name       string           `xml:"name,attr"`
	Class      string           `xml:"classname,attr"`
	Time       string           `xml:"time,attr"`
	Properties *junitProperties `xml:"properties"`
	Failure    *junitProblem    `xml:"failure"`
	Error      *junitProblem    `xml:"error"`
	Skipped    *junitSkipped    `xml:"skipped"`
	SystemOut  string           `xml:"system-out,omitempty"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Body    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr,omitempty"`
}

func junitOf(run Run) junitSuites {
	all := junitSuites{
		Name:      oneLine(run.Plan, junitMessageMax),
		Time:      seconds(run.Duration()),
		Timestamp: junitTime(run.StartedAt),
	}
	titles := uniqueTitles(run.Results)
	index := map[spec.Kind]int{}
	lengths := map[spec.Kind]time.Duration{}
	for i, r := range run.Results {
		at, known := index[r.Kind]
		if !known {
			at = len(all.Suites)
			index[r.Kind] = at
			all.Suites = append(all.Suites, junitSuite{
				Name:       strings.TrimSpace(all.Name + " " + string(r.Kind)),
				Timestamp:  all.Timestamp,
				Properties: runProperties(run),
			})
		}
		suite := &all.Suites[at]
		c := junitCaseOf(r, titles[i], className(all.Name, r.Kind))
		suite.Cases = append(suite.Cases, c)
		suite.add(c)
		all.add(c)
		lengths[r.Kind] += r.Duration
		suite.Time = seconds(lengths[r.Kind])
	}
	return all
}

func (n *junitCounts) add(c junitCase) {
	n.Tests++
	switch {
	case c.Failure != nil:
		n.Failures++
	case c.Error != nil:
		n.Errors++
	case c.Skipped != nil:
		n.Skipped++
	}
}

func junitCaseOf(r Result, title, class string) junitCase {
	c := junitCase{Name: title, Class: class, Time: seconds(r.Duration), Properties: caseProperties(r), SystemOut: junitOutput(r)}
	problem := &junitProblem{
		Message: oneLine(r.reason(), junitMessageMax),
		Type:    string(r.Outcome),
		Body:    clip(explain(r), junitBodyMax),
	}
	if problem.Message == "" {
		problem.Message = strings.ReplaceAll(string(r.Outcome), "_", " ")
	}
	switch r.Outcome {
	case spec.OutcomePassed, spec.OutcomeFlaky:
	case spec.OutcomeFailed, spec.OutcomeTimedOut:
		c.Failure = problem
	case spec.OutcomeSkipped:
		c.Skipped = &junitSkipped{Message: oneLine(r.reason(), junitMessageMax)}
	default:
		c.Error = problem
	}
	return c
}

// className is package.class for servers that split it at dots, so that dots
// of the plan's name do not make packages.
func className(plan string, kind spec.Kind) string {
	return strings.ReplaceAll(plan, ".", "_") + "." + oneLine(string(kind), 100)
}

// uniqueTitles makes equal titles differ: servers tell cases apart by name.
func uniqueTitles(results []Result) []string {
	seen := map[string]int{}
	titles := make([]string, len(results))
	for i, r := range results {
		titles[i] = oneLine(r.Title(), junitMessageMax)
		seen[string(r.Kind)+"\x00"+titles[i]]++
	}
	for i, r := range results {
		if seen[string(r.Kind)+"\x00"+titles[i]] > 1 {
			titles[i] += " (" + oneLine(r.CaseID, junitMessageMax) + ")"
		}
	}
	return titles
}

func runProperties(run Run) *junitProperties {
	p := &junitProperties{}
	p.add("run", run.ID)
	p.add("status", run.Status)
	p.add("environment", run.Environment)
	if run.PlanVersion > 0 {
		p.add("plan.version", strconv.Itoa(run.PlanVersion))
	}
	p.add("seed", run.Seed)
	p.add("url", run.URL)
	for _, g := range run.Gates {
		state := "passed"
		if !g.Passed {
			state = "failed"
		}
		p.add("gate."+g.Name, fmt.Sprintf("%s: %s, limit %s", state, g.Actual, g.Limit))
	}
	return p.orNil()
}

func caseProperties(r Result) *junitProperties {
	p := &junitProperties{}
	p.add("case.id", r.CaseID)
	p.add("outcome", string(r.Outcome))
	if len(r.Attempts) > 1 {
		p.add("attempts", strconv.Itoa(len(r.Attempts)))
	}
	if r.Outcome == spec.OutcomeFlaky {
		p.add("flaky", "true")
	}
	p.add("tags", strings.Join(r.Tags, ","))
	p.add("url", r.URL)
	return p.orNil()
}

func (p *junitProperties) add(name, value string) {
	if value != "" {
		p.List = append(p.List, junitProperty{Name: oneLine(name, junitMessageMax), Value: oneLine(value, junitMessageMax)})
	}
}

func (p *junitProperties) orNil() *junitProperties {
	if len(p.List) == 0 {
		return nil
	}
	return p
}

// explain tells what went wrong in the last attempt: the step, its error, and
// the checks that did not hold.
func explain(r Result) string {
	var b strings.Builder
	if reason := r.reason(); reason != "" {
		fmt.Fprintf(&b, "%s\n", clip(reason, junitValueMax))
	}
	if len(r.Attempts) == 0 {
		return b.String()
	}
	for _, s := range r.Attempts[len(r.Attempts)-1].Steps {
		if s.Outcome.Good() {
			continue
		}
		fmt.Fprintf(&b, "\nstep %d: %s\n", s.Index+1, oneLine(s.Name, junitMessageMax))
		if s.Error != "" {
			fmt.Fprintf(&b, "  %s\n", indent(clip(s.Error, junitValueMax), "  "))
		}
		for _, c := range s.Checks {
			if c.Passed {
				continue
			}
			fmt.Fprintf(&b, "  check: %s\n", oneLine(c.Name, junitMessageMax))
			if c.Message != "" {
				fmt.Fprintf(&b, "    %s\n", indent(clip(c.Message, junitValueMax), "    "))
			}
			fmt.Fprintf(&b, "    expected: %s\n", indent(clip(c.Expected, junitValueMax), "              "))
			fmt.Fprintf(&b, "    actual:   %s\n", indent(clip(c.Actual, junitValueMax), "              "))
		}
	}
	return b.String()
}

// junitOutput tells the course of all attempts, and names the artifacts.
func junitOutput(r Result) string {
	var b, attachments strings.Builder
	for _, a := range r.Attempts {
		fmt.Fprintf(&b, "attempt %d: %s after %s", a.Number, a.Outcome, short(a.Duration))
		if a.Error != "" {
			fmt.Fprintf(&b, ": %s", oneLine(a.Error, junitMessageMax))
		}
		b.WriteByte('\n')
		for _, s := range a.Steps {
			fmt.Fprintf(&b, "  %d. %s: %s (%s)\n", s.Index+1, oneLine(s.Name, junitMessageMax), s.Outcome, short(s.Duration))
			b.WriteString(vitalsText(s.Detail))
		}
		for _, l := range a.Logs {
			fmt.Fprintf(&b, "  %s: %s\n", oneLine(l.Level, 20), oneLine(l.Message, junitMessageMax))
		}
		for _, f := range a.Artifacts {
			if f.Path != "" {
				fmt.Fprintf(&attachments, "[[ATTACHMENT|%s]]\n", oneLine(f.Path, junitMessageMax))
			}
		}
	}
	if b.Len()+attachments.Len() == 0 {
		return ""
	}
	return "\n" + clip(b.String(), junitBodyMax) + attachments.String()
}

func indent(s, by string) string { return strings.ReplaceAll(s, "\n", "\n"+by) }

func seconds(d time.Duration) string { return strconv.FormatFloat(max(d, 0).Seconds(), 'f', 3, 64) }

// junitTime has no zone, as the format's schema has it; it is UTC.
func junitTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
