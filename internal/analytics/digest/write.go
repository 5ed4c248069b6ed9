package digest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Report is what is written.
type Report struct {
	Facts    Facts
	Sections []Section // by Sections
	Told     string    // the summary in the words of a language model; that of the template when empty
	By       string    // who told it, or why nobody did; empty where nobody was asked
}

// summary is the text of the section of that name.
func (r Report) summary() string {
	if r.Told != "" {
		return clean(r.Told)
	}
	return Prose(r.Facts)
}

// WriteJSON writes the facts, and the sections in which people read them.
func WriteJSON(w io.Writer, r Report) error {
	type section struct {
		Kind  Kind   `json:"kind"`
		Title string `json:"title"`
		Text  string `json:"text,omitempty"`
		By    string `json:"by,omitempty"`
	}
	out := struct {
		Facts
		Sections []section `json:"sections"`
	}{Facts: r.Facts}
	for _, s := range r.Sections {
		text, by := s.Text, ""
		if s.Kind == Summary {
			text, by = r.summary(), r.By
		}
		out.Sections = append(out.Sections, section{s.Kind, s.Title, text, by})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// WriteMarkdown writes the report as CommonMark with tables.
func WriteMarkdown(w io.Writer, r Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Quality of %s\n\n%s\n", escape(clean(r.Facts.Project)), period(r.Facts))
	for _, s := range r.Sections {
		if s.Title != "" {
			fmt.Fprintf(&b, "\n## %s\n", escape(clean(s.Title)))
		}
		b.WriteString("\n")
		switch t := tableOf(r.Facts, s.Kind); {
		case s.Kind == Summary:
			b.WriteString(escape(r.summary()) + "\n")
			if r.By != "" {
				b.WriteString("\n*" + escape(clean(r.By)) + "*\n")
			}
		case s.Kind == Text:
			for _, block := range blocksOf(s.Text) {
				b.WriteString(block.markdown())
			}
		case len(t.Rows) == 0:
			b.WriteString(t.Empty + "\n")
		default:
			markdownTable(&b, t)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func markdownTable(b *strings.Builder, t *table) {
	b.WriteString("| " + strings.Join(t.Head, " | ") + " |\n|" + strings.Repeat(" --- |", len(t.Head)) + "\n")
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = escape(cell)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
}

// period is the time that a report is about.
func period(f Facts) string {
	const form = "2006-01-02 15:04"
	return fmt.Sprintf("From %s to %s UTC.", f.From.UTC().Format(form), f.To.UTC().Format(form))
}

// escape keeps what people and targets say from being read as Markdown or HTML.
func escape(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if strings.ContainsRune("\\`*_{}[]<>#|!~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
