package load

import (
	"math"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// arrivalPlan says when iterations are due: rates that change linearly, one
// ramp after the other.
type arrivalPlan struct {
	ramps []ramp
	end   time.Duration
}

// ramp goes from one rate to another, in iterations a second.
type ramp struct {
	start    time.Duration
	length   float64 // seconds
	from, to float64
	before   float64 // iterations that were due before it
}

func arrivalsOf(s *spec.Scenario) *arrivalPlan {
	unit := s.TimeUnit.Or(time.Second).Seconds()
	p := &arrivalPlan{}
	if s.Executor == spec.ConstantArrivalRate {
		p.add(time.Duration(s.Duration), *s.Rate/unit, *s.Rate/unit)
		return p
	}
	rate := 0.0
	if s.StartRate != nil {
		rate = *s.StartRate / unit
	}
	for _, stage := range s.Stages {
		p.add(time.Duration(*stage.Duration), rate, *stage.Target/unit)
		rate = *stage.Target / unit
	}
	return p
}

func (p *arrivalPlan) add(length time.Duration, from, to float64) {
	if length <= 0 {
		return
	}
	p.ramps = append(p.ramps, ramp{start: p.end, length: length.Seconds(), from: from, to: to, before: p.due(p.end)})
	p.end += length
}

// due is how many iterations have been due before a moment.
func (p *arrivalPlan) due(at time.Duration) float64 {
	for i := len(p.ramps) - 1; i >= 0; i-- {
		if r := p.ramps[i]; at >= r.start {
			return r.before + r.sum(min((at-r.start).Seconds(), r.length))
		}
	}
	return 0
}

func (r ramp) sum(x float64) float64 { return r.from*x + (r.to-r.from)/r.length*x*x/2 }

// next is when the nth iteration is due, from 0; false when the plan is over.
// The first one of a rate that is not 0 is due at once.
func (p *arrivalPlan) next(n int64) (time.Duration, bool) {
	for _, r := range p.ramps {
		left := float64(n) - r.before
		if left >= r.sum(r.length)-1e-9 || r.from == 0 && r.to == 0 {
			continue
		}
		left = max(left, 0)
		slope := (r.to - r.from) / r.length
		// The root of slope/2·x² + from·x = left in the form that stays exact
		// where the slope is small.
		root := math.Sqrt(max(r.from*r.from+2*slope*left, 0))
		x := 0.0
		if left > 0 {
			x = 2 * left / (r.from + root)
		}
		return r.start + time.Duration(x*float64(time.Second)), true
	}
	return 0, false
}

// usersAt is how many virtual users a ramp of stages has at a moment.
func usersAt(s *spec.Scenario, at time.Duration) int {
	users := 1.0
	if s.StartVUs != nil {
		users = float64(*s.StartVUs)
	}
	for _, stage := range s.Stages {
		length, target := time.Duration(*stage.Duration), *stage.Target
		if at < length {
			users += (target - users) * float64(at) / float64(length)
			break
		}
		at -= length
		users = target
	}
	return int(math.Floor(users + 1e-9))
}
