package report

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// openFailures is how many failures are unfolded from the start.
const openFailures = 3

// pageView is what the template shows. Its texts are clean and cut already.
type pageView struct {
	Plan, Environment, Version, ID, Seed, Generator string
	Started, StartedISO, Duration                   string
	URL                                             string
	Verdict                                         string // passed, failed, errored, cancelled
	Headline, Sentence, Error                       string
	Total                                           int
	Counts                                          []countView
	Kinds                                           []string
	Gates                                           []gateView
	Quality                                         template.HTML // escaped already
	Metrics                                         []metricView
	Ticks                                           []tickView
	Timeline                                        []rowView
	Results                                         []resultView
	LeftOut                                         []string
}

type countView struct {
	Outcome, Label, Share, From string
	N                           int
}

type gateView struct {
	Outcome, Label, Name, Limit, Actual, Message string
}

type metricView struct {
	Name, Median, P95, Max string
	Count                  int
}

type tickView struct{ At, Label string }

type rowView struct {
	Anchor, Title, Outcome, Label, Kind, Duration string
	Bars                                          []barView
}

// barView is a rectangle; X and Width are percentages of the whole.
type barView struct{ X, Width, Outcome string }

func viewOf(run Run) pageView {
	order := failuresFirst(run.Results)
	counts := run.Counts()
	v := pageView{
		Plan: oneLine(run.Plan, lineMax), Environment: oneLine(run.Environment, lineMax), ID: oneLine(run.ID, lineMax),
		Seed: oneLine(run.Seed, lineMax), Generator: oneLine(run.Generator, lineMax),
		Started: longTime(run.StartedAt), StartedISO: isoTime(run.StartedAt), Duration: short(run.Duration()),
		URL: webAddress(run.URL), Error: clip(run.Error, valueMax), Total: len(run.Results),
		Counts: countsOf(counts, len(run.Results)), Kinds: kindsOf(run.Results),
	}
	if run.PlanVersion > 0 {
		v.Version = strconv.Itoa(run.PlanVersion)
	}
	if v.Plan == "" {
		v.Plan = "Unnamed plan"
	}
	v.Verdict, v.Headline, v.Sentence = verdict(run, counts)
	for _, g := range run.Gates {
		v.Gates = append(v.Gates, gateOf(g))
	}
	for _, m := range summarize(run) {
		v.Metrics = append(v.Metrics, metricView{Name: oneLine(m.Name, lineMax), Count: m.Count,
			Median: amount(m.Median, m.Unit), P95: amount(m.P95, m.Unit), Max: amount(m.Max, m.Unit)})
	}
	v.Quality = qualityOf(run)
	v.Ticks, v.Timeline = timeline(run)
	b := newBudget()
	for i, at := range order {
		r := run.Results[at]
		open := i < openFailures && !r.Outcome.Good()
		v.Results = append(v.Results, resultOf(r, anchor(at), open, b))
	}
	v.LeftOut = b.leftOut()
	return v
}

func (b *budget) leftOut() []string {
	var out []string
	if b.leftImages > 0 {
		out = append(out, fmt.Sprintf("%s (%s) left out to keep this page small; their files lie beside the report or in the dashboard.",
			plural(b.leftImages, "image was", "images were"), byteSize(b.leftBytes)))
	}
	if b.leftTexts > 0 {
		out = append(out, fmt.Sprintf("%s left out to keep this page small.", plural(b.leftTexts, "long text was", "long texts were")))
	}
	return out
}

// failuresFirst returns the results' places by severity, each class in the
// order of the plan.
func failuresFirst(results []Result) []int {
	rank := map[spec.Outcome]int{
		spec.OutcomeFailed: 0, spec.OutcomeTimedOut: 1, spec.OutcomeErrored: 2, spec.OutcomeCancelled: 3,
		spec.OutcomeFlaky: 4, spec.OutcomePassed: 5, spec.OutcomeSkipped: 6,
	}
	order := make([]int, len(results))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(rank[results[a].Outcome], rank[results[b].Outcome])
	})
	return order
}

func countsOf(counts map[spec.Outcome]int, total int) []countView {
	var out []countView
	done := 0
	for _, o := range []spec.Outcome{spec.OutcomeFailed, spec.OutcomeTimedOut, spec.OutcomeErrored, spec.OutcomeCancelled,
		spec.OutcomeFlaky, spec.OutcomePassed, spec.OutcomeSkipped} {
		n := counts[o]
		if n == 0 {
			continue
		}
		out = append(out, countView{Outcome: string(o), Label: label(o), N: n, From: percent(done, total), Share: percent(n, total)})
		done += n
	}
	return out
}

func verdict(run Run, counts map[spec.Outcome]int) (class, headline, sentence string) {
	bad := 0
	for o, n := range counts {
		if !o.Good() {
			bad += n
		}
	}
	gates := 0
	for _, g := range run.Gates {
		if !g.Passed {
			gates++
		}
	}
	var said []string
	switch {
	case len(run.Results) == 0:
		said = append(said, "No case was run.")
	case bad > 0:
		said = append(said, fmt.Sprintf("%d of %s did not pass.", bad, plural(len(run.Results), "case", "cases")))
	default:
		said = append(said, allPassed(len(run.Results), counts))
	}
	if gates > 0 {
		said = append(said, plural(gates, "gate was", "gates were")+" not met.")
	}
	class = strings.ToLower(oneLine(run.Status, 40))
	headline = strings.ToUpper(class[:min(1, len(class))]) + class[min(1, len(class)):]
	switch class {
	case "passed", "failed", "errored", "cancelled":
	default:
		class = "cancelled"
	}
	return class, headline, strings.Join(said, " ")
}

func allPassed(total int, counts map[spec.Outcome]int) string {
	ran := total - counts[spec.OutcomeSkipped]
	var s string
	switch ran {
	case 0:
		s = "No case was run"
	case 1:
		s = "The case passed"
	default:
		s = fmt.Sprintf("All %d cases passed", ran)
	}
	if n := counts[spec.OutcomeFlaky]; n > 0 {
		s += fmt.Sprintf(", %d of them only when tried again", n)
	}
	if n := counts[spec.OutcomeSkipped]; n > 0 {
		s += fmt.Sprintf("; %d skipped", n)
	}
	return s + "."
}

func gateOf(g Gate) gateView {
	v := gateView{Outcome: string(spec.OutcomePassed), Label: "met", Name: oneLine(g.Name, lineMax),
		Limit: oneLine(g.Limit, lineMax), Actual: oneLine(g.Actual, lineMax)}
	if !g.Passed {
		v.Outcome, v.Label, v.Message = string(spec.OutcomeFailed), "not met", oneLine(g.Message, lineMax)
	}
	return v
}

func kindsOf(results []Result) []string {
	var kinds []string
	for _, r := range results {
		if k := oneLine(string(r.Kind), 100); k != "" && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// timeline places the attempts of each result on the run's time, in the order
// in which they began.
func timeline(run Run) ([]tickView, []rowView) {
	from, to := run.StartedAt, run.FinishedAt
	order := make([]int, 0, len(run.Results))
	for i, r := range run.Results {
		if r.StartedAt.IsZero() {
			continue
		}
		order = append(order, i)
		if from.IsZero() || r.StartedAt.Before(from) {
			from = r.StartedAt
		}
		if end := r.StartedAt.Add(max(r.Duration, 0)); end.After(to) {
			to = end
		}
	}
	whole := to.Sub(from)
	if len(order) == 0 || whole <= 0 {
		return nil, nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return run.Results[a].StartedAt.Compare(run.Results[b].StartedAt) })
	rows := make([]rowView, 0, len(order))
	for _, i := range order {
		r := run.Results[i]
		row := rowView{Anchor: anchor(i), Title: oneLine(r.Title(), lineMax), Outcome: string(r.Outcome), Label: label(r.Outcome),
			Kind: oneLine(string(r.Kind), 100), Duration: short(r.Duration)}
		if len(r.Attempts) == 0 {
			row.Bars = []barView{barOf(r.StartedAt.Sub(from), r.Duration, whole, r.Outcome)}
		}
		for _, a := range r.Attempts {
			row.Bars = append(row.Bars, barOf(a.StartedAt.Sub(from), a.Duration, whole, a.Outcome))
		}
		rows = append(rows, row)
	}
	return ticks(whole), rows
}

// barOf keeps a bar inside its row and wide enough to be seen.
func barOf(offset, length, whole time.Duration, o spec.Outcome) barView {
	x := min(max(float64(offset)/float64(whole), 0), 0.995)
	width := min(max(float64(length)/float64(whole), 0.005), 1-x)
	return barView{X: pct(x), Width: pct(width), Outcome: string(o)}
}

// tickSteps are distances that people count in.
var tickSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 24 * time.Hour,
}

// ticks divides the time at round figures, at most seven of them.
func ticks(whole time.Duration) []tickView {
	step := whole / 6
	if i := slices.IndexFunc(tickSteps, func(s time.Duration) bool { return whole/s <= 6 }); i >= 0 {
		step = tickSteps[i]
	}
	var out []tickView
	for at := time.Duration(0); at < whole; at += step {
		text := "0"
		if at > 0 {
			text = strings.Replace(short(at), ".0 s", " s", 1)
			text = strings.Replace(text, " min 00 s", " min", 1)
			text = strings.Replace(text, " h 00 min", " h", 1)
		}
		out = append(out, tickView{At: pct(float64(at) / float64(whole)), Label: text})
	}
	return out
}

func anchor(i int) string { return "case-" + strconv.Itoa(i+1) }

func label(o spec.Outcome) string { return strings.ReplaceAll(oneLine(string(o), 40), "_", " ") }

func percent(n, total int) string { return pct(float64(n) / float64(max(total, 1))) }

func pct(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + "%" }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// amount writes a measured value with its unit.
func amount(v float64, unit string) string {
	switch unit {
	case "ms":
		return short(time.Duration(v * float64(time.Millisecond)))
	case "By":
		return byteSize(int64(v))
	}
	s := strconv.FormatFloat(v, 'g', 4, 64)
	if unit != "" && unit != "1" {
		s += " " + oneLine(unit, 20)
	}
	return s
}

func longTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04:05 UTC")
}

func isoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// webAddress returns an address that may stand behind a link, else "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}
