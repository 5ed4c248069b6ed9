package quality

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/semantest/semantest/internal/assessments/rules"
)

var (
	//go:embed page.html.tmpl
	pageSource string
	//go:embed section.html.tmpl
	sectionSource string
	//go:embed section.css
	style string
)

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"lower":   func(text any) string { return strings.ToLower(fmt.Sprint(text)) },
	"css":     func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
	"sources": func(list []rules.Evidence, count int) string { return printable(Sources(list, count, mostEvidence)) },
	"number":  number,
	"add":     func(a, b int) int { return a + b },
}).Parse(sectionSource + pageSource))

// page is what the templates show.
type page struct {
	Report
	Headline, Sentence, Belief, Sum string
	Rows                            []row
	Issues                          []issue
	Advice                          []rules.Recommendation
	Kinds                           []kind
}

// issue is one with the name of its criterion.
type issue struct {
	rules.Issue
	Of string
}

func pageOf(r Report) page {
	a := r.Assessment
	r.Run.Name, r.Run.ID, r.AssessmentID = printable(r.Run.Name), printable(r.Run.ID), printable(r.AssessmentID)
	p := page{Report: r, Headline: printable(Headline(a)), Belief: Belief(a), Sum: Sum(a), Rows: rowsOf(a), Sentence: printable(r.Run.sentence()), Kinds: kindsOf(r.Failures)}
	p.Told, p.ToldBy = printable(r.Told), printable(r.ToldBy)
	for _, i := range a.Issues {
		i.Title, i.Detail = printable(i.Title), printable(i.Detail)
		p.Issues = append(p.Issues, issue{i, names[i.Criterion]})
	}
	for _, advice := range a.Recommendations {
		advice.Action, advice.Reason = printable(advice.Action), printable(advice.Reason)
		p.Advice = append(p.Advice, advice)
	}
	return p
}

// WriteHTML writes the report as one page that needs no other file.
func WriteHTML(w io.Writer, r Report) error {
	if err := pages.ExecuteTemplate(w, "page", pageOf(r)); err != nil {
		return fmt.Errorf("write the quality report: %w", err)
	}
	return nil
}

// Section is an assessment as a part of another page, with Style beside it.
func Section(a rules.Assessment, p *Panel) (template.HTML, error) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, "quality", pageOf(Report{Assessment: a, Panel: p})); err != nil {
		return "", fmt.Errorf("write the assessment: %w", err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // the template has escaped it
}

// CSS is the style of Section.
func CSS() template.CSS { return template.CSS(style) } //nolint:gosec // our own file
