package quality

import (
	"fmt"
	"io"
	"strings"

	"github.com/semantest/semantest/internal/assessments/judge"
)

// Panel is how a model's judgement came about, with the plan's gate on it.
type Panel struct {
	judge.Panel
	Gate *Gate `json:"gate,omitempty"`
}

// Gate is the plan's limit on the score.
type Gate struct {
	Expected float64  `json:"expected"`
	Actual   *float64 `json:"actual"`
	Applied  bool     `json:"applied"`
	Passed   bool     `json:"passed"`
	Reason   string   `json:"reason"`
}

// Sentence says who judged and how far the votes agree.
func (p *Panel) Sentence() string {
	text := fmt.Sprintf("%d of %d votes came in", p.Counted, len(p.Votes))
	if p.Model != "" {
		text += " from " + printable(p.Model)
	}
	if p.Counted > 0 {
		text += fmt.Sprintf(", and %.0f %% agree; %d tokens, %s", 100*p.Agreement, p.Tokens, p.cost())
	}
	if p.FromCache {
		text += fmt.Sprintf("; known from the cache for up to %d s", p.Age)
	}
	if p.Screens == 1 {
		text += "; 1 screenshot was shown"
	} else if p.Screens > 0 {
		text += fmt.Sprintf("; %d screenshots were shown", p.Screens)
	}
	return text + "."
}

func (p *Panel) cost() string {
	if p.CostNanos == nil {
		return "of unknown cost"
	}
	return fmt.Sprintf("$%.4f", float64(*p.CostNanos)/1e9)
}

// Told says what came of the gate.
func (g *Gate) Told() string {
	switch {
	case !g.Applied:
		return fmt.Sprintf("The gate of %s was %s", number(g.Expected), printable(strings.TrimSuffix(g.Reason, "."))+".")
	case g.Passed:
		return fmt.Sprintf("The gate of %s holds.", number(g.Expected))
	}
	return fmt.Sprintf("The gate of %s does not hold.", number(g.Expected))
}

// ItemRow is a judged item as tables show it.
type ItemRow struct{ Criterion, Question, Answer, Votes, Reason, Quotes string }

// ItemRows are the items as tables show them.
func (p *Panel) ItemRows() []ItemRow {
	var out []ItemRow
	for _, i := range p.Items {
		votes := fmt.Sprintf("%d pass, %d fail, %d unclear", i.Pass, i.Fail, i.Unclear)
		if i.Dropped > 0 {
			votes += fmt.Sprintf(", %d dropped", i.Dropped)
		}
		var quotes []string
		for _, q := range i.Quotes {
			quotes = append(quotes, "“"+printable(q.Quote)+"”")
		}
		out = append(out, ItemRow{names[i.Criterion], printable(i.Question), string(i.Answer), votes, printable(i.Reason), strings.Join(quotes, " ")})
	}
	return out
}

// NoteRows are the notes on what was dropped.
func (p *Panel) NoteRows() []string {
	var out []string
	for _, n := range p.Notes {
		out = append(out, printable(n))
	}
	if p.MoreNotes > 0 {
		out = append(out, fmt.Sprintf("and %d more", p.MoreNotes))
	}
	return out
}

// textNotes bounds the notes that a terminal shows.
const textNotes = 5

// WriteTextPanel writes for a terminal how a model's judgement came about.
func WriteTextPanel(w io.Writer, p *Panel) error {
	var b strings.Builder
	b.WriteString("  votes  " + p.Sentence() + "\n")
	for _, i := range p.ItemRows() {
		fmt.Fprintf(&b, "    %-9s %s (%s)\n", i.Answer, cut(i.Question), i.Votes)
		if i.Quotes != "" {
			fmt.Fprintf(&b, "              %s\n", cut(i.Quotes))
		}
	}
	notes := p.NoteRows()
	for n, note := range notes {
		if n == textNotes {
			fmt.Fprintf(&b, "    and %d more notes\n", len(notes)-n)
			break
		}
		fmt.Fprintf(&b, "    %s\n", cut(note))
	}
	if p.Gate != nil {
		b.WriteString("  gate   " + p.Gate.Told() + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownPanel(b *strings.Builder, p *Panel) {
	if p == nil {
		return
	}
	fmt.Fprintf(b, "\n## How the model judged\n\n%s\n", escape(p.Sentence()))
	if p.Gate != nil {
		fmt.Fprintf(b, "\n%s\n", escape(p.Gate.Told()))
	}
	if rows := p.ItemRows(); len(rows) > 0 {
		b.WriteString("\n| Criterion | Question | Answer | Votes | The model says | Quoted evidence |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, i := range rows {
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", i.Criterion, escape(i.Question), i.Answer, i.Votes, escape(i.Reason), escape(i.Quotes))
		}
	}
	if notes := p.NoteRows(); len(notes) > 0 {
		b.WriteString("\nDropped or lost:\n\n")
		for _, n := range notes {
			fmt.Fprintf(b, "- %s\n", escape(n))
		}
	}
}
