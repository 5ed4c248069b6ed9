package report

import (
	"html/template"

	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
)

// qualityOf is the assessment as a part of the page; nothing without one.
func qualityOf(a *rules.Assessment, p *quality.Panel) template.HTML {
	if a == nil {
		return ""
	}
	section, err := quality.Section(*a, p)
	if err != nil {
		return template.HTML(template.HTMLEscapeString("The assessment cannot be shown: " + err.Error())) //nolint:gosec // escaped
	}
	return section
}
