package load

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

const defaultStepTimeout = 30 * time.Second

// Limits is what a server allows.
type Limits struct {
	MaxUsers    int           // virtual users of a case at once; 1000 when zero
	MaxDuration time.Duration // of a load, without its graceful stop; 300 s when zero
	MaxRamp     time.Duration // of a stage that changes how much load there is; 60 s when zero
	Hosts       Hosts         // targets of load; in egress mode dev every host is one
	K6          string        // the program; empty: the one in the PATH
	K6Allowed   bool          // k6 scripts, whose connections no policy sees; in egress mode dev they are
}

// raised are the limits with what the project is granted beyond them.
func (l Limits) raised(g *spec.LoadGrant) Limits {
	if g == nil {
		return l
	}
	l.MaxUsers = max(l.MaxUsers, g.MaxUsers)
	l.MaxDuration = max(l.MaxDuration, g.MaxDuration)
	l.MaxRamp = max(l.MaxRamp, g.MaxRamp)
	l.Hosts = append(slices.Clip(l.Hosts), g.Hosts...)
	return l
}

// API performs the steps of api cases: setup and teardown as a whole, and the
// parts of an iteration's steps that do not depend on who sends them.
type API interface {
	executors.Executor
	executors.Exchanges
}

// Executor performs load cases.
type Executor struct {
	exchanges API
	dialer    *net.Dialer
	tls       *tls.Config
	limits    Limits
	anyHost   bool
	closed    atomic.Bool
}

// Option changes a new Executor.
type Option func(*Executor)

// WithRootCAs trusts these certificate authorities instead of the system's.
func WithRootCAs(pool *x509.CertPool) Option {
	return func(e *Executor) { e.tls.RootCAs = pool }
}

// New returns an executor whose every connection is dialled through policy. The
// api executor stays its owner's.
func New(api API, policy *egress.Policy, limits Limits, opts ...Option) *Executor {
	limits.MaxUsers = cmp.Or(limits.MaxUsers, 1000)
	limits.MaxDuration = cmp.Or(limits.MaxDuration, 5*time.Minute)
	limits.MaxRamp = cmp.Or(limits.MaxRamp, time.Minute)
	e := &Executor{
		exchanges: api, dialer: policy.Dialer(connectTimeout), limits: limits, anyHost: policy.Mode() == egress.Dev,
		tls: &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			ClientSessionCache: tls.NewLRUClientSessionCache(256),
		},
	}
	for _, o := range opts {
		o(e)
	}
	return e
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return spec.KindLoad }

// Close implements executors.Executor.
func (e *Executor) Close() error {
	e.closed.Store(true)
	return nil
}

// Execute implements executors.Executor. Its steps are those of the setup, the
// load, those of the teardown, and the thresholds, which alone can make it
// fail: a check of an iteration that does not hold is only counted.
func (e *Executor) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	if e.closed.Load() {
		return spec.OutcomeErrored, errors.New("the load executor is closed")
	}
	a := &attempt{executor: e, task: task, sink: executors.MaskSink(sink, task.Scope)}
	outcome, err := a.perform(ctx)
	return outcome, executors.MaskError(err, task.Scope)
}

// attempt is the state of one Execute.
type attempt struct {
	executor *Executor
	task     executors.Task
	sink     executors.Sink
	run      *run
	crew     executors.Crew // who shares the load; nil where nobody does
	next     int            // index of the next step
}

func (a *attempt) perform(ctx context.Context) (spec.Outcome, error) {
	l := &a.task.Case.Load
	if l.K6 != "" {
		return a.performK6(ctx)
	}
	if err := a.prepare(ctx); err != nil {
		return a.refuse(ctx, err)
	}
	if l.Parts() > 1 {
		crew, err := a.gather(ctx)
		if err != nil {
			return a.refuse(ctx, err)
		}
		defer dismiss(ctx, crew)
		a.crew = crew
	}
	if outcome, err := a.steps(ctx, "setup", l.Setup); outcome != spec.OutcomePassed {
		a.skip(append([]step0{loadStep(l)}, append(titles(l.Teardown), thresholdStep)...))
		return outcome, err
	}
	outcome, err := a.own(ctx, loadStep(l), a.load)
	if outcome != spec.OutcomePassed {
		a.cleanUp(ctx, l.Teardown)
		a.skip(append(titles(l.Teardown), thresholdStep))
		return outcome, err
	}
	if outcome, err := a.steps(ctx, "teardown", l.Teardown); outcome != spec.OutcomePassed {
		a.skip([]step0{thresholdStep})
		return outcome, err
	}
	return a.own(ctx, thresholdStep, a.thresholds)
}

// prepare looks at what can be known before anything is sent.
func (a *attempt) prepare(ctx context.Context) error {
	l := &a.task.Case.Load
	r := &run{executor: a.executor, task: a.task, sink: a.sink, notes: newNotes()}
	r.series.total = newTally()
	var err error
	if r.limits, err = limitsOf(l.Thresholds); err != nil {
		return err
	}
	if r.baseline, err = a.baselineOf(ctx, r.limits); err != nil {
		return err
	}
	r.bounds = a.executor.limits.raised(a.task.LoadGrant)
	limits := r.bounds
	users := 0
	for i, name := range slices.Sorted(maps.Keys(l.Scenarios)) {
		plan := l.Scenarios[name]
		open := plan.Executor == spec.ConstantArrivalRate || plan.Executor == spec.RampingArrivalRate
		s := &scenario{index: i, name: name, plan: plan, open: open}
		r.scenarios = append(r.scenarios, s)
		users += plan.MostVUs()
		if ramp := plan.LongestRamp(); ramp > limits.MaxRamp {
			return executors.Errorf("the scenario %s has a ramp of %s, and this server allows %s; an administrator can raise --load-max-ramp (SEMANTEST_LOAD_MAX_RAMP), or grant the project more",
				name, spec.Duration(ramp), spec.Duration(limits.MaxRamp))
		}
		if end := time.Duration(plan.StartTime) + r.length(s); end > limits.MaxDuration || end <= 0 {
			return executors.Errorf("the scenario %s would last until %s, and this server allows %s; an administrator can raise --load-max-duration (SEMANTEST_LOAD_MAX_DURATION), or grant the project more",
				name, spec.Duration(max(end, time.Duration(plan.StartTime))), spec.Duration(limits.MaxDuration))
		}
	}
	if users > limits.MaxUsers {
		return executors.Errorf("the scenarios need %d virtual users, and this server allows %d; an administrator can raise --load-max-vus (SEMANTEST_LOAD_MAX_VUS), or grant the project more", users, limits.MaxUsers)
	}
	if len(r.scenarios) == 0 || len(l.Steps) == 0 {
		return executors.Errorf("the load has no scenario or no steps")
	}
	a.run = r
	return nil
}

// load puts the load on.
func (a *attempt) load(ctx context.Context, report *executors.Report) error {
	r := a.run
	if err := r.compile(); err != nil {
		return err
	}
	var err error
	if a.crew == nil {
		err = r.perform(ctx)
	} else {
		err = r.performTogether(ctx, a.crew)
	}
	if !r.started.IsZero() {
		r.publish(context.WithoutCancel(ctx), report)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// thresholds judges what was measured.
func (a *attempt) thresholds(_ context.Context, report *executors.Report) error {
	for _, v := range a.run.verdicts() {
		report.Check(v.check())
	}
	return nil
}

// refuse reports a case of which nothing can be done: its first step says why.
func (a *attempt) refuse(ctx context.Context, err error) (spec.Outcome, error) {
	l := &a.task.Case.Load
	all := append(titles(l.Setup), loadStep(l))
	all = append(append(all, titles(l.Teardown)...), thresholdStep)
	steps := make([]executors.Step, len(all))
	for i, s := range all {
		steps[i] = executors.Step{Name: s.name, Action: s.action, Do: func(context.Context, *executors.Report) error { return err }}
	}
	return executors.RunSteps(ctx, a.sink, steps)
}

// own performs one step of the executor itself.
func (a *attempt) own(ctx context.Context, s step0, do func(context.Context, *executors.Report) error) (spec.Outcome, error) {
	outcome, err := executors.RunSteps(ctx, a.shifted(""), []executors.Step{{Name: s.name, Action: s.action, Do: do}})
	index := a.next
	a.next++
	if inner := errors.Unwrap(err); inner != nil && index > 0 {
		err = fmt.Errorf("step %d (%s): %w", index+1, s.name, inner)
	}
	return outcome, err
}

// steps performs steps as an api case does.
func (a *attempt) steps(ctx context.Context, what string, steps []spec.APIStep) (spec.Outcome, error) {
	if len(steps) == 0 {
		return spec.OutcomePassed, nil
	}
	sink := a.shifted(what + "-")
	outcome, err := a.executor.exchanges.Execute(ctx, a.apiTask(steps), sink)
	a.next = max(a.next, sink.next)
	if err != nil {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return outcome, err
}

func (a *attempt) apiTask(steps []spec.APIStep) executors.Task {
	task := a.task
	task.Case = spec.Case{ID: task.Case.ID, Name: task.Case.Name, Kind: spec.KindAPI, APISteps: steps}
	return task
}

// cleanUp performs the teardown of a load that was broken off. Its steps count
// as not reached; what it does not manage in a moment is only noted.
func (a *attempt) cleanUp(ctx context.Context, steps []spec.APIStep) {
	if len(steps) == 0 {
		return
	}
	limit := 30 * time.Second
	if ctx.Err() != nil {
		limit = time.Second
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if _, err := a.executor.exchanges.Execute(ctx, a.apiTask(steps), silent{}); err != nil {
		a.sink.Emit(executors.Log{Level: "warn", Message: "the teardown did not pass: " + err.Error(), At: time.Now()})
	}
}

// step0 is what is told of a step before it is performed.
type step0 struct{ name, action string }

var thresholdStep = step0{"thresholds", "thresholds"}

func loadStep(l *spec.LoadCase) step0 {
	return step0{"load: " + strings.Join(slices.Sorted(maps.Keys(l.Scenarios)), ", "), "load"}
}

func titles(steps []spec.APIStep) []step0 {
	out := make([]step0, len(steps))
	for i, s := range steps {
		out[i] = step0{cmp.Or(s.Title(), "step without an action"), cmp.Or(s.Action(), "none")}
	}
	return out
}

func (a *attempt) skip(steps []step0) {
	for _, s := range steps {
		a.sink.Emit(executors.StepFinished{Index: a.next, Name: s.name, Action: s.action, Outcome: spec.OutcomeSkipped,
			Error: "not reached because an earlier step did not pass", StartedAt: time.Now()})
		a.next++
	}
}

// shifted is the sink for steps that count from 0 and come behind others.
func (a *attempt) shifted(prefix string) *shifted {
	return &shifted{sink: a.sink, base: a.next, next: a.next, prefix: prefix}
}

// shifted moves the indexes of steps, and tells names of attachments apart.
// Metrics of the steps before and after a load are not the load's, and pass
// only without a prefix.
type shifted struct {
	sink       executors.Sink
	base, next int
	prefix     string
}

// Emit implements executors.Sink.
func (s *shifted) Emit(e executors.Event) {
	switch e := e.(type) {
	case executors.StepStarted:
		e.Index += s.base
		s.sink.Emit(e)
	case executors.StepFinished:
		e.Index += s.base
		s.next = max(s.next, e.Index+1)
		s.sink.Emit(e)
	case executors.Metric:
		if s.prefix == "" {
			s.sink.Emit(e)
		}
	default:
		s.sink.Emit(e)
	}
}

// Attach implements executors.Sink.
func (s *shifted) Attach(ctx context.Context, at executors.Attachment) error {
	if at.Step >= 0 {
		at.Step += s.base
	}
	at.Name = s.prefix + at.Name
	return s.sink.Attach(ctx, at)
}
