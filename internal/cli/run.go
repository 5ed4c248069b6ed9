package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/baselines/folder"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
)

type runCmd struct {
	Plan string `arg:"" optional:"" help:"Plan file."`

	Var     map[string]string `name:"var" placeholder:"NAME=VALUE" help:"Value of a variable; SEMANTEST_VAR_NAME does the same, also for secrets."`
	Env     string            `name:"env" placeholder:"NAME" help:"Environment; overrides the plan's."`
	Grep    string            `name:"grep" placeholder:"REGEX" help:"Only cases whose id or title matches."`
	Tag     []string          `name:"tag" help:"Only cases with one of these labels."`
	Kind    []string          `name:"kind" help:"Only cases of these kinds."`
	Workers int               `name:"workers" placeholder:"N" help:"Cases at once; overrides use.parallel."`
	Retries *int              `name:"retries" placeholder:"N" help:"Further attempts of a case that did not pass; overrides the plan's."`

	MaxFailures *int `name:"max-failures" placeholder:"N" help:"Failed cases after which no further one is begun; overrides the plan's. 0 is without a limit."`

	LastFailed bool `name:"last-failed" help:"Only cases that did not pass in the plan's newest run in the same environment."`

	UpdateSnapshots bool `name:"update-snapshots" aliases:"update-baselines" help:"Accept what snapshot checks and comparisons with baselines find now: write it beside the plan, show what changed, and run again where snapshots did. With --remote, baselines are accepted on the server."`

	UpdateActs bool `name:"update-acts" help:"Let the language model choose anew what the act steps mean, and write the choices of cases that pass into the file that use.acts names."`

	Branch string `name:"branch" env:"SEMANTEST_BRANCH" placeholder:"NAME" help:"Branch of the source under test, which has baselines of its own on a server; by default what continuous integration says, or what is checked out where the plan lies."`

	Replay string `name:"replay" placeholder:"FINDING" help:"Send the requests of a contract case's finding again (finding-1.json of its result) instead of running a plan; exits with 1 while it is there."`

	judgeFlags
	shardFlags
	reportFlags
	config.Client
	Local config.Server `embed:""`
	config.LLM
}

func (c *runCmd) Run(ctx context.Context, sys Sys) error {
	switch {
	case c.Replay != "" && c.Plan != "":
		return usage("give a plan or --replay, not both")
	case c.Replay != "":
		return c.replay(ctx, sys)
	case c.Plan == "":
		return usage("expected a plan file, such as: semantest run shop.plan.yaml")
	}
	p, err := readPlanWith(c.Plan, c.writes)
	if err != nil {
		return err
	}
	perform := follow
	switch {
	case c.UpdateSnapshots && c.UpdateActs:
		return usage("give --update-acts first, and --update-snapshots when the acts are looked at")
	case c.UpdateSnapshots:
		perform = updatingSnapshots(p)
	case c.UpdateActs:
		if perform, err = updatingActs(p); err != nil {
			return err
		}
	}
	c.follow(p.plan)
	if err := c.check(); err != nil {
		return err
	}
	start, err := c.start(p, sys)
	if err != nil {
		return err
	}
	if start.Shard, err = c.shard(sys, c.URL != "" || c.Local.DatabaseURL != ""); err != nil {
		return err
	}
	start.AcceptBaselines = c.UpdateSnapshots
	if c.URL != "" {
		cl, err := client.New(c.URL, c.Token)
		if err != nil {
			return err
		}
		start.Branch = branch(c.Branch, c.Plan, sys)
		c.reportFlags.Judge = &c.judgeFlags
		return perform(ctx, sys, cl, start, c.reportFlags)
	}
	stop, err := startWebServer(ctx, p, start.Variables, sys)
	if err != nil {
		return err
	}
	defer stop()
	cfg := app.Config{Server: c.Local, LLM: c.LLM, Egress: c.Local.EgressMode(egress.Dev), Baselines: folder.Of(c.Plan), Version: Version, Logger: quietLogger(sys.Stderr, c.Local)}
	c.reportFlags.Beside, c.reportFlags.Judge = c.Plan, &c.judgeFlags
	return withLocal(ctx, cfg, func(cl *client.Client) error { return perform(ctx, sys, cl, start, c.reportFlags) })
}

// writes tells which files the run is about to write.
func (c *runCmd) writes(p *spec.Plan, name string) bool {
	return c.UpdateSnapshots && slices.Contains(p.Snapshots(), name) || c.UpdateActs && name == actsFile(p)
}

// withLocal brings up a server for one command.
func withLocal(ctx context.Context, cfg app.Config, do func(*client.Client) error) error {
	cfg.Listen, cfg.Workers = "127.0.0.1:0", true
	// A person waits for the answer: an application that is not there is one.
	cfg.BreakerFailures = 0
	return withServer(ctx, cfg, do)
}

// withServer brings up a server and hands over a client with these permissions;
// none are all but to administer.
func withServer(ctx context.Context, cfg app.Config, do func(*client.Client) error, permissions ...string) error {
	a, err := app.New(ctx, cfg)
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return closing(a, cfg.DrainTimeout, err)
	}
	token, err := a.NewLocalToken(ctx, "run", 24*time.Hour, permissions...)
	if err != nil {
		return closing(a, cfg.DrainTimeout, err)
	}
	cl, err := client.New(a.URL(), token)
	if err != nil {
		return closing(a, cfg.DrainTimeout, err)
	}
	err = do(cl)
	select {
	case broken := <-a.Failed():
		err = errors.Join(err, broken)
	default:
	}
	return closing(a, cfg.DrainTimeout, err)
}

func (c *runCmd) check() error {
	if c.Workers < 0 {
		return usage("--workers must be at least 1")
	}
	if err := (config.Server{Kinds: c.Kind}).Validate(); err != nil {
		return err
	}
	if err := c.judgeFlags.check(); err != nil {
		return err
	}
	return c.reportFlags.check()
}

func (c *runCmd) start(p *planFile, sys Sys) (client.Start, error) {
	s := client.Start{
		Source: p.source, Files: p.files, Environment: c.Env, Parallel: c.Workers, Retries: c.Retries, MaxFailures: c.MaxFailures,
		Grep: c.Grep, Tags: c.Tag, Kinds: c.Kind, LastFailed: c.LastFailed, Key: ident.New(ident.Request),
		Variables: map[string]string{}, Secrets: map[string]string{},
	}
	give := func(name, value string) {
		if slices.Contains(p.plan.Secrets, name) {
			s.Secrets[name] = value
		} else {
			s.Variables[name] = value
		}
	}
	// The plan need not name the address of what it is about.
	for _, name := range append(slices.Sorted(maps.Keys(p.plan.Env)), spec.VarBaseURL) {
		if v, ok := sys.LookupEnv("SEMANTEST_VAR_" + name); ok {
			give(name, v)
		}
	}
	for _, name := range p.plan.Secrets {
		if v, ok := sys.LookupEnv("SEMANTEST_VAR_" + name); ok {
			give(name, v)
		}
	}
	for name, v := range c.Var {
		give(name, v)
	}
	// What is not given here the server may keep for the project; it tells when it
	// does not.
	known := maps.Clone(s.Secrets)
	for _, name := range p.plan.Secrets {
		known[name] = cmp.Or(known[name], "kept by the server")
	}
	if _, err := p.plan.Variables(s.Variables, known); err != nil {
		return s, usage("%s: %w", p.path, err)
	}
	return s, nil
}

// stopWithin is how long a stopped run may take to end before the command gives
// up waiting.
const stopWithin = 30 * time.Second

// patience is how long a server may be silent before the command gives up.
const patience = 2 * time.Minute

// follow starts a run, shows it until its end, writes the reports and returns
// the exit code as an error.
func follow(ctx context.Context, sys Sys, cl *client.Client, start client.Start, reports reportFlags) error {
	_, err := performRun(ctx, sys, cl, start, reports)
	return err
}

// performRun is follow, and returns the run too where it came to its end.
func performRun(ctx context.Context, sys Sys, cl *client.Client, start client.Start, reports reportFlags) (*client.Run, error) {
	runID, err := cl.StartRun(ctx, start)
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		switch e.Details["reason"] {
		case "NO_CASE":
			return nil, exit(ExitNoCase, e)
		case "EMPTY_SHARD": // the others have all cases; nothing has failed
			_, _ = fmt.Fprintln(sys.Stdout, e.Message)
			return nil, nil
		}
	}
	if err != nil {
		return nil, err
	}
	show := newProgress(sys)
	err = watch(ctx, cl, runID, show)
	interrupted := ctx.Err() != nil
	show.end()
	if err != nil {
		return nil, err
	}
	// The run has ended, so its reports are written even after an interrupt.
	whole := ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute+reports.Judge.patience())
	defer cancel()
	assess(ctx, cl, runID, show)
	run, err := cl.FetchRun(ctx, runID)
	if err != nil {
		return nil, err
	}
	if !interrupted {
		run.Judged = reports.Judge.ask(whole, cl, runID, show)
	}
	written, err := writeReports(ctx, cl, run, reports)
	if err != nil {
		return nil, err
	}
	compared, unkept := settleBaselines(ctx, cl, runID, start.AcceptBaselines && !interrupted, reports.Beside)
	show.verdict(run, written)
	show.failures(run)
	show.quality(run)
	if err := show.judged(run.Judged); err != nil {
		show.print("  " + printable(err.Error()))
	}
	for _, line := range compared {
		show.print("  " + line)
	}
	if interrupted {
		return nil, exit(ExitInterrupted, nil)
	}
	if unkept != nil { // the verdict stands, unless the person asked for more than that
		if unkept = fmt.Errorf("what waits for a review was not kept: %w", unkept); start.AcceptBaselines {
			return run, unkept
		}
		show.print("  " + printable(unkept.Error()))
	}
	if err := verdict(run); err != nil {
		return run, err
	}
	return run, judgeGate(run)
}

// watch shows the events until the last one. When the person interrupts, the
// run is stopped and its end awaited.
func watch(ctx context.Context, cl *client.Client, runID string, show *progress) error {
	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	ended := make(chan error, 1)
	var loads sync.Once
	go func() {
		ended <- cl.Follow(following, runID, patience, func(e client.Event) {
			show.event(e)
			if e.Type == "CASE_STARTED" && e.Kind == "LOAD" {
				loads.Do(func() { go cl.FollowLoads(following, runID, show.pulses) })
			}
		})
	}()
	go explain(following, cl, runID, show)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	show.note("stopping the run …")
	stopping, cancelStop := context.WithTimeout(following, stopWithin)
	defer cancelStop()
	if err := cl.StopRun(stopping, runID); err != nil {
		return exit(ExitInterrupted, fmt.Errorf("stop run %s: %w", runID, err))
	}
	select {
	case err := <-ended:
		return err
	case <-stopping.Done():
		return exit(ExitInterrupted, fmt.Errorf("run %s was told to stop, but has not ended within %s", runID, stopWithin))
	}
}

// explainEvery is how often a run in which nothing happens is asked why.
const explainEvery = 3 * time.Second

// explain says what a run waits for while none of its cases is under way.
func explain(ctx context.Context, cl *client.Client, runID string, show *progress) {
	tick := time.NewTicker(explainEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !show.idle() {
			said = ""
			continue
		}
		reasons, err := cl.WaitingFor(ctx, runID)
		text := strings.Join(reasons, "; ")
		if err != nil || text == "" || text == said { // the events tell when the server is away
			continue
		}
		said = text
		show.note("  waiting: " + printable(text))
	}
}

// verdict is the exit code of a run that has ended.
func verdict(r *client.Run) error {
	switch {
	case r.Status == "PASSED":
		return nil
	case r.Status == "CANCELLED": // by someone else: an interrupt is answered before
		return exit(ExitErrored, nil)
	case r.OutcomeCounts.Failed+r.OutcomeCounts.TimedOut > 0 || r.StopReason == "TIMEOUT":
		return exit(ExitFailed, nil)
	case r.Status == "ERRORED":
		return exit(ExitErrored, nil)
	}
	return exit(ExitGate, nil)
}

// quietLogger keeps the embedded server's commentary out of a command's output.
func quietLogger(w io.Writer, c config.Server) *slog.Logger {
	if c.LogLevel == "info" {
		c.LogLevel = "warn"
	}
	return logger(w, c)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func lower(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }
