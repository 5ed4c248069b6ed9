package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

// reportFlags choose what is written at the end of a run.
type reportFlags struct {
	Reporter []string `name:"reporter" default:"line,html,junit,json" help:"What to make of the run: line (progress), html, junit, json, separated by commas."`
	Output   string   `name:"output" default:"semantest-report" type:"path" help:"Folder for the reports."`

	Beside string      `kong:"-"` // the plan whose baselines lie beside it; empty where a server keeps them
	Judge  *judgeFlags `kong:"-"` // who judges; the rules when nil
}

// writers make the files, by reporter.
var writers = map[string]struct {
	file  string
	write func(io.Writer, report.Run) error
}{
	"html":  {"report.html", report.WriteHTML},
	"junit": {"junit.xml", report.WriteJUnit},
	"json":  {"result.json", report.WriteJSON},
}

func (f reportFlags) check() error {
	for _, name := range f.Reporter {
		if _, ok := writers[name]; !ok && name != "line" {
			return usage("--reporter %s is not known: use line, html, junit or json", name)
		}
	}
	if len(f.files()) == 0 {
		return nil
	}
	if err := os.MkdirAll(f.Output, 0o755); err != nil { //nolint:gosec // reports are for others to read
		return usage("the report folder cannot be made: %w; choose another one with --output", err)
	}
	probe, err := os.CreateTemp(f.Output, ".writable-")
	if err != nil {
		return usage("the report folder is not writable: %w; choose another one with --output", err)
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}

// files are the reporters that write a file, in a fixed order.
func (f reportFlags) files() []string {
	var out []string
	for _, name := range []string{"html", "junit", "json"} {
		if slices.Contains(f.Reporter, name) {
			out = append(out, name)
		}
	}
	return out
}

// writeReports writes the files and returns their paths. Artifacts that the
// HTML shows come into it; the others are saved beside the reports.
func writeReports(ctx context.Context, cl *client.Client, r *client.Run, f reportFlags) ([]string, error) {
	names := f.files()
	if len(names) == 0 {
		return nil, nil
	}
	model, err := modelOf(ctx, cl, r, f.Output)
	if err != nil {
		return nil, err
	}
	var written []string
	for _, name := range names {
		w := writers[name]
		var buf bytes.Buffer
		if err := w.write(&buf, model); err != nil {
			return written, fmt.Errorf("write the %s report: %w", name, err)
		}
		path := filepath.Join(f.Output, w.file)
		if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil { //nolint:gosec // reports are for others to read
			return written, fmt.Errorf("write the %s report: %w", name, err)
		}
		written = append(written, shown(path))
	}
	return written, nil
}

// shown is a path as short as it can be from here.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

func modelOf(ctx context.Context, cl *client.Client, r *client.Run, folder string) (report.Run, error) {
	out := report.Run{
		ID: r.ID, Plan: r.Name, PlanVersion: r.PlanVersion.Number, Environment: r.Environment, Status: r.Status,
		StartedAt: r.CreatedAt, Generator: "semantest " + Version,
	}
	if r.StartedAt != nil {
		out.StartedAt = *r.StartedAt
	}
	if r.FinishedAt != nil {
		out.FinishedAt = *r.FinishedAt
	}
	for _, g := range r.Gates {
		gate := report.Gate{Name: g.Name, Passed: g.Passed, Limit: fmt.Sprintf("at least %g", g.Expected), Actual: rounded(g.Actual)}
		if !g.Passed {
			gate.Message = fmt.Sprintf("%s is %s, expected at least %g", g.Name, rounded(g.Actual), g.Expected)
		}
		out.Gates = append(out.Gates, gate)
	}
	var err error
	if out.Assessment, err = assessmentOf(r); err != nil {
		return out, err
	}
	if out.Panel, err = panelOf(r.Judged); err != nil {
		return out, err
	}
	if out.Judged, err = readAssessment(r.Judged); err != nil {
		return out, err
	}
	out.Failures = failuresOf(r)
	saved := &savedArtifacts{client: cl, folder: folder}
	for _, res := range r.Results {
		one, err := resultOf(ctx, res, saved)
		if err != nil {
			return out, err
		}
		out.Results = append(out.Results, one)
	}
	return out, nil
}

func resultOf(ctx context.Context, r client.Result, saved *savedArtifacts) (report.Result, error) {
	out := report.Result{
		ID: r.ID, CaseID: r.CaseID, Name: r.Title, Kind: spec.Kind(strings.ToLower(r.Kind)), Tags: r.Tags,
		Matrix: r.Matrix, Outcome: outcome(r.Outcome), Error: r.Error,
	}
	if r.StartedAt != nil {
		out.StartedAt = *r.StartedAt
		if r.FinishedAt != nil {
			out.Duration = r.FinishedAt.Sub(*r.StartedAt)
		}
	}
	for _, a := range r.Attempts {
		one := attemptOf(a)
		for _, art := range r.Artifacts {
			if art.Attempt != a.Number {
				continue
			}
			kept, err := saved.save(ctx, art)
			if err != nil {
				return out, err
			}
			one.Artifacts = append(one.Artifacts, kept)
		}
		out.Attempts = append(out.Attempts, one)
	}
	return out, nil
}

func attemptOf(a client.Attempt) report.Attempt {
	out := report.Attempt{
		Number: a.Number, Outcome: outcome(a.Outcome), Error: a.Error, Worker: a.WorkerID,
		StartedAt: a.StartedAt, Duration: time.Duration(a.DurationMs) * time.Millisecond,
	}
	for _, s := range a.Steps {
		step := report.Step{
			Index: s.Ordinal, Name: s.Name, Action: s.Action, Outcome: outcome(s.Outcome), Error: s.Error,
			Duration: time.Duration(s.DurationMs * float64(time.Millisecond)), Detail: s.Detail,
		}
		if step.Outcome != spec.OutcomeSkipped {
			step.StartedAt = a.StartedAt.Add(time.Duration(s.OffsetMs) * time.Millisecond)
		}
		for _, c := range s.Checks {
			step.Checks = append(step.Checks, report.Check{Name: c.Name, Passed: c.Passed, Expected: c.Expected, Actual: c.Actual, Message: c.Message})
		}
		out.Steps = append(out.Steps, step)
	}
	for _, m := range a.Metrics {
		out.Metrics = append(out.Metrics, report.Metric{Name: m.Name, Unit: m.Unit, Value: m.Value})
	}
	for _, l := range a.Logs {
		out.Logs = append(out.Logs, report.Log{Level: l.Level, Message: l.Message, At: a.StartedAt.Add(time.Duration(l.AtMs) * time.Millisecond)})
	}
	return out
}

func outcome(graph string) spec.Outcome { return spec.Outcome(strings.ToLower(graph)) }

// savedArtifacts fetches artifacts and keeps them in a folder beside the
// reports.
type savedArtifacts struct {
	client *client.Client
	folder string
}

// Limits of what is fetched for a report.
const (
	maxArtifact = 64 << 20
	maxShown    = 8 << 20 // what is held in memory to be shown in the HTML
)

// save fetches one artifact. One that cannot be had is named in the report
// without its content: the outcome matters more.
func (s *savedArtifacts) save(ctx context.Context, a client.Artifact) (report.Artifact, error) {
	out := report.Artifact{Name: a.Name, Kind: a.Kind, ContentType: a.ContentType, Size: a.Size, Step: a.Step}
	if a.Error != "" {
		out.Name += " (" + a.Error + ")"
		return out, nil
	}
	body, err := s.client.Artifact(ctx, a.URL, maxArtifact)
	if err != nil {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		out.Name += " (" + err.Error() + ")"
		return out, nil
	}
	if len(body) <= maxShown {
		out.Body = body
	}
	out.Path = filepath.ToSlash(filepath.Join("artifacts", a.ID+"-"+safeName(a.Name)))
	path := filepath.Join(s.folder, filepath.FromSlash(out.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // reports are for others to read
		return out, fmt.Errorf("keep an artifact: %w", err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil { //nolint:gosec // see above
		return out, fmt.Errorf("keep an artifact: %w", err)
	}
	return out, nil
}

// safeName keeps the part of a name that is safe on every file system.
func safeName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') {
			return r
		}
		return '_'
	}, name)
	return strings.TrimLeft(clean[max(0, len(clean)-80):], ".")
}
