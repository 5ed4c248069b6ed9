package graph

import (
	"context"
	"time"

	"github.com/semantest/semantest/internal/analytics"
	"github.com/semantest/semantest/internal/analytics/digest"
	"github.com/semantest/semantest/internal/assessments"
)

func (r *queryResolver) ProjectQualityReport(ctx context.Context, window int, from *time.Time, to *time.Time, format assessments.Format, sections []*digest.Section, natural bool) (*analytics.Report, error) {
	ask := analytics.Ask{Window: days(window), From: from, To: to, Format: format, Natural: natural}
	for _, s := range sections {
		ask.Sections = append(ask.Sections, *s)
	}
	return r.Services.Analytics.Report(ctx, ask)
}
