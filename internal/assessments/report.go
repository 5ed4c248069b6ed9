package assessments

import (
	"bytes"
	"context"
	"io"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/retelling"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// Format of a quality report.
type Format string

// The formats.
const (
	HTML     Format = "HTML"
	Markdown Format = "MARKDOWN"
	JSON     Format = "JSON"
)

// QualityReport is what is told of a run, as text.
type QualityReport struct {
	Format                Format
	ContentType, FileName string
	Content               string
	Assessment            *Assessment
	Told                  retelling.Telling // the zero value where nobody asked for one
}

// formats of reports.
var formats = map[Format]struct {
	contentType, ending string
	write               func(io.Writer, quality.Report) error
}{
	HTML:     {"text/html; charset=utf-8", ".html", quality.WriteHTML},
	Markdown: {"text/markdown; charset=utf-8", ".md", quality.WriteMarkdown},
	JSON:     {"application/json", ".json", quality.WriteJSON},
}

// Report writes the quality report of a run of the caller's project that has
// ended. A natural one begins with what a language model tells of it, where one is
// configured.
func (s *Service) Report(ctx context.Context, runID string, f Format, by Judge, natural bool) (*QualityReport, error) {
	how, ok := formats[f]
	if !ok {
		return nil, apperr.Invalid("format", "there is no format %s; use HTML, MARKDOWN or JSON", f)
	}
	row, err := s.runs.Get(ctx, runID)
	if err != nil {
		return nil, err
	}
	a, err := s.told(ctx, row.ID, by)
	if err != nil {
		return nil, err
	}
	judgement := a.Judgement
	judgement.Status, judgement.Reason = a.Status, a.Reason
	kinds, err := s.kinds(ctx, row)
	if err != nil {
		return nil, err
	}
	out := quality.Report{Failures: kinds, AssessmentID: a.ID, Judge: string(a.Judge), CreatedAt: a.CreatedAt.UTC(), Run: runOf(row), Assessment: judgement, Panel: panelOf(a)}
	var told retelling.Telling
	if natural {
		if told, err = s.tell(ctx, row, out); err != nil {
			return nil, err
		}
		out.Told, out.ToldBy = told.Text, told.By()
	}
	var b bytes.Buffer
	if err := how.write(&b, out); err != nil {
		return nil, err
	}
	return &QualityReport{Format: f, ContentType: how.contentType, FileName: "quality-" + row.ID + how.ending, Content: b.String(), Assessment: a, Told: told}, nil
}

// tell has a language model tell a report.
func (s *Service) tell(ctx context.Context, row *ent.Run, report quality.Report) (retelling.Telling, error) {
	var b bytes.Buffer
	if err := quality.WriteMarkdown(&b, report); err != nil {
		return retelling.Telling{}, err
	}
	return retelling.Tell(ctx, s.model, llm.Account{Project: row.ProjectID, Run: row.ID}, b.String())
}

// told is the newest assessment of a run by a judge.
func (s *Service) told(ctx context.Context, runID string, by Judge) (*Assessment, error) {
	if by != ByLLM {
		found, err := s.OfRuns(ctx, []string{runID})
		if err != nil || len(found) > 0 {
			return first(found), err
		}
		return nil, store.NotFound(ident.Assessment, runID)
	}
	row, err := s.store.Ent.Assessment.Query().Where(assessment.RunID(runID), assessment.ResultIDIsNil(), assessment.JudgeEQ(assessment.JudgeLlm)).
		Order(assessment.ByID(sql.OrderDesc())).First(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Assessment, runID)
	}
	return of(row)
}

func first(list []*Assessment) *Assessment {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// panelOf is how a model's judgement came about, with the gate on it.
func panelOf(a *Assessment) *quality.Panel {
	if a.Panel == nil {
		return nil
	}
	out := &quality.Panel{Panel: *a.Panel}
	if g := a.Gate; g != nil {
		out.Gate = &quality.Gate{Expected: g.Expected, Actual: g.Actual, Applied: g.Applied, Passed: g.Passed, Reason: g.Reason}
	}
	return out
}

func runOf(row *ent.Run) quality.Run {
	c := runs.CountsOf(row)
	return quality.Run{
		ID: row.ID, Name: row.Name, Environment: row.Environment, Status: strings.ToUpper(string(row.Status)),
		StartedAt: row.StartedAt, FinishedAt: row.FinishedAt, Total: c.Total, Counts: map[string]int{
			"passed": c.Passed, "flaky": c.Flaky, "failed": c.Failed, "timed out": c.TimedOut, "errored": c.Errored, "skipped": c.Skipped, "cancelled": c.Cancelled,
		},
	}
}

// kinds are the failures of a run by kind.
func (s *Service) kinds(ctx context.Context, of *ent.Run) ([]quality.Failure, error) {
	out := []quality.Failure{}
	if s.failures == nil {
		return out, nil
	}
	groups, err := s.failures.OfRun(ctx, of)
	for _, g := range groups {
		c := g.Cluster
		out = append(out, quality.Failure{ID: c.ID, Title: c.Title, Operation: c.Operation, Cause: string(c.Cause), Why: c.Why, Quote: c.Quote,
			Count: g.Count, Cases: g.Cases, CaseCount: g.CaseCount, New: g.New, FlakyShare: g.FlakyShare})
	}
	return out, err
}

// ToldBy says who told the summary, or why nobody did; nil where nobody was asked.
func (r *QualityReport) ToldBy() *string { return r.Told.Teller() }
