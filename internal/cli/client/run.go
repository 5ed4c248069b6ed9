package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Start says what to run.
type Start struct {
	Source      string
	Files       map[string][]byte
	Environment string
	Variables   map[string]string
	Secrets     map[string]string
	Parallel    int
	Retries     *int
	MaxFailures *int
	Grep        string
	Tags        []string
	Kinds       []string // as in the plan: api
	LastFailed  bool
	Shard       Shard
	Branch      string // of the source under test
	Key         string // idempotency key

	AcceptBaselines bool // what is new or changed is accepted beforehand
}

// Shard is one of several runs that share a plan's cases; the zero value has all
// of them.
type Shard struct {
	Index, Total int // the index from 1
	Group        string
}

// Counts are a run's results by outcome.
type Counts struct {
	Total, Finished, Passed, Failed, Flaky, TimedOut, Errored, Skipped, Cancelled int
}

// Event is an event of a run.
type Event struct {
	Seq           int64
	Type          string
	At            time.Time
	Status        string
	OutcomeCounts Counts
	CaseKey       string
	Title         string
	Kind          string
	Attempt       int
	Outcome       string
	Error         string
	DurationMs    int64
}

// StartRun starts a run and returns its id.
func (c *Client) StartRun(ctx context.Context, s Start) (string, error) {
	input := map[string]any{
		"source": s.Source, "files": files(s.Files), "variables": pairs(s.Variables), "secrets": pairs(s.Secrets),
		"clientMutationId": s.Key,
	}
	if s.Environment != "" {
		input["environment"] = s.Environment
	}
	if s.Branch != "" {
		input["branch"] = s.Branch
	}
	if s.AcceptBaselines {
		input["acceptBaselines"] = true
	}
	if s.Parallel > 0 {
		input["parallel"] = s.Parallel
	}
	if s.Retries != nil {
		input["retries"] = *s.Retries
	}
	if s.MaxFailures != nil {
		input["maxFailures"] = *s.MaxFailures
	}
	selection := map[string]any{}
	if s.Grep != "" {
		selection["grep"] = s.Grep
	}
	if len(s.Tags) > 0 {
		selection["tags"] = s.Tags
	}
	if len(s.Kinds) > 0 {
		kinds := make([]string, len(s.Kinds))
		for i, k := range s.Kinds {
			kinds[i] = strings.ToUpper(k) // as the graph spells them
		}
		selection["kinds"] = kinds
	}
	if s.LastFailed {
		selection["lastFailed"] = true
	}
	if s.Shard.Total > 0 {
		shard := map[string]any{"index": s.Shard.Index, "total": s.Shard.Total}
		if s.Shard.Group != "" {
			shard["group"] = s.Shard.Group
		}
		input["shard"] = shard
	}
	if len(selection) > 0 {
		input["select"] = selection
	}
	var out struct {
		StartRun struct{ Run struct{ ID string } }
	}
	err := c.Do(ctx, `mutation($input: StartRunInput!) { startRun(input: $input) { run { id } } }`,
		map[string]any{"input": input}, &out)
	return out.StartRun.Run.ID, err
}

// WaitingFor says, a sentence each, what holds a run up.
func (c *Client) WaitingFor(ctx context.Context, id string) ([]string, error) {
	var out struct {
		Run *struct {
			WaitingFor []struct{ Detail string }
		}
	}
	err := c.Do(ctx, `query($id: ID!) { run(id: $id) { waitingFor { detail } } }`, map[string]any{"id": id}, &out)
	if err != nil || out.Run == nil {
		return nil, err
	}
	details := make([]string, len(out.Run.WaitingFor))
	for i, w := range out.Run.WaitingFor {
		details[i] = w.Detail
	}
	return details, nil
}

// StopRun stops a run.
func (c *Client) StopRun(ctx context.Context, id string) error {
	var out struct{}
	return c.Do(ctx, `mutation($id: ID!) { stopRun(input: {id: $id}) { run { status } } }`, map[string]any{"id": id}, &out)
}

// Follow calls next with every event of a run in order, without hole or repeat,
// until the last one. When the connection breaks it connects again and resumes
// by number, for up to patience since the last event.
func (c *Client) Follow(ctx context.Context, runID string, patience time.Duration, next func(Event)) error {
	const query = `subscription($runId: ID!, $after: Int!) { runEvents(runId: $runId, after: $after) {
		seq type at status caseKey title kind attempt outcome error durationMs
		outcomeCounts { total finished passed failed flaky timedOut errored skipped cancelled } } }`
	return c.resume(ctx, query, map[string]any{"runId": runID}, patience, func(data json.RawMessage) (int64, bool, error) {
		var item struct{ RunEvents Event }
		if err := json.Unmarshal(data, &item); err != nil {
			return 0, false, err
		}
		next(item.RunEvents)
		return item.RunEvents.Seq, item.RunEvents.Type == "RUN_FINISHED", nil
	})
}

// resume subscribes to what is numbered until next says that it was the last one,
// and takes it up again after the number that next said before.
func (c *Client) resume(ctx context.Context, query string, variables map[string]any, patience time.Duration, next func(json.RawMessage) (seq int64, last bool, err error)) error {
	var seen int64
	last := time.Now()
	variables = maps.Clone(variables)
	for ended := false; !ended; {
		variables["after"] = seen
		err := c.Subscribe(ctx, query, variables, func(data json.RawMessage) (err error) {
			var seq int64
			if seq, ended, err = next(data); err == nil {
				seen, last = seq, time.Now()
			}
			return err
		})
		if ended {
			return nil
		}
		if err != nil && (apperr.CodeOf(err) != apperr.Unavailable || time.Since(last) > patience) {
			return err
		}
		select { // before connecting again
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

// Run is a run with everything that a report shows.
type Run struct {
	ID            string
	Name          string
	Status        string
	StopReason    string // "" when nothing stopped it
	Environment   string
	CreatedAt     time.Time
	StartedAt     *time.Time
	FinishedAt    *time.Time
	PlanVersion   struct{ Number int }
	OutcomeCounts Counts
	Gates         []struct {
		Name             string
		Passed           bool
		Expected, Actual float64
	}
	FailureClusters []struct {
		Count, CaseCount int
		Cases            []string
		New              bool
		FlakyShare       float64
		Cluster          struct{ ID, Title, Operation, Cause, Why, Quote string }
	}
	Assessment json.RawMessage // null where nobody has assessed it
	Judged     json.RawMessage `json:"-"` // by a language model; nil unless it was asked
	Results    []Result        `json:"-"`
}

// Result is one case of a run.
type Result struct {
	ID, CaseID, CaseKey, Title, Kind, Outcome, Error string
	Tags                                             []string
	Matrix                                           map[string]string
	StartedAt, FinishedAt                            *time.Time
	Attempts                                         []Attempt
	Artifacts                                        []Artifact
}

// Attempt is one try.
type Attempt struct {
	Number         int
	Outcome, Error string
	WorkerID       string
	StartedAt      time.Time
	DurationMs     int64
	Steps          []struct {
		Ordinal                      int
		Name, Action, Outcome, Error string
		OffsetMs                     int64
		DurationMs                   float64
		Detail                       map[string]any
		Checks                       []struct {
			Name, Expected, Actual, Message string
			Passed                          bool
		}
	}
	Metrics []struct {
		Name, Unit string
		Value      float64
	}
	Logs []struct {
		Level, Message string
		AtMs           int64
	}
}

// Artifact is something that an attempt left behind.
type Artifact struct {
	ID, Name, Kind, ContentType, Error, URL string
	Size                                    int64
	Attempt, Step                           int
}

const runQuery = `query($id: ID!, $after: String) { run(id: $id) {
	id name status stopReason environment createdAt startedAt finishedAt planVersion { number }
	outcomeCounts { total finished passed failed flaky timedOut errored skipped cancelled }
	gates { name passed expected actual }
	failureClusters { count caseCount cases new flakyShare cluster { id title operation cause why quote } }
	` + assessmentFields + `
	results(first: 50, after: $after) { pageInfo { hasNextPage endCursor } nodes {
		id caseId caseKey title kind outcome error tags matrix startedAt finishedAt
		attempts { number outcome error workerId startedAt durationMs
			steps { ordinal name action outcome error offsetMs durationMs detail
				checks { name passed expected actual message } }
			metrics { name unit value } logs { level message atMs } }
		artifacts { id name kind contentType size error url attempt step } } } } }` + evidenceFragment

// FetchRun reads a run with all its results.
func (c *Client) FetchRun(ctx context.Context, id string) (*Run, error) {
	var out *Run
	var after *string
	for {
		var page struct {
			Run *struct {
				Run
				Results struct {
					PageInfo struct {
						HasNextPage bool
						EndCursor   *string
					}
					Nodes []Result
				}
			}
		}
		if err := c.Do(ctx, runQuery, map[string]any{"id": id, "after": after}, &page); err != nil {
			return nil, err
		}
		if page.Run == nil {
			return nil, apperr.New(apperr.NotFound, "there is no run %s on this server", id)
		}
		if out == nil {
			out = &page.Run.Run
		}
		out.Results = append(out.Results, page.Run.Results.Nodes...)
		info := page.Run.Results.PageInfo
		if !info.HasNextPage {
			return out, nil
		}
		if info.EndCursor == nil {
			return nil, errors.New("the server's page of results has no cursor")
		}
		after = info.EndCursor
	}
}

func files(in map[string][]byte) []map[string]string {
	out := []map[string]string{}
	for _, name := range sortedKeys(in) {
		out = append(out, map[string]string{"path": name, "content": base64.StdEncoding.EncodeToString(in[name])})
	}
	return out
}

func pairs(in map[string]string) []map[string]string {
	out := []map[string]string{}
	for _, name := range sortedKeys(in) {
		out = append(out, map[string]string{"name": name, "value": in[name]})
	}
	return out
}

func sortedKeys[V any](in map[string]V) []string {
	out := make([]string, 0, len(in))
	for k := range in {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
