package load

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// hopeless is after how many failed connections a load ends to which no target
// has answered anything.
const hopeless = 20

// run is the load of one attempt.
type run struct {
	executor *Executor
	task     executors.Task
	sink     executors.Sink

	program   program
	scenarios []*scenario
	limits    []*limit // thresholds
	bounds    Limits   // the server's, raised by what the project is granted
	baseline  figures  // what an earlier run measured; nil where there is none
	recorder  *recorder
	notes     *notes
	segment   segment
	part      *part     // what is special about an engine that performs one of several parts
	team      *teamwork // what is special about a load of several parts; it has no engine of its own

	started  time.Time
	held     atomic.Int64 // bytes of bodies that are being read
	users    atomic.Int64 // that there have been
	answered atomic.Bool  // a target has answered something
	refused  atomic.Int64

	mu     sync.Mutex
	active map[*user]struct{}
	most   int   // users at once
	given  error // why the load was given up; nil where it was not
	giving context.CancelFunc

	series series
}

// scenario is one pattern of load that is under way.
type scenario struct {
	index int
	name  string
	plan  *spec.Scenario
	open  bool // its iterations are due at moments, whatever the target does

	segment segment
	done    int64     // iterations that somebody else performed before this engine took the part over
	began   time.Time // its start, also where this engine came later

	over   context.Context // no further iteration begins
	killed context.Context // iterations are broken off
	stop   context.CancelFunc
	kill   context.CancelFunc
	users  sync.WaitGroup
	left   func() int64 // iterations that were due and that no user has begun; nil in closed patterns
}

// perform puts the load on and returns when the last user has gone. The error
// says why the load could not be judged.
func (r *run) perform(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.giving = cancel
	r.recorder = newRecorder(max(1, min(4, runtime.GOMAXPROCS(0))))
	r.recorder.byStatus, r.recorder.byExpectedness = r.tells(spec.TagStatus), r.tells(spec.TagExpected)
	r.active = map[*user]struct{}{}
	if r.part == nil {
		r.started = time.Now()
	}

	attended, stop := context.WithCancel(context.WithoutCancel(ctx))
	var attendants sync.WaitGroup
	attendants.Go(func() { r.watch(attended) })
	attendants.Go(func() {
		if r.part != nil {
			r.handOver(attended)
		} else {
			r.report(attended)
		}
	})

	var all sync.WaitGroup
	for _, s := range r.scenarios {
		all.Go(func() { r.play(ctx, s) })
	}
	all.Wait()
	r.series.length = time.Since(r.started)
	stop()
	attendants.Wait()

	r.mu.Lock()
	defer r.mu.Unlock()
	return r.given
}

// play performs one scenario from its start time to the end of its last user.
func (r *run) play(ctx context.Context, s *scenario) {
	s.began = r.started.Add(time.Duration(s.plan.StartTime))
	if s.segment.nothing {
		return
	}
	if wait := time.Until(s.began); wait > 0 && !rest(ctx, wait) {
		return
	}
	s.killed, s.kill = context.WithCancel(ctx)
	defer s.kill()
	if s.open { // it is over when its last iteration was handed out, however late
		s.over, s.stop = context.WithCancel(s.killed)
	} else {
		s.over, s.stop = context.WithTimeout(s.killed, time.Until(s.began.Add(r.length(s))))
	}
	defer s.stop()
	// Users that wait for a target wake at once when they are killed.
	unlink := context.AfterFunc(s.killed, func() { r.killUsers(s) })
	defer unlink()

	switch s.plan.Executor {
	case spec.ConstantVUs:
		r.constant(s)
	case spec.RampingVUs:
		r.ramping(s)
	case spec.SharedIterations, spec.PerVUIterations:
		r.counted(s)
	case spec.ConstantArrivalRate, spec.RampingArrivalRate:
		r.arrivals(s)
	}
	// Now no further iteration begins, other than what was due before.
	gone := make(chan struct{})
	go func() { s.users.Wait(); close(gone) }()
	if s.plan.Executor == spec.SharedIterations || s.plan.Executor == spec.PerVUIterations {
		select {
		case <-gone:
		case <-s.over.Done():
		}
	} else {
		s.stop()
	}
	grace := time.NewTimer(s.plan.StopWithin())
	defer grace.Stop()
	select {
	case <-gone:
		return
	case <-grace.C:
	case <-s.killed.Done():
	}
	s.kill()
	<-gone
	if s.left != nil {
		r.recorder.drop(r.recorder.shard(0), s.index, s.left())
	}
}

// length is how long a scenario may last here: a limit that its author did not
// set is that of the server.
func (r *run) length(s *scenario) time.Duration {
	length := s.plan.Length()
	if s.plan.MaxDuration == 0 && (s.plan.Executor == spec.SharedIterations || s.plan.Executor == spec.PerVUIterations) {
		length = min(length, r.bounds.MaxDuration-time.Duration(s.plan.StartTime))
	}
	return length
}

func (r *run) enlist(u *user) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active[u] = struct{}{}
	r.most = max(r.most, len(r.active))
	if r.part != nil {
		r.part.most = max(r.part.most, len(r.active))
	}
}

func (r *run) dismiss(u *user) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, u)
}

func (r *run) present() (all []*user) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all = make([]*user, 0, len(r.active))
	for u := range r.active {
		all = append(all, u)
	}
	return all
}

func (r *run) killUsers(s *scenario) {
	for _, u := range r.present() {
		if u.scenario == s {
			u.wires.kill()
		}
	}
}

// watch ends requests whose time is up. One that looks at all users from time
// to time costs them nothing; a timer for each request would.
func (r *run) watch(ctx context.Context) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := int64(time.Since(r.started))
		for _, u := range r.present() {
			if d := u.deadline.Load(); d > 0 && now > d {
				u.wires.expire(func() bool { return u.deadline.CompareAndSwap(d, expired) })
			}
		}
	}
}

// giveUp ends the load: it cannot be judged.
func (r *run) giveUp(err error) {
	r.mu.Lock()
	if r.given == nil {
		r.given = err
	}
	r.mu.Unlock()
	r.giving()
}

// abort ends the load since a threshold says so; what was measured is judged.
func (r *run) abort() { r.giving() }

// failed takes note of a request without an answer, and ends the load where the
// target has never given one.
func (r *run) failed(s *step, connected bool, err error) {
	target := "the target"
	if s.ready != nil {
		target = s.ready.origin
	}
	text := sentence(err, target)
	r.notes.add(s.title + ": " + text)
	if f, ok := errors.AsType[*executors.Failure](err); ok && f.Outcome == spec.OutcomeErrored {
		r.giveUp(err)
		return
	}
	if connected || r.answered.Load() || r.refused.Add(1) < hopeless {
		return
	}
	var cause error = executors.Errorf("%s", text)
	if s.ready != nil {
		cause = &executors.Unreachable{Target: executors.TargetOf(s.ready.request.URL), Err: cause}
	}
	r.giveUp(cause)
}

// rest waits; false when ctx was done before.
func rest(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
