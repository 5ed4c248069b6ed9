package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// judgeFlags choose who judges.
type judgeFlags struct {
	Judge string `name:"judge" default:"" enum:",rules,llm" help:"Who judges: rules, or llm, a language model beside the rules. A run is judged as its plan says unless this is given, an assessment by rules."`
	Votes int    `name:"votes" placeholder:"N" help:"With --judge llm: how many judgements, 1 to 9; as the plan says, or 3."`
	Model string `name:"judge-model" aliases:"model" placeholder:"NAME" help:"With --judge llm: another model of the configured endpoint."`

	planned bool // the plan's own judge, whom the server asks at the end of the run
}

// follow takes the judge that the plan names where the flags name none.
func (f *judgeFlags) follow(p *spec.Plan) {
	if f.Judge == "" && p.Judge != nil && p.Judge.LLM != nil {
		f.Judge, f.planned = "llm", f.Votes == 0 && f.Model == ""
	}
}

func (f judgeFlags) check() error {
	switch {
	case f.Judge != "llm" && (f.Votes != 0 || f.Model != ""):
		return usage("--votes and --judge-model belong to --judge llm")
	case f.Votes < 0 || f.Votes > judge.MaxVotes:
		return usage("--votes is a number from 1 to %d", judge.MaxVotes)
	}
	return nil
}

// patience is how much longer a command takes for the sake of a judge.
func (f *judgeFlags) patience() time.Duration {
	if f == nil || f.Judge != "llm" {
		return 0
	}
	return judgedWithin
}

// ask has a language model judge a run where that is wanted; nil otherwise. That it
// could not be asked is no fault of the run: the person is told.
func (f *judgeFlags) ask(ctx context.Context, cl *client.Client, runID string, show *progress) json.RawMessage {
	if f == nil || f.Judge != "llm" {
		return nil
	}
	raw, err := f.judgement(ctx, cl, runID)
	if err != nil {
		show.print("  " + printable("the run was not judged by a model: "+err.Error()))
		return nil
	}
	return raw
}

// judgement is the one that the server makes for the plan, or another one that the
// flags ask for.
func (f *judgeFlags) judgement(ctx context.Context, cl *client.Client, runID string) (json.RawMessage, error) {
	if f.planned {
		id, err := cl.PlannedJudgement(ctx, runID)
		if err != nil {
			return nil, err
		}
		if id != "" {
			return awaitJudgement(ctx, cl, id)
		}
	}
	return askModel(ctx, cl, runID, client.Ask{Votes: f.Votes, Model: f.Model})
}

// judgeGate is the verdict of the plan's gate on a model's judgement, which fails
// only where the judge is calibrated.
func judgeGate(r *client.Run) error {
	panel, err := panelOf(r.Judged)
	if err != nil || panel == nil || panel.Gate == nil || panel.Gate.Passed {
		return err
	}
	return exit(ExitGate, nil)
}

type assessCmd struct {
	RunID string `arg:"" name:"run" help:"Id of a run that has ended."`
	Fresh bool   `name:"fresh" help:"Judge anew, also where the same question was answered."`
	JSON  bool   `name:"json" help:"Print the assessment as JSON."`
	judgeFlags
	config.Client
	Local config.Server `embed:""`
	config.LLM
}

func (c *assessCmd) Run(ctx context.Context, sys Sys) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.URL != "" {
		cl, err := client.New(c.URL, c.Token)
		if err != nil {
			return err
		}
		return c.assess(ctx, sys, cl)
	}
	cfg := app.Config{Server: c.Local, LLM: c.LLM, Egress: egress.Public, Version: Version, Logger: quietLogger(sys.Stderr, c.Local)}
	return withLocal(ctx, cfg, func(cl *client.Client) error { return c.assess(ctx, sys, cl) })
}

func (c *assessCmd) assess(ctx context.Context, sys Sys, cl *client.Client) error {
	var raw json.RawMessage
	if c.Judge == "llm" {
		var err error
		if raw, err = askModel(ctx, cl, c.RunID, client.Ask{Votes: c.Votes, Model: c.Model, Fresh: c.Fresh}); err != nil {
			return err
		}
	} else {
		if err := cl.AssessRun(ctx, c.RunID); err != nil {
			return err
		}
		run, err := cl.FetchRun(ctx, c.RunID)
		if err != nil {
			return err
		}
		raw = run.Assessment
	}
	if c.JSON {
		var b bytes.Buffer
		if err := json.Indent(&b, raw, "", "  "); err != nil {
			return fmt.Errorf("write the assessment: %w", err)
		}
		_, err := fmt.Fprintln(sys.Stdout, b.String())
		return err
	}
	show := newProgress(sys)
	defer show.end()
	return show.judged(raw)
}

// judgedWithin is how long a command waits for a model's judgement: a little longer
// than the server may take.
const judgedWithin = 7 * time.Minute

// askModel has a language model judge and waits until it has.
func askModel(ctx context.Context, cl *client.Client, runID string, a client.Ask) (json.RawMessage, error) {
	id, err := cl.AskModel(ctx, runID, a)
	if err != nil {
		return nil, err
	}
	return awaitJudgement(ctx, cl, id)
}

// awaitJudgement waits for an assessment that is being made.
func awaitJudgement(ctx context.Context, cl *client.Client, id string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, judgedWithin, fmt.Errorf("the judgement was not made within %s", judgedWithin))
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		raw, err := cl.Assessment(ctx, id)
		if err != nil {
			return nil, err
		}
		var at struct{ Status rules.Status }
		if err := json.Unmarshal(raw, &at); err != nil {
			return nil, fmt.Errorf("read the assessment: %w", err)
		}
		if at.Status != rules.Pending {
			return raw, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// judged shows an assessment, and how it came about where a model made it.
func (p *progress) judged(raw json.RawMessage) error {
	a, err := readAssessment(raw)
	if err != nil || a == nil {
		return err
	}
	panel, err := panelOf(raw)
	if err != nil {
		return err
	}
	if panel != nil {
		p.print("\nBy a language model, bounded by what was measured")
	}
	p.assessed(*a)
	if panel == nil {
		return nil
	}
	var b bytes.Buffer
	if err := quality.WriteTextPanel(&b, panel); err != nil {
		return err
	}
	p.print(strings.TrimRight(b.String(), "\n"))
	return nil
}

// panelOf reads how a model's judgement came about; nil for other judges.
func panelOf(raw json.RawMessage) (*quality.Panel, error) {
	var read struct {
		Model string
		Gate  *quality.Gate
		Panel *struct {
			judge.Panel
			CostDollars *float64
		}
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, fmt.Errorf("read the votes: %w", err)
	}
	if read.Panel == nil {
		return nil, nil
	}
	out := &quality.Panel{Panel: read.Panel.Panel, Gate: read.Gate}
	out.Model = read.Model
	for i := range out.Items { // the graph shouts
		out.Items[i].Answer = judge.Answer(strings.ToLower(string(out.Items[i].Answer)))
	}
	if d := read.Panel.CostDollars; d != nil {
		nanos := int64(*d * 1e9)
		out.CostNanos = &nanos
	}
	return out, nil
}
