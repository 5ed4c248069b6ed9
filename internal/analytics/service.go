package analytics

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/internal/analytics/digest"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/failures"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/retelling"
	"github.com/semantest/semantest/internal/store"
)

// MaxPeriod bounds the time that a report is about.
const MaxPeriod = 90 * 24 * time.Hour

// Service tells what runs say together.
type Service struct {
	store     *store.Store
	failures  *failures.Service
	anomalies *anomalies.Service
	model     retelling.Model
	now       func() time.Time
}

// New returns the service.
func New(s *store.Store, f *failures.Service, a *anomalies.Service, m retelling.Model) *Service {
	return &Service{store: s, failures: f, anomalies: a, model: m, now: time.Now}
}

// Ask is what a report shall show.
type Ask struct {
	Window   time.Duration // before To, where From is not given
	From, To *time.Time
	Format   assessments.Format
	Sections []digest.Section // all usual ones where none is given
	Natural  bool             // the summary in the words of a language model, where one is configured
}

// Report is a project's report, as text.
type Report struct {
	Format                         assessments.Format
	ContentType, FileName, Content string
	From, To                       time.Time
	Runs                           int
	Told                           retelling.Telling // the zero value where nobody asked for one
}

var formats = map[assessments.Format]struct {
	contentType, ending string
	write               func(io.Writer, digest.Report) error
}{
	assessments.HTML:     {"text/html; charset=utf-8", ".html", digest.WriteHTML},
	assessments.Markdown: {"text/markdown; charset=utf-8", ".md", digest.WriteMarkdown},
	assessments.JSON:     {"application/json", ".json", digest.WriteJSON},
}

// Report writes what the runs of the caller's project that ended in a time say
// about quality.
func (s *Service) Report(ctx context.Context, ask Ask) (*Report, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	how, ok := formats[ask.Format]
	if !ok {
		return nil, apperr.Invalid("format", "there is no format %s; use HTML, MARKDOWN or JSON", ask.Format)
	}
	sections, err := digest.Sections(ask.Sections)
	if err != nil {
		return nil, err
	}
	from, to, err := s.period(ask)
	if err != nil {
		return nil, err
	}
	of, err := s.store.Ent.Project.Query().Where(project.ID(p.ProjectID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the project: %w", err)
	}
	name := of.Name
	if name == "" {
		name = of.Slug
	}
	facts, err := s.facts(ctx, p.ProjectID, name, from, to)
	if err != nil {
		return nil, err
	}
	out := digest.Report{Facts: *facts, Sections: sections}
	var told retelling.Telling
	if ask.Natural {
		if told, err = s.tell(ctx, p.ProjectID, *facts); err != nil {
			return nil, err
		}
		out.Told, out.By = told.Text, told.By()
	}
	var b bytes.Buffer
	if err := how.write(&b, out); err != nil {
		return nil, err
	}
	return &Report{Told: told, Format: ask.Format, ContentType: how.contentType, Content: b.String(), From: from, To: to, Runs: facts.Runs,
		FileName: "quality-" + of.Slug + "-" + to.UTC().Format("2006-01-02") + how.ending}, nil
}

// tell has a language model tell the whole report.
func (s *Service) tell(ctx context.Context, projectID string, facts digest.Facts) (retelling.Telling, error) {
	sections, err := digest.Sections(nil)
	if err != nil {
		return retelling.Telling{}, err
	}
	var b bytes.Buffer
	if err := digest.WriteMarkdown(&b, digest.Report{Facts: facts, Sections: sections}); err != nil {
		return retelling.Telling{}, err
	}
	return retelling.Tell(ctx, s.model, llm.Account{Project: projectID}, b.String())
}

func (s *Service) period(ask Ask) (from, to time.Time, err error) {
	to = s.now()
	if ask.To != nil {
		to = *ask.To
	}
	if ask.From != nil {
		from = *ask.From
	} else {
		from = to.Add(-ask.Window)
	}
	if took := to.Sub(from); took <= 0 || took > MaxPeriod {
		return from, to, apperr.Invalid("from", "a report is about more than nothing and at most %d days", int(MaxPeriod.Hours()/24))
	}
	return from, to, nil
}

// ToldBy says who told the summary, or why a template did; nil where nobody was
// asked.
func (r *Report) ToldBy() *string { return r.Told.Teller() }
