package report

import (
	"html/template"

	"github.com/semantest/semantest/internal/assessments/quality"
)

// qualityOf is what judges say of the run, as a part of the page; nothing where nobody
// has judged. The failures by kind stand beside the judgement of the rules.
func qualityOf(run Run) template.HTML {
	places := make(map[string]string, len(run.Results))
	for i, r := range run.Results {
		if r.ID != "" {
			places[r.ID] = "#" + anchor(i)
		}
	}
	var all template.HTML
	if run.Assessment != nil {
		all += section(quality.Report{Assessment: *run.Assessment, Failures: run.Failures, Places: places})
	}
	if run.Judged != nil {
		p := run.Panel
		if p == nil {
			p = &quality.Panel{}
		}
		all += section(quality.Report{Assessment: *run.Judged, Panel: p, Places: places})
	}
	return all
}

func section(r quality.Report) template.HTML {
	out, err := quality.Section(r)
	if err != nil {
		return template.HTML(template.HTMLEscapeString("The assessment cannot be shown: " + err.Error())) //nolint:gosec // escaped
	}
	return out
}
