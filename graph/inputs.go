package graph

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/baselines"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

func sourceOf(text string, files []*model.PlanFileInput) (plans.Source, error) {
	src := plans.Source{Text: text}
	for _, f := range files {
		content, err := base64.StdEncoding.DecodeString(f.Content)
		if err != nil {
			return src, apperr.Invalid("files", "the content of file %q is not base64", f.Path)
		}
		if src.Files == nil {
			src.Files = map[string][]byte{}
		}
		if _, twice := src.Files[f.Path]; twice {
			return src, apperr.Invalid("files", "file %q was sent twice", f.Path)
		}
		src.Files[f.Path] = content
	}
	return src, nil
}

func startInput(in model.StartRunInput) (runs.StartInput, error) {
	out := runs.StartInput{
		PlanID: deref(in.PlanID), Environment: deref(in.Environment), Priority: deref(in.Priority),
		Parallel: deref(in.Parallel), Retries: in.Retries, MaxFailures: in.MaxFailures, ClientMutationID: deref(in.ClientMutationID),
		Branch: deref(in.Branch), AcceptBaselines: deref(in.AcceptBaselines),
	}
	var err error
	if in.Source != nil {
		src, err := sourceOf(*in.Source, in.Files)
		if err != nil {
			return out, err
		}
		out.Source = &src
	}
	if out.Variables, err = variablesOf("variables", in.Variables); err != nil {
		return out, err
	}
	if out.Secrets, err = variablesOf("secrets", in.Secrets); err != nil {
		return out, err
	}
	if s := in.Select; s != nil {
		out.Select = runs.Selection{Grep: deref(s.Grep), Tags: s.Tags, Kinds: s.Kinds, Cases: s.Cases, LastFailed: deref(s.LastFailed)}
	}
	if s := in.Shard; s != nil {
		out.Shard = runs.Shard{Index: s.Index, Total: s.Total, Group: deref(s.Group)}
		if s.Total == 0 { // no shard at all, for the service
			return out, apperr.Invalid("shard.total", "the number of shards must be from 1 to %d", runs.MaxShards)
		}
	}
	return out, nil
}

func newBrowserSession(in model.CreateBrowserSessionInput) (browsersessions.NewSession, error) {
	out := browsersessions.NewSession{
		URL: in.URL, Browser: deref(in.Browser), Device: deref(in.Device), Record: in.Record, Environment: deref(in.Environment), Secrets: in.Secrets,
		ExpiresIn: time.Duration(in.ExpiresIn) * time.Second, Idle: time.Duration(in.IdleSeconds) * time.Second,
	}
	if v := in.Viewport; v != nil {
		out.Viewport = &spec.Viewport{Width: v.Width, Height: v.Height}
	}
	var err error
	out.Variables, err = variablesOf("variables", in.Variables)
	return out, err
}

func limitsOf(in model.SetProjectLimitsInput) (auth.Limits, error) {
	out := auth.Limits{MaxParallel: in.MaxParallel}
	if in.EnvironmentLimits == nil {
		return out, nil
	}
	out.Environments = make(map[string]int, len(in.EnvironmentLimits))
	for _, e := range in.EnvironmentLimits {
		if _, twice := out.Environments[e.Environment]; twice {
			return out, apperr.Invalid("environmentLimits", "the environment %q has two limits", e.Environment)
		}
		out.Environments[e.Environment] = e.MaxRuns
	}
	return out, nil
}

func variablesOf(field string, in []*model.VariableInput) (map[string]string, error) {
	if len(in) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(in))
	for _, v := range in {
		if _, twice := out[v.Name]; twice {
			return nil, apperr.Invalid(field, "%s has two values", v.Name)
		}
		out[v.Name] = v.Value
	}
	return out, nil
}

// changedVariables is nil where an input names none, and not where it names an
// empty list.
func changedVariables(in []*model.VariableInput) (*map[string]string, error) {
	if in == nil {
		return nil, nil
	}
	out, err := variablesOf("variables", in)
	return &out, err
}

func shownVariables(in map[string]string) []*model.Variable {
	out := make([]*model.Variable, 0, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) {
		out = append(out, &model.Variable{Name: name, Value: in[name]})
	}
	return out
}

// ordinal reads the cursor of a result; before the first stands -1.
func ordinal(after *string) (int, error) {
	if deref(after) == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(*after)
	if err != nil || n < 0 {
		return 0, apperr.Invalid("after", "%q is not a cursor of this list", *after)
	}
	return n, nil
}

func (r *Resolver) runs(ctx context.Context, first *int, after *string, f runs.Filter) (*model.RunConnection, error) {
	rows, more, err := r.Services.Runs.List(ctx, store.Page{First: deref(first), After: deref(after)}, f)
	if err != nil {
		return nil, err
	}
	return model.NewRunConnection(rows, more, func(ctx context.Context) (int, error) { return r.Services.Runs.Count(ctx, f) }), nil
}

// node finds whatever has the id. Another project's id answers like one that
// does not exist.
func (r *Resolver) node(ctx context.Context, id string) (model.Node, error) {
	switch ident.TypeOf(id) {
	case ident.Plan:
		return nodeOf(r.Services.Plans.Get(ctx, id))
	case ident.PlanVersion:
		return nodeOf(r.Services.Plans.GetVersion(ctx, id))
	case ident.Run:
		return nodeOf(r.Services.Runs.Get(ctx, id))
	case ident.Result:
		return nodeOf(r.Services.Runs.Result(ctx, id))
	case ident.Artifact:
		return nodeOf(r.Services.Artifacts.Get(ctx, id))
	case ident.Baseline:
		return nodeOf(r.Services.Baselines.Get(ctx, id))
	case ident.Assessment:
		return nodeOf(r.Services.Assessments.Get(ctx, id))
	case ident.FailureCluster:
		return nodeOf(r.Services.Failures.Get(ctx, id))
	case ident.Generation:
		return nodeOf(r.Services.Generation.Get(ctx, id))
	case ident.GeneratedCase:
		return nodeOf(r.Services.Generation.GetCase(ctx, id))
	case ident.Comparison:
		return nodeOf(r.Services.Baselines.Comparison(ctx, id))
	case ident.BrowserSession:
		return nodeOf(r.Services.Sessions.Get(ctx, id))
	case ident.BrowserCommand:
		return nodeOf(r.Services.Sessions.Command(ctx, id))
	case ident.Schedule:
		return nodeOf(r.Services.Schedules.Get(ctx, id))
	case ident.Trigger:
		return nodeOf(r.Services.Triggers.Get(ctx, id))
	case ident.Webhook:
		return nodeOf(r.Services.Webhooks.Get(ctx, id))
	case ident.Delivery:
		return nodeOf(r.Services.Webhooks.Delivery(ctx, id))
	case ident.Reservation:
		return nodeOf(r.Services.Workers.Reservation(ctx, id))
	case ident.Project:
		return nodeOf(r.Services.Members.Project(ctx, id))
	case ident.Member:
		return nodeOf(r.Services.Members.Member(ctx, id))
	case ident.ServiceAccount:
		return nodeOf(r.Services.Members.Account(ctx, id))
	case ident.Token:
		return nodeOf(r.Services.Members.Token(ctx, id))
	}
	return nil, nil
}

// bandOrNull is the meaning of a score; null where there is none.
func bandOrNull(b rules.Band) *rules.Band {
	if b == "" {
		return nil
	}
	return &b
}

func nodeOf[T any](row *T, err error) (model.Node, error) {
	row, err = orNull(row, err)
	if row == nil || err != nil {
		return nil, err
	}
	return row, nil
}

func casesOf(cases []spec.ExpandedCase) []*model.PlanCase {
	out := make([]*model.PlanCase, len(cases))
	for i, c := range cases {
		out[i] = &model.PlanCase{ID: c.ID, Key: c.Key, Title: c.Title(), Kind: c.Kind, Tags: append([]string{}, c.Tags...)}
	}
	return out
}

func checksOf(all []*ent.Check, step int) []*ent.Check {
	out := []*ent.Check{}
	for _, c := range all {
		if c.StepOrdinal == step {
			out = append(out, c)
		}
	}
	return out
}

func pointers[T any](in []T) []*T {
	out := make([]*T, len(in))
	for i := range in {
		out[i] = &in[i]
	}
	return out
}

// convert passes a service's stream on in the graph's own type.
func convert[From, To any](ctx context.Context, in <-chan From, err error, f func(From) To) (<-chan To, error) {
	if err != nil {
		return nil, err
	}
	out := make(chan To)
	go func() {
		defer close(out)
		for v := range in {
			select {
			case <-ctx.Done():
				return
			case out <- f(v):
			}
		}
	}()
	return out, nil
}

// headerOf gathers the headers of an answer.
func headerOf(in []*model.HeaderInput) http.Header {
	out := http.Header{}
	for _, h := range in {
		out.Add(h.Name, h.Value)
	}
	return out
}

func (r *Resolver) comparisons(ctx context.Context, first *int, after *string, f baselines.ComparisonFilter) (*model.ComparisonConnection, error) {
	rows, more, err := r.Services.Baselines.Comparisons(ctx, store.Page{First: deref(first), After: deref(after)}, f)
	if err != nil {
		return nil, err
	}
	return model.NewComparisonConnection(rows, more, func(ctx context.Context) (int, error) {
		return r.Services.Baselines.CountComparisons(ctx, f)
	}), nil
}

// days is a window as the graph gives it. What is out of bounds stays so, for the
// service to refuse, and nothing is not the default.
func days(n int) time.Duration {
	if n <= 0 {
		return -1
	}
	return time.Duration(min(n, 100_000)) * 24 * time.Hour
}

// detection is what the graph asks for, likewise.
func detection(window int, threshold float64) anomalies.Options {
	if threshold == 0 {
		threshold = -1
	}
	return anomalies.Options{Window: days(window), Threshold: threshold}
}
