package digest

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
)

//go:embed page.html.tmpl
var pageSource string

var pages = template.Must(template.New("page").Parse(pageSource))

type page struct {
	Project, Period string
	Sections        []part
}

// part is a section as the page shows it.
type part struct {
	Title  string
	Blocks []block
	Table  *table
	Bars   []bar
	Width  int
}

// bar is the pass rate of a day.
type bar struct {
	X         int
	Y, Height string
	Title     string
}

// WriteHTML writes the report as one page that needs no other file.
func WriteHTML(w io.Writer, r Report) error {
	p := page{Project: clean(r.Facts.Project), Period: period(r.Facts)}
	for _, s := range r.Sections {
		out := part{Title: clean(s.Title), Table: tableOf(r.Facts, s.Kind)}
		switch s.Kind {
		case Summary:
			out.Blocks = []block{{Text: r.summary()}}
			if r.By != "" {
				out.Blocks = append(out.Blocks, block{Text: clean(r.By)})
			}
		case Text:
			out.Blocks = blocksOf(s.Text)
		case Trend:
			out.Bars, out.Width = barsOf(r.Facts.Days), 10*len(r.Facts.Days)
		}
		p.Sections = append(p.Sections, out)
	}
	if err := pages.Execute(w, p); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func barsOf(days []Day) []bar {
	if len(days) < 2 {
		return nil
	}
	out := make([]bar, len(days))
	for i, d := range days {
		height := 100 * min(max(d.PassRate, 0), 1)
		out[i] = bar{X: 10*i + 1, Y: strconv.FormatFloat(100-height, 'f', 2, 64), Height: strconv.FormatFloat(height, 'f', 2, 64), Title: d.Date + ": " + percent(d.PassRate)}
	}
	return out
}
