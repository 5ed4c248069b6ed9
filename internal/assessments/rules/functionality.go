package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/semantest/semantest/internal/excerpt"
)

// functionality scores the cases: passed 1, flaky 0.5, failed 0. Skipped ones and
// those that could not be judged count only against the coverage.
func functionality(results []Result) *judged {
	j := &judged{}
	var n [Skipped + 1]int
	for _, r := range results {
		n[clampOutcome(r.Outcome)]++
	}
	ran := n[Passed] + n[Flaky] + n[Failed]
	if ran == 0 {
		j.Status, j.Reason, j.missing = NotAssessed, "no case was run to its end", "Run the plan's cases to their end"
		j.Why = "nothing was measured"
		j.findings = unjudged(results)
		return j
	}
	good := float64(n[Passed]) + flakyCredit*float64(n[Flaky])
	j.Status, j.raw = Assessed, good/float64(ran)
	interval := Wilson(good, float64(ran))
	j.Interval = &interval
	j.Coverage = float64(ran) / float64(len(results))
	j.Precision = 1 - (interval.High - interval.Low)
	j.Basis = fmt.Sprintf("%d of %s passed", n[Passed], count(ran, "case"))
	for _, part := range []struct {
		n     int
		words string
	}{{n[Flaky], "%d flaky, which counts half"}, {n[Failed], "%d failed"}} {
		if part.n > 0 {
			j.Basis += ", " + fmt.Sprintf(part.words, part.n)
		}
	}
	j.Why = fmt.Sprintf("%s judged; with 95 %% confidence %.1f–%.1f %% of such cases pass", portion(ran, len(results), "case"), 100*interval.Low, 100*interval.High)
	j.Parts = []Part{
		outcomePart("passed", n[Passed], ran, 1), outcomePart("flaky", n[Flaky], ran, flakyCredit), outcomePart("failed", n[Failed], ran, 0),
	}
	j.findings = append(failures(results, ran), unjudged(results)...)
	if must := failedMustHaves(results); len(must) > 0 {
		j.cap(mustHaveCap, fmt.Sprintf("%s failed: %s", count(len(must), "must-have case"), some(must, 3)))
	}
	return j
}

func clampOutcome(o Outcome) Outcome {
	if o < Unjudged || o > Skipped {
		return Unjudged
	}
	return o
}

func outcomePart(name string, n, of int, score float64) Part {
	value := float64(n)
	return Part{Name: name, Value: &value, Unit: "cases", Weight: value / float64(of), Score: score}
}

func failedMustHaves(results []Result) []string {
	var out []string
	for _, r := range results {
		if r.MustHave && r.Outcome == Failed {
			out = append(out, r.CaseKey)
		}
	}
	return out
}

// failures gathers the cases that failed for the same reason, in the order of the
// plan.
func failures(results []Result, ran int) []finding {
	var out []finding
	failed := 0
	for _, r := range results {
		if clampOutcome(r.Outcome) == Failed {
			failed++
		}
	}
	for _, cluster := range clusters(results, Failed) {
		first := cluster[0]
		severity := SeveritySerious
		for _, r := range cluster {
			if r.MustHave {
				severity = SeverityCritical
			}
		}
		title := fmt.Sprintf("%s failed", first.CaseKey)
		action := fmt.Sprintf("Mend what makes %s fail", first.CaseKey)
		if more := len(cluster) - 1; more > 0 {
			title = fmt.Sprintf("%d cases failed for the same reason", len(cluster))
			action = fmt.Sprintf("Mend what makes %s and %s fail", first.CaseKey, count(more, "other case"))
		}
		out = append(out, finding{
			issue:  Issue{Severity: severity, Title: title, Detail: explained(first), Evidence: evidenceOf(cluster)},
			action: action, weight: float64(len(cluster)) / float64(ran), reason: turned(cluster, failed),
		})
	}
	for _, cluster := range clusters(results, Flaky) {
		keys := keysOf(cluster)
		out = append(out, finding{
			issue: Issue{Severity: SeverityModerate, Title: fmt.Sprintf("%s passed only when tried again", some(keys, 2)),
				Detail: fmt.Sprintf("%s did not pass at the first attempt and passed at a later one%s", count(len(keys), "case"), before(cluster[0])), Evidence: evidenceOf(cluster)},
			action: fmt.Sprintf("Find out why %s does not pass at once", some(keys, 2)), weight: float64(len(cluster)) / float64(ran), score: flakyCredit,
		})
	}
	return out
}

// explained is why a result failed, with the cause where it is clear.
func explained(r Result) string {
	text := reason(r)
	if r.Cause != "" {
		text = strings.TrimSuffix(text, ".") + ". Cause: " + r.Cause
	}
	return text
}

// turned says how many of the failed cases one fix may turn green; empty where
// that is one alone.
func turned(cluster []Result, failed int) string {
	if len(cluster) < 2 {
		return ""
	}
	text := fmt.Sprintf("%d of %s share this failure, so one fix may turn them all green", len(cluster), count(failed, "failed case"))
	if cluster[0].Known {
		text += "; earlier runs had it too"
	}
	return text + ": " + explained(cluster[0])
}

// before is what a case that passed later said at first.
func before(r Result) string {
	if r.Error == "" {
		return ""
	}
	return ": " + excerpt.Of(r.Error, maxQuote)
}

// unjudged tells the cases that say nothing of the target.
func unjudged(results []Result) []finding {
	var out []finding
	for _, cluster := range clusters(results, Unjudged) {
		out = append(out, finding{issue: Issue{Severity: SeverityModerate,
			Title:  fmt.Sprintf("%s could not be judged", some(keysOf(cluster), 2)),
			Detail: reason(cluster[0]), Evidence: evidenceOf(cluster)}})
	}
	return out
}

// clusters puts results of an outcome together whose errors differ in long numbers
// only.
func clusters(results []Result, o Outcome) [][]Result {
	var out [][]Result
	at := map[string]int{}
	for _, r := range results {
		if clampOutcome(r.Outcome) != o {
			continue
		}
		key := cmp.Or(r.Cluster, signature(reason(r)))
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	return out
}

// reason is the best sentence about why a result did not pass.
func reason(r Result) string {
	text := r.Error
	if text == "" && len(r.Checks) > 0 {
		text = r.Checks[0].Message
	}
	if text == "" {
		return "no reason was told"
	}
	return excerpt.Of(text, maxQuote)
}

// longNumbers are ids, ports and times; a short one may be what matters, as a
// status does.
var longNumbers = regexp.MustCompile(`[0-9]{4,}|[0-9]+ ms`)

// signature is the first line of an error with its long numbers blotted out.
func signature(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return longNumbers.ReplaceAllString(text, "#")
}

// evidenceOf names the check of each result that did not hold, or the result.
func evidenceOf(results []Result) []Evidence {
	out := make([]Evidence, 0, len(results))
	for _, r := range results {
		e := Evidence{Kind: EvidenceResult, ID: r.ID, CaseKey: r.CaseKey, Attempt: r.Attempt, Quote: r.Error}
		if len(r.Checks) > 0 {
			c := r.Checks[0]
			e.Kind, e.Name, e.Step = EvidenceCheck, c.Name, &c.Step
			if c.Message != "" {
				e.Quote = c.Message
			}
		}
		out = append(out, e)
	}
	return out
}

func keysOf(results []Result) []string {
	out := make([]string, len(results))
	for i, r := range results {
		out[i] = r.CaseKey
	}
	return out
}

// some names the first of a list and how many there are beside.
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func portion(n, of int, noun string) string {
	if of == 1 && n == 1 {
		return "the one " + noun
	}
	if n == of {
		return "all " + count(of, noun)
	}
	return fmt.Sprintf("%d of %s", n, count(of, noun))
}
