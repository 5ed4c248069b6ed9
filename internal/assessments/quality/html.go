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
	"lower":  func(text any) string { return strings.ToLower(fmt.Sprint(text)) },
	"css":    func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
	"number": number,
	"add":    func(a, b int) int { return a + b },
}).Parse(sectionSource + pageSource))

// page is what the templates show.
type page struct {
	Report
	Headline, Sentence, Belief, Sum string
	Rows                            []row
	Issues                          []issue
	Advice                          []advised
	Kinds                           []kind
	Title, Anchor                   string // of the section
}

// issue is one with the name of its criterion.
type issue struct {
	rules.Issue
	Of      string
	Sources []link
}

// advised is a recommendation with what it stands on.
type advised struct {
	rules.Recommendation
	Sources []link
}

// link is a piece of evidence as a page shows it.
type link struct {
	Text string
	Href string // within the page; empty without
}

// linked are the first pieces of evidence, with their places on the page.
func (r Report) linked(list []rules.Evidence, count int) []link {
	var out []link
	for _, e := range list[:min(len(list), mostEvidence)] {
		out = append(out, link{printable(source(e)), r.Places[e.ID]})
	}
	if more := count - len(out); more > 0 {
		out = append(out, link{Text: fmt.Sprintf("%d more", more)})
	}
	return out
}

func pageOf(r Report) page {
	a := r.Assessment
	r.Run.Name, r.Run.ID, r.AssessmentID = printable(r.Run.Name), printable(r.Run.ID), printable(r.AssessmentID)
	p := page{Report: r, Headline: printable(Headline(a)), Belief: Belief(a), Sum: Sum(a), Rows: rowsOf(a), Sentence: printable(r.Run.sentence()), Kinds: kindsOf(r.Failures), Title: "Quality", Anchor: "quality"}
	if r.Panel != nil {
		p.Title, p.Anchor = "Quality, by a language model", "judged"
	}
	if blank(a) {
		p.Rows = nil
	}
	p.Told, p.ToldBy = printable(r.Told), printable(r.ToldBy)
	for _, i := range a.Issues {
		i.Title, i.Detail = printable(i.Title), printable(i.Detail)
		p.Issues = append(p.Issues, issue{i, names[i.Criterion], r.linked(i.Evidence, i.EvidenceCount)})
	}
	for _, advice := range a.Recommendations {
		advice.Action, advice.Reason = printable(advice.Action), printable(advice.Reason)
		p.Advice = append(p.Advice, advised{advice, r.linked(advice.Evidence, advice.EvidenceCount)})
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
func Section(r Report) (template.HTML, error) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, "quality", pageOf(r)); err != nil {
		return "", fmt.Errorf("write the assessment: %w", err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // the template has escaped it
}

// CSS is the style of Section.
func CSS() template.CSS { return template.CSS(style) } //nolint:gosec // our own file
