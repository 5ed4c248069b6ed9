package quality

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// Bounds of what a terminal shows; the report has the rest.
const (
	textIssues          = 5
	textRecommendations = 5
	textEvidence        = 2
	textWidth           = 110
)

// Style draws text in a terminal; nil leaves it as it is.
type Style func(band rules.Band, text string) string

// WriteText writes an assessment for a terminal: the verdict, the criteria with
// what they were computed from, the confidence, and what matters most.
func WriteText(w io.Writer, a rules.Assessment, style Style) error {
	if style == nil {
		style = func(_ rules.Band, text string) string { return text }
	}
	var b strings.Builder
	verdict, reason := verdictAndReason(a)
	b.WriteString("Quality  " + style(a.Verdict, strings.ToUpper(printable(verdict))) + "\n")
	if reason != "" {
		b.WriteString("  " + fold(printable(reason), 2) + "\n")
	}
	rows := rowsOf(a)
	if blank(a) {
		rows = nil
	}
	if len(rows) > 0 {
		fmt.Fprintf(&b, "  %-15s %6s %6s %10s  %s\n", "criterion", "weight", "score", "confidence", "from")
	}
	for _, r := range rows {
		score := r.Score
		if score == "not assessed" {
			score = "–"
		}
		fmt.Fprintf(&b, "  %-15s %6s %s %10s  %s\n", r.Name, r.Weight, style(r.Band, pad(score, 6)), r.Confidence, fold(printable(r.Basis), 44))
	}
	if sum := Sum(a); sum != "" {
		b.WriteString("  score " + fold(sum, 8) + "\n")
	}
	if len(rows) > 0 {
		b.WriteString("  " + lowerFirst(Belief(a)) + "\n")
	}
	for _, c := range a.Criteria {
		if c.Score != nil {
			fmt.Fprintf(&b, "    %s %s: %s\n", strings.ToLower(names[c.Criterion]), number(c.Confidence), printable(c.Why))
		}
	}
	writeIssues(&b, a)
	writeAdvice(&b, a)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeIssues(b *strings.Builder, a rules.Assessment) {
	if len(a.Issues) == 0 {
		return
	}
	b.WriteString("  issues\n")
	for i, issue := range a.Issues {
		if i == textIssues {
			fmt.Fprintf(b, "    and %d more\n", len(a.Issues)-i+a.OmittedIssues)
			return
		}
		fmt.Fprintf(b, "    %-8s %s\n", strings.ToLower(string(issue.Severity)), printable(issue.Title))
		fmt.Fprintf(b, "             %s\n", cut(printable(issue.Detail)))
		fmt.Fprintf(b, "             see %s\n", printable(Sources(issue.Evidence, issue.EvidenceCount, textEvidence)))
	}
}

func writeAdvice(b *strings.Builder, a rules.Assessment) {
	if len(a.Recommendations) == 0 {
		return
	}
	b.WriteString("  what to do next\n")
	for i, r := range a.Recommendations {
		if i == textRecommendations {
			return
		}
		gain := fmt.Sprintf("score +%s", number(r.Gain))
		if r.Gain == 0 {
			gain = fmt.Sprintf("confidence up to +%s", number(r.ConfidenceGain))
		}
		fmt.Fprintf(b, "    %d. %s (%s)\n", i+1, cut(printable(r.Action)), gain)
	}
}

// pad puts a text to the right of a column.
func pad(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return strings.Repeat(" ", width-n) + text
	}
	return text
}

func cut(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= textWidth {
		return text
	}
	return string([]rune(text)[:textWidth-1]) + "…"
}

// fold breaks a long text into lines that begin below its first one.
func fold(text string, indent int) string {
	width := textWidth - indent
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = 0
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

func lowerFirst(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(r)) + text[n:]
}

// printable removes what could steer a terminal: evidence quotes targets.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
}
