package contract

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxFindings = 100 // of a case; more are counted and not looked into
	maxBroken   = 3   // answers of an operation that were none
)

// run is one attempt of a case.
type run struct {
	doc        *document
	settings   spec.ContractCase
	plan       spec.ContractCase // as it is written, for what a finding keeps
	use        spec.Use          // the same
	client     *client
	sink       executors.Sink
	planner    *planner
	operations []*operation
	seed       int
	budget     int

	good     map[*operation]*call // a call that was accepted
	byPrint  map[string]*Finding
	findings []*Finding
	known    map[string]baselineLine // findings that do not fail, nil where there is no baseline
	knownRun string                  // whose they are, or ""
	knownBy  string                  // where they are listed
	untold   int                     // findings beyond maxFindings
	cover    *coverage
}

// steps are the operations, the chains, and a path that nobody knows.
func (r *run) steps() []executors.Step {
	var steps []executors.Step
	// A fifth is left for chains and for making findings smaller.
	quota := max(8, r.budget*4/5/len(r.operations))
	for _, op := range r.operations {
		steps = append(steps, executors.Step{Name: op.title(), Action: "operation", Do: r.step(op.title(), func(ctx context.Context, t *tally) error {
			return r.operation(ctx, op, quota, t)
		})})
	}
	if r.doc.graph != nil {
		return append(steps, executors.Step{Name: protocolName, Action: "probe", Do: r.step(protocolName, func(ctx context.Context, t *tally) error {
			return r.batch(ctx, protocolCalls(protocol(r.doc.graph)), t)
		})})
	}
	if r.settings.Asks(spec.UseAfterFree) || r.settings.Asks(spec.EnsureResourceAvailability) {
		for _, c := range r.doc.chains(r.operations) {
			steps = append(steps, executors.Step{Name: c.title(), Action: "chain", Do: r.step(c.title(), func(ctx context.Context, t *tally) error {
				return r.follow(ctx, c, t)
			})})
		}
	}
	const name = "a path that the document does not have"
	return append(steps, executors.Step{Name: name, Action: "probe", Do: r.step(name, r.strangers)})
}

// step gives each step a random source of its own, so that what it sends does
// not depend on the steps before, and reports what it found.
func (r *run) step(name string, do func(context.Context, *tally) error) func(context.Context, *executors.Report) error {
	return func(ctx context.Context, report *executors.Report) error {
		r.planner.rng = randomOf(r.seed, name)
		t := &tally{step: report.Index, applied: map[string]int{}, statuses: map[string]any{}}
		err := do(ctx, t)
		t.report(report, r)
		if errors.Is(err, errSpent) {
			report.Set("note", "the budget of requests was used up; raise maxRequests to try everything")
			r.sink.Emit(executors.Log{Level: "warn", Message: name + ": the budget of requests was used up", At: time.Now()})
			if err = nil; t.requests == 0 { // what was not tried has not passed
				err = executors.Failf("not tried: the budget of %d requests was used up; raise maxRequests, or leave operations out", r.budget)
			}
		}
		return err
	}
}

// randomOf is the random source of a step. Whoever knows the seed must be able to
// foretell it.
func randomOf(seed int, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))                          // never fails
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64())) //nolint:gosec // requests are to be the same again
}

func (r *run) operation(ctx context.Context, op *operation, quota int, t *tally) error {
	positives := r.planner.positives(ctx, op)
	if len(positives) == 0 {
		return executors.Failf("no valid request could be made for %s: %s", op.title(), r.planner.trouble(ctx, op))
	}
	if err := r.batch(ctx, sampleOf(positives, quota*2/5), t); err != nil {
		return err
	}
	if t.broken >= maxBroken {
		return nil
	}
	good, ok := r.good[op]
	if !ok {
		good = positives[0]
	}
	negatives := append(r.planner.others(op, good), r.planner.negatives(ctx, op, good)...)
	return r.batch(ctx, sampleOf(negatives, quota*3/5), t)
}

// trouble says which schema of an operation no value was found for.
func (p *planner) trouble(ctx context.Context, op *operation) string {
	if op.graph != nil {
		return "no values were found for its required arguments"
	}
	for _, param := range op.params {
		if _, ok := p.valid(ctx, param.schema, minimal); !ok {
			return fmt.Sprintf("no value was found for the %s parameter %s%s", param.in, param.name, because(param.schema))
		}
	}
	if op.body != nil && len(op.body.media) > 0 {
		return "no value was found for the body" + because(op.body.media[0].schema)
	}
	return "HTTP cannot carry what the document asks for"
}

func because(s *schema) string {
	if s.err != nil {
		return ": " + s.err.Error()
	}
	return " that its schema accepts"
}

// batch sends calls, a few at once, and judges the answers in their order.
func (r *run) batch(ctx context.Context, calls []*call, t *tally) error {
	for group := range slices.Chunk(calls, atOnce) {
		answers := make([]*answer, len(group))
		errs := make([]error, len(group))
		var wg sync.WaitGroup
		for i, c := range group {
			wg.Go(func() {
				got, err := r.client.play(ctx, []*Request{mustWire(c)})
				if errs[i] = err; err == nil {
					answers[i] = got[0]
				}
			})
		}
		wg.Wait()
		for i, c := range group {
			if errs[i] != nil {
				return errs[i]
			}
			t.count(c.op, c, answers[i])
			r.cover.count(c, answers[i])
			r.learn(c, answers[i])
			if err := r.judge(ctx, []*call{c}, answers[i], t); err != nil {
				return err
			}
			if t.broken >= maxBroken {
				t.note("given up after %d requests that had no whole answer", t.broken)
				if !r.settings.Asks(spec.NotAServerError) { // whose finding it is, and what was not answered has not passed
					return executors.Failf("given up after %d requests that had no whole answer: %s", t.broken, answers[i].broken)
				}
				return nil
			}
		}
	}
	return nil
}

// learn keeps what an accepted call tells.
func (r *run) learn(c *call, a *answer) {
	if c.purpose != positive && c.purpose != guess || a.status/100 != 2 {
		return
	}
	if c.op.graph != nil {
		r.learnGraph(c, a)
		if v, ok := a.json(); !ok || asObject(asObject(v)["data"]) == nil {
			return
		}
	} else {
		r.planner.learn(c.op, a)
	}
	if r.good[c.op] == nil {
		r.good[c.op] = c
	}
}

// strangers asks for what the document does not have: nobody may fall over it.
func (r *run) strangers(ctx context.Context, t *tally) error {
	op := &operation{method: "GET", path: "/*", responses: map[string]*response{}}
	for _, p := range []string{"/semantest-" + r.planner.word(8), "/..%2f..%2fetc%2fpasswd", "/%00", "/" + strings.Repeat("a", 3000)} {
		c := &call{op: op, purpose: unknownPath, method: "GET", path: p, auth: authGiven, what: "an unknown path"}
		got, err := r.client.play(ctx, []*Request{mustWire(c)})
		if err != nil {
			return err
		}
		t.count(op, c, got[0])
		if err := r.judge(ctx, []*call{c}, got[0], t); err != nil {
			return err
		}
	}
	return nil
}

// judge looks at the answer to the last call of a scenario, and keeps what is
// found for the first time.
func (r *run) judge(ctx context.Context, s []*call, a *answer, t *tally) error {
	last := s[len(s)-1]
	t.apply(last, a)
	for _, v := range judge(ctx, last.op, last.purpose, last.what, mustWire(last), a) {
		if v.check == "" {
			t.note("%s", v.message)
			continue
		}
		if !r.settings.Asks(v.check) {
			continue
		}
		key := fingerprint(last.op, v)
		if f := r.byPrint[key]; f != nil {
			f.Times++
			continue
		}
		if len(r.findings) >= maxFindings {
			r.untold++
			continue
		}
		f, err := r.finding(ctx, s, a, v, key)
		if err != nil {
			return err
		}
		r.byPrint[key] = f
		r.findings = append(r.findings, f)
		t.findings = append(t.findings, f)
		r.keep(ctx, f, t)
	}
	return nil
}

// finding makes the scenario as small as it gets while the same is found.
func (r *run) finding(ctx context.Context, s []*call, a *answer, v violation, key string) (*Finding, error) {
	var failure error
	shown := v
	still := func(calls []*call) bool {
		requests, ok := wires(calls)
		if !ok || failure != nil {
			return false
		}
		answers, err := r.client.play(ctx, requests)
		if err != nil {
			if !errors.Is(err, errSpent) && !errors.Is(err, errUnbound) {
				failure = err
			}
			return false
		}
		last := calls[len(calls)-1]
		for _, w := range judge(ctx, last.op, last.purpose, last.what, requests[len(requests)-1], answers[len(answers)-1]) {
			if fingerprint(last.op, w) == key {
				shown = w
				return true
			}
		}
		return false
	}
	most := maxShrinks
	if a.late {
		most = maxLateShrinks
	}
	steady := still(s)
	if steady {
		if whole, ok := r.rooted(ctx, s); ok && still(whole) {
			s = whole
		}
		s = shrink(ctx, s, most, still)
	}
	if failure != nil {
		return nil, failure
	}
	requests, _ := wires(s)
	last := s[len(s)-1]
	curls := make([]string, len(requests))
	for i, q := range requests {
		curls[i] = r.client.curl(q)
	}
	_, known := r.known[key]
	return &Finding{
		Format: findingFormat, Fingerprint: key, Operation: last.op.title(), Check: v.check, What: last.what,
		Message: shown.message, Expected: shown.expected, Actual: shown.actual, Known: known, Unsteady: !steady, Times: 1,
		Curl: strings.Join(curls, " ; "), Seed: r.seed, BaseURL: r.client.base.String(), Headers: r.plan.Headers, Auth: r.plan.Auth, UseAuth: r.use.Auth, UseTLS: r.use.TLS,
		Purpose: last.purpose, Differs: v.differs, Requests: requests, Document: r.doc.excerptFor(last.op),
	}, nil
}

// spent lets a step end quietly where a chain cannot go on.
func spent(err error) error {
	if errors.Is(err, errUnbound) {
		return nil
	}
	return err
}
