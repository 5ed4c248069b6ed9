package quality

import (
	"fmt"
	"io"
	"strings"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// mostEvidence bounds what a report names for one statement.
const mostEvidence = 5

// WriteMarkdown writes the report as CommonMark with tables.
func WriteMarkdown(w io.Writer, r Report) error {
	var b strings.Builder
	a := r.Assessment
	fmt.Fprintf(&b, "# Quality of %s: %s\n\n", escape(r.Run.Name), escape(Headline(a)))
	fmt.Fprintf(&b, "%s %s\n\n", escape(r.Run.sentence()), Belief(a))
	if r.Told != "" {
		fmt.Fprintf(&b, "%s\n\n", escape(r.Told))
	}
	if r.ToldBy != "" {
		fmt.Fprintf(&b, "*%s*\n\n", escape(r.ToldBy))
	}
	if a.Status == rules.Inconclusive {
		fmt.Fprintf(&b, "**The score is none to rely on:** %s.\n\n", escape(a.Reason))
	}
	b.WriteString("## Criteria\n\n| Criterion | Weight | Score | From | Confidence | Why |\n| --- | ---: | ---: | --- | ---: | --- |\n")
	for _, row := range rowsOf(a) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", row.Name, row.Weight, row.Score, escape(row.Basis), row.Confidence, escape(row.Why))
	}
	if sum := Sum(a); sum != "" {
		fmt.Fprintf(&b, "\nThe score is %s: what was not measured has no part in it.\n", sum)
	}
	markdownFailures(&b, r.Failures)
	markdownIssues(&b, a)
	markdownAdvice(&b, a)
	markdownParts(&b, a)
	markdownPanel(&b, r.Panel)
	by := "by rules " + a.RulesVersion
	if r.Panel != nil {
		by = "by a language model, bounded by rules " + a.RulesVersion
	}
	fmt.Fprintf(&b, "\n---\n\nRun `%s`, assessment `%s`, %s.\n", r.Run.ID, r.AssessmentID, by)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the quality report: %w", err)
	}
	return nil
}

func markdownIssues(b *strings.Builder, a rules.Assessment) {
	b.WriteString("\n## Issues\n\n")
	if len(a.Issues) == 0 {
		b.WriteString(NoIssues(a) + "\n")
	}
	for _, i := range a.Issues {
		fmt.Fprintf(b, "- **%s, %s:** %s. %s. Evidence: %s.\n", strings.ToLower(string(i.Severity)), strings.ToLower(names[i.Criterion]),
			escape(i.Title), escape(strings.TrimSuffix(i.Detail, ".")), escape(Sources(i.Evidence, i.EvidenceCount, mostEvidence)))
	}
	if a.OmittedIssues > 0 {
		fmt.Fprintf(b, "- and %d more\n", a.OmittedIssues)
	}
}

func markdownAdvice(b *strings.Builder, a rules.Assessment) {
	b.WriteString("\n## What to do next\n\n")
	if len(a.Recommendations) == 0 {
		b.WriteString(NoAdvice(a) + "\n")
	}
	for n, r := range a.Recommendations {
		gain := "the score gains " + number(r.Gain)
		if r.Gain == 0 {
			gain = "the confidence gains up to " + number(r.ConfidenceGain)
		}
		fmt.Fprintf(b, "%d. %s (%s). %s.", n+1, escape(r.Action), gain, escape(strings.TrimSuffix(r.Reason, ".")))
		if len(r.Evidence) > 0 {
			fmt.Fprintf(b, " Evidence: %s.", escape(Sources(r.Evidence, r.EvidenceCount, mostEvidence)))
		}
		b.WriteByte('\n')
	}
}

func markdownParts(b *strings.Builder, a rules.Assessment) {
	for _, row := range rowsOf(a) {
		if len(row.Parts) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n## What %s was computed from\n\n| Part | About | Measured | Curve | Weight | Score |\n| --- | --- | ---: | --- | ---: | ---: |\n", strings.ToLower(row.Name))
		for _, p := range row.Parts {
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", escape(p.Name), escape(p.Subject), p.Value, p.Aim, p.Weight, p.Score)
		}
		if row.More > 0 {
			fmt.Fprintf(b, "\nand %d more\n", row.More)
		}
	}
}

// escape keeps what targets say from being read as Markdown or HTML.
func escape(text string) string {
	text = strings.Join(strings.Fields(printable(text)), " ")
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>#|!~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
