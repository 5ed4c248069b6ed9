package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// random makes a scenario of any executor.
func random(r *rand.Rand) *spec.Scenario {
	seconds := func() spec.Duration { return spec.Duration(time.Duration(r.IntN(5000)) * time.Millisecond) }
	stages := func(most int) (out []spec.Stage) {
		for range 1 + r.IntN(4) {
			out = append(out, stage(time.Duration(seconds()), float64(r.IntN(most))))
		}
		return out
	}
	users, n := 1+r.IntN(30), r.IntN(500)
	switch r.IntN(6) {
	case 0:
		return &spec.Scenario{Executor: spec.ConstantVUs, VUs: &users, Duration: seconds()}
	case 1:
		from := r.IntN(20)
		return &spec.Scenario{Executor: spec.RampingVUs, StartVUs: &from, Stages: stages(40)}
	case 2:
		rate := float64(1+r.IntN(400)) / 2
		return &spec.Scenario{Executor: spec.ConstantArrivalRate, Rate: &rate, Duration: seconds(), PreAllocatedVUs: &n, MaxVUs: &users}
	case 3:
		rate := float64(r.IntN(100))
		return &spec.Scenario{Executor: spec.RampingArrivalRate, StartRate: &rate, Stages: stages(300), PreAllocatedVUs: &users}
	case 4:
		return &spec.Scenario{Executor: spec.SharedIterations, VUs: &users, Iterations: &n}
	}
	return &spec.Scenario{Executor: spec.PerVUIterations, VUs: &users, Iterations: &n}
}

// divided is a scenario as each of n parts sees it.
func divided(plan *spec.Scenario, index, n int) []*scenario {
	out := make([]*scenario, n)
	for i := range out {
		s := segment{index: i, of: n}
		out[i] = &scenario{index: index, plan: plan, segment: s.within(plan.MostVUs(), index)}
	}
	return out
}

func allArrivals(s *scenario) (out []time.Duration) {
	if s.segment.nothing {
		return nil
	}
	plan := arrivalsOf(s.plan)
	for n := int64(0); ; n++ {
		at, more := plan.next(s.segment.nth(n))
		if !more {
			return out
		}
		out = append(out, at)
	}
}

// TestPartsAreTheWhole deals out random scenarios to random numbers of parts and
// adds up what each of them gets.
func TestPartsAreTheWhole(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 24))
	for range 3000 {
		plan, n, index := random(r), 1+r.IntN(12), r.IntN(20)
		whole := &scenario{plan: plan}
		parts := divided(plan, index, n)
		users, iterations := 0, int64(0)
		var arrivals []time.Duration
		for _, p := range parts {
			users += p.most()
			switch plan.Executor {
			case spec.SharedIterations:
				iterations += p.iterations()
				if p.most() == 0 && p.iterations() > 0 {
					t.Fatalf("%d parts of %d users: one has %d iterations and nobody to perform them", n, whole.most(), p.iterations())
				}
			case spec.PerVUIterations:
				iterations += int64(p.most()) * p.iterations()
			case spec.ConstantArrivalRate, spec.RampingArrivalRate:
				own := allArrivals(p)
				if p.most() == 0 && len(own) > 0 {
					t.Fatalf("%d parts of %d users: one has %d arrivals and nobody to perform them", n, whole.most(), len(own))
				}
				arrivals = append(arrivals, own...)
			case spec.ConstantVUs, spec.RampingVUs:
			}
			if least := whole.most() / n; p.most() < least || p.most() > least+1 {
				t.Fatalf("one of %d parts has %d of %d users", n, p.most(), whole.most())
			}
		}
		if users != whole.most() {
			t.Fatalf("%s: %d parts have %d users, the whole has %d", plan.Executor, n, users, whole.most())
		}
		wanted := whole.iterations()
		if plan.Executor == spec.PerVUIterations {
			wanted *= int64(whole.most())
		}
		if plan.Iterations != nil && iterations != wanted {
			t.Fatalf("%s: %d parts have %d iterations, the whole has %d", plan.Executor, n, iterations, wanted)
		}
		slices.Sort(arrivals)
		if all := allArrivalsOfRates(whole); !slices.Equal(arrivals, all) {
			t.Fatalf("%s: the arrivals of %d parts, %d in all, are not the %d of the whole", plan.Executor, n, len(arrivals), len(all))
		}
		stagesAddUp(t, plan, parts)
	}
}

func allArrivalsOfRates(s *scenario) []time.Duration {
	if s.plan.Executor != spec.ConstantArrivalRate && s.plan.Executor != spec.RampingArrivalRate {
		return nil
	}
	return allArrivals(s)
}

// stagesAddUp looks at the users of a ramp at many moments.
func stagesAddUp(t *testing.T, plan *spec.Scenario, parts []*scenario) {
	t.Helper()
	if plan.Executor != spec.RampingVUs {
		return
	}
	for at := time.Duration(0); at <= plan.Length(); at += 97 * time.Millisecond {
		want, got := int64(usersAt(plan, at)), int64(0)
		for _, p := range parts {
			got += p.segment.share(want)
		}
		if got != want {
			t.Fatalf("at %s %d parts have %d users, the whole has %d", at, len(parts), got, want)
		}
	}
}

func TestUsersOfPartsHaveNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 7; n++ {
		var all []int
		for i := range n {
			s := segment{index: i, of: n}
			for k := int64(1); k <= 5; k++ {
				all = append(all, s.user(k))
			}
		}
		slices.Sort(all)
		for i, id := range all {
			if id != i+1 {
				t.Fatalf("%d parts: the users have the numbers %v", n, all)
			}
		}
	}
}

// TestSmallScenariosAreSpread lets many scenarios of one user not all fall to the
// first part.
func TestSmallScenariosAreSpread(t *testing.T) {
	t.Parallel()
	one := &spec.Scenario{Executor: spec.ConstantVUs, Duration: spec.Duration(time.Second)}
	busy := make([]int, 3)
	for index := range 6 {
		for i, p := range divided(one, index, 3) {
			busy[i] += p.most()
		}
	}
	if !slices.Equal(busy, []int{2, 2, 2}) {
		t.Errorf("six scenarios of one user each are spread over three parts as %v", busy)
	}
}
