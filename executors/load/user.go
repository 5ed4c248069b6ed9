package load

import (
	"context"
	"math/rand/v2"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// user is one virtual user. It belongs to one goroutine; others may only stop
// and kill it.
type user struct {
	run      *run
	scenario *scenario
	id       int
	shard    *shard
	task     executors.Task // with a scope of its own where something varies
	ready    []*ready       // steps that were filled in for this user

	iteration int64
	jar       *cookiejar.Jar // of the iteration; nil until the target sets a cookie
	answer    answer
	wires     wires
	pause     *time.Timer

	leaving  chan struct{} // closed when the user is to stop after its iteration
	ended    chan struct{} // closed when it has
	deadline atomic.Int64  // of the request, in ns since the start of the load; 0 where there is none, expired when it was reached
}

const expired = -1

func (r *run) newUser(s *scenario) *user {
	id := r.segment.user(r.users.Add(1))
	u := &user{run: r, scenario: s, id: id, shard: r.recorder.shard(id), task: r.task, leaving: make(chan struct{}), ended: make(chan struct{})}
	u.wires.dead = make(chan struct{})
	if r.program.own {
		u.task.Scope = r.task.Scope.Fork()
		u.task.Scope.Set(spec.VarVU, int64(id))
		if rows := r.task.Case.Load.Data; len(rows) > 0 {
			for name, value := range rows[(id-1)%len(rows)] {
				u.task.Scope.Set(name, value.V)
			}
		}
		u.ready = make([]*ready, len(r.program.steps))
	}
	r.enlist(u)
	return u
}

// gone is called when the user's goroutine ends.
func (u *user) gone() {
	u.run.dismiss(u)
	u.wires.closeAll()
	if u.pause != nil {
		u.pause.Stop()
	}
	close(u.ended)
}

// leave asks the user to stop after its iteration.
func (u *user) leave() { close(u.leaving) }

func (u *user) asked() bool {
	select {
	case <-u.leaving:
		return true
	default:
		return u.scenario.over.Err() != nil
	}
}

// iterate performs one iteration that was due at a moment. It returns false
// when the user was interrupted.
func (u *user) iterate(due time.Time) bool {
	began := time.Now()
	if u.run.program.own {
		u.task.Scope.Set(spec.VarVUIteration, u.iteration)
	}
	u.iteration++
	u.jar = nil
	late := max(began.Sub(due), 0)
	// An iteration ends at a step that does not pass, as in the api case: what
	// follows needs it.
	if _, interrupted := u.walk(u.run.program.body, &late); interrupted {
		u.run.recorder.iteration(u.shard, u.scenario.index, 0, true)
		return false
	}
	u.run.recorder.iteration(u.shard, u.scenario.index, time.Since(due), false)
	return u.think()
}

// think pauses, unless the scenario is over.
func (u *user) think() bool {
	t := u.scenario.plan.ThinkTime
	if t == nil {
		return true
	}
	length := time.Duration(t.Min)
	if t.Max > t.Min {
		length += rand.N(time.Duration(t.Max-t.Min) + 1) //nolint:gosec // a pause needs no secrecy
	}
	return u.sleep(length)
}

// sleep returns false when the user was asked to stop meanwhile.
func (u *user) sleep(length time.Duration) bool {
	if u.pause == nil {
		u.pause = time.NewTimer(length)
	} else {
		u.pause.Reset(length)
	}
	select {
	case <-u.pause.C:
		return true
	case <-u.leaving:
	case <-u.scenario.over.Done():
	}
	u.pause.Stop()
	return false
}

// readyFor is the step, filled in for this user and iteration.
func (u *user) readyFor(s *step) (*ready, error) {
	switch {
	case s.ready != nil:
		return s.ready, nil
	case s.varies == withIteration:
		return u.run.prepare(s, u.task)
	case u.ready[s.index] == nil:
		r, err := u.run.prepare(s, u.task)
		if err != nil {
			return nil, err
		}
		u.ready[s.index] = r
	}
	return u.ready[s.index], nil
}

// perform performs one step. Late is how long after it was due it begins.
func (u *user) perform(s *step, late time.Duration) (passed, interrupted bool) {
	r, err := u.readyFor(s)
	if err != nil {
		u.run.giveUp(err) // the plan is at fault, and stays so
		return false, true
	}
	v := sample{key: key{scenario: u.scenario.index, step: s.index}}
	request, origin, bytes := r.request, r.origin, r.wire
	if u.jar != nil {
		bytes = u.withCookies(request)
	}
	for hops := 0; ; hops++ {
		v.duration, v.connected = 0, false
		err = u.exchange(&v, s, request, origin, bytes)
		if err != nil && (u.scenario.killed.Err() != nil || u.wires.isCut()) {
			return false, true
		}
		v.duration = v.service + late
		v.status = u.answer.status
		if err != nil {
			v.failed, v.status = true, 0
			u.run.recorder.request(u.shard, &v, u.scenario.open)
			u.failed(s, v, err)
			return false, false
		}
		next, redirectErr := redirected(request, &u.answer)
		if redirectErr == nil && next != nil && hops == maxRedirects {
			redirectErr = errRedirects
		}
		if redirectErr == nil && next != nil {
			redirectErr = u.run.allowed(next.URL)
		}
		if redirectErr != nil {
			v.failed = true
			u.run.recorder.request(u.shard, &v, u.scenario.open)
			u.failed(s, v, redirectErr)
			return false, false
		}
		if next == nil {
			break
		}
		u.run.recorder.request(u.shard, &v, u.scenario.open)
		late = 0
		request, origin = next, originOf(next.URL)
		bytes = u.withCookies(request)
	}
	passed = u.judge(s, r, request, &v)
	u.answer.release()
	return passed, false
}

// judge decides the checks of the answer and records the request.
func (u *user) judge(s *step, r *ready, request *executors.HTTPRequest, v *sample) bool {
	passed, expected := true, v.status < 400
	for i := range r.checks {
		c := &r.checks[i]
		holds := c.holds(&u.answer, v.service)
		if c.status {
			expected = holds // what the author asks for is no failure, and what they do not is one
		}
		u.run.recorder.check(u.shard, asked{u.scenario.index, s.index, c.index}, holds)
		if !holds {
			passed = false
			u.run.notes.check(s.title, s.asks[c.index], c.why, &u.answer, v.service)
		}
	}
	v.failed = !expected
	u.run.recorder.request(u.shard, v, u.scenario.open)
	if len(r.judged) == 0 || !passed {
		return passed
	}
	return u.delegate(s, r, request, v)
}

// delegate leaves checks and captures to Exchanges. What was not asked since
// an earlier check did not hold is not counted.
func (u *user) delegate(s *step, r *ready, request *executors.HTTPRequest, v *sample) bool {
	answered := &executors.HTTPAnswer{
		URL: request.URL, Status: v.status, Header: u.answer.headers(), Body: u.answer.body, Duration: v.service, Cookies: u.answer.cookies(),
	}
	if u.jar != nil {
		answered.Cookies = append(u.jar.Cookies(request.URL), answered.Cookies...)
	}
	passed := true
	for _, j := range r.judged {
		report := &executors.Report{Sink: silent{}}
		u.run.executor.exchanges.Judge(u.scenario.killed, u.task, j.step, answered, report)
		held := true
		for _, c := range report.Checks {
			if !c.Passed {
				held = false
				u.run.notes.add(s.title + ": " + c.Message)
			}
		}
		passed = passed && held
		if j.index >= 0 {
			u.run.recorder.check(u.shard, asked{u.scenario.index, s.index, j.index}, held)
		}
	}
	return passed
}

func (u *user) failed(s *step, v sample, err error) {
	for i := range s.asks {
		u.run.recorder.check(u.shard, asked{u.scenario.index, s.index, i}, false)
	}
	u.run.failed(s, v.connected, err)
	if !v.connected {
		u.sleep(refusedPause) // a target that refuses is not asked without pause
	}
}

// withCookies is a request with the cookies that the target has set in this
// iteration.
func (u *user) withCookies(request *executors.HTTPRequest) []byte {
	if u.jar == nil {
		return wire(request, "")
	}
	cookies := u.jar.Cookies(request.URL)
	pairs := make([]string, len(cookies))
	for i, c := range cookies {
		pairs[i] = c.Name + "=" + c.Value
	}
	return wire(request, strings.Join(pairs, "; "))
}

// silent takes what a judgement wants to attach: nobody could read it all.
type silent struct{}

func (silent) Emit(executors.Event) {}
func (silent) Attach(_ context.Context, a executors.Attachment) error {
	return a.Body.Close()
}
