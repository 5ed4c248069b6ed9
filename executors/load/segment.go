package load

import "github.com/semantest/semantest/internal/spec"

// segment is one of several equal parts of a load. Users, iterations and
// arrivals are dealt out in turn, so that at every moment the parts together
// are exactly the whole. The zero value is the whole.
type segment struct {
	index, of int
	nothing   bool // there is less to deal out than there are parts
}

// within is the segment for a scenario with so many users: where there are fewer
// of them than parts, only as many parts have something to do, since iterations
// without a user would be lost. The first user of each scenario goes to another
// part, so that many small scenarios do not all fall to the first.
func (s segment) within(users, scenario int) segment {
	if s.of <= 1 || s.nothing {
		return s
	}
	out := segment{index: (s.index + s.of - scenario%s.of) % s.of, of: min(s.of, max(users, 1))}
	out.nothing = out.index >= out.of
	return out
}

// share is how many of n things are the segment's.
func (s segment) share(n int64) int64 {
	switch {
	case s.nothing || n <= int64(s.index):
		return 0
	case s.of <= 1:
		return n
	}
	return (n-int64(s.index)-1)/int64(s.of) + 1
}

// nth is the number in the whole of the segment's nth thing, both from 0.
func (s segment) nth(n int64) int64 {
	if s.of <= 1 {
		return n
	}
	return n*int64(s.of) + int64(s.index)
}

// user is the number in the whole of the segment's nth virtual user, both from
// 1: no two parts have the same.
func (s segment) user(n int64) int { return int(s.nth(n-1)) + 1 }

// most is how many virtual users the scenario may have at once here.
func (s *scenario) most() int { return int(s.segment.share(int64(s.plan.MostVUs()))) }

// iterations is how many iterations the scenario has here: those that its users
// share, or those of each.
func (s *scenario) iterations() int64 {
	n := int64(1)
	if s.plan.Iterations != nil {
		n = int64(*s.plan.Iterations)
	}
	if s.plan.Executor == spec.SharedIterations {
		return s.segment.share(n)
	}
	return n
}
