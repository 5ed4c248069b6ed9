package load

import (
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// start lets a new user perform iterations for as long as more says so.
func (r *run) start(s *scenario, more func() bool) *user {
	u := r.newUser(s)
	s.users.Go(func() {
		defer u.gone()
		for going := true; going; {
			going = !u.asked() && more() && u.iterate(time.Now())
		}
	})
	return u
}

func always() bool { return true }

// constant keeps a number of users busy until the scenario is over.
func (r *run) constant(s *scenario) {
	for range s.most() {
		r.start(s, always)
	}
	<-s.over.Done()
}

// counted lets users perform a number of iterations, each its own or all of
// them together.
func (r *run) counted(s *scenario) {
	each, all := s.iterations(), s.iterations()
	if s.plan.Executor == spec.PerVUIterations {
		all *= int64(s.most())
	}
	var shared atomic.Int64
	shared.Store(s.done)
	for range s.most() {
		own := int64(0)
		r.start(s, func() bool {
			own++
			return own <= each && shared.Add(1) <= all
		})
	}
}

// rampTick is how often the number of users is set anew.
const rampTick = 20 * time.Millisecond

// ramping follows the stages: users come, and the last ones that came go first.
func (r *run) ramping(s *scenario) {
	var present []*user
	tick := time.NewTicker(rampTick)
	defer tick.Stop()
	for {
		want := int(s.segment.share(int64(usersAt(s.plan, time.Since(s.began)))))
		for len(present) < want {
			present = append(present, r.start(s, always))
		}
		for len(present) > want {
			r.retire(s, present[len(present)-1])
			present = present[:len(present)-1]
		}
		select {
		case <-s.over.Done():
			return
		case <-tick.C:
		}
	}
}

// retire takes a user away, who may finish the iteration within a time.
func (r *run) retire(s *scenario, u *user) {
	u.leave()
	timer := time.AfterFunc(s.plan.RampDownWithin(), u.wires.kill)
	s.users.Go(func() {
		<-u.ended
		timer.Stop()
	})
}
