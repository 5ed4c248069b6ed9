package load

import (
	"sync"
	"time"
)

// sample is what one request was like.
type sample struct {
	key
	failed    bool
	connected bool // a connection was there, so the times mean something
	duration  time.Duration
	service   time.Duration
	sending   time.Duration
	waiting   time.Duration
	receiving time.Duration
	connect   time.Duration // 0 where the connection was there before
	tls       time.Duration
	sent      int64
	received  int64
}

// key says to which samples a cell belongs. Status and expected are told apart
// only where a threshold asks for them.
type key struct {
	scenario, step int
	status         int
	unexpected     bool
}

// cell is what was measured of the samples of a key.
type cell struct {
	duration, service           histogram
	sending, waiting, receiving histogram
	blocked, connecting, tls    histogram
	opening, session, delivery  histogram
	requests, failed            int64
	sent, received              int64

	sessions, sessionsFailed       int64
	messagesSent, messagesReceived int64
}

func newCell() *cell {
	phase := histogram{digits: phaseAccuracy}
	return &cell{
		duration: histogram{digits: headline}, service: histogram{digits: headline},
		sending: phase, waiting: phase, receiving: phase, blocked: phase, connecting: phase, tls: phase,
		opening: phase, session: phase, delivery: histogram{digits: headline},
	}
}

// trends pairs the histograms of two cells.
func (c *cell) trends() []*histogram {
	return []*histogram{&c.duration, &c.service, &c.sending, &c.waiting, &c.receiving, &c.blocked, &c.connecting, &c.tls, &c.opening, &c.session, &c.delivery}
}

// counts lists the numbers of a cell that are added up.
func (c *cell) counts() []*int64 {
	return []*int64{&c.requests, &c.failed, &c.sent, &c.received, &c.sessions, &c.sessionsFailed, &c.messagesSent, &c.messagesReceived}
}

func (c *cell) merge(from *cell) { addUp(c, from) }
func (c *cell) reset()           { empty(c) }

// measured is a group of numbers and histograms that is merged as a whole.
type measured interface {
	counts() []*int64
	trends() []*histogram
}

func addUp[M measured](to, from M) {
	trends, counts := from.trends(), from.counts()
	for i, h := range to.trends() {
		h.merge(trends[i])
	}
	for i, n := range to.counts() {
		*n += *counts[i]
	}
}

func empty(m measured) {
	for _, h := range m.trends() {
		h.reset()
	}
	for _, n := range m.counts() {
		*n = 0
	}
}

// passes counts the iterations of a scenario.
type passes struct {
	iterations  int64
	interrupted int64
	dropped     int64
	duration    histogram
}

func newPasses() *passes { return &passes{duration: histogram{digits: headline}} }

func (p *passes) counts() []*int64     { return []*int64{&p.iterations, &p.interrupted, &p.dropped} }
func (p *passes) trends() []*histogram { return []*histogram{&p.duration} }
func (p *passes) merge(from *passes)   { addUp(p, from) }
func (p *passes) reset()               { empty(p) }

// asked names a check of a step in a scenario.
type asked struct {
	scenario, step, check int
}

// judged counts how often it held.
type judged struct{ passed, failed int64 }

func (j *judged) counts() []*int64     { return []*int64{&j.passed, &j.failed} }
func (j *judged) trends() []*histogram { return nil }

// tally is all that was measured in some time.
type tally struct {
	cells  map[key]*cell
	passes map[int]*passes
	checks map[asked]*judged
}

func newTally() *tally {
	return &tally{cells: map[key]*cell{}, passes: map[int]*passes{}, checks: map[asked]*judged{}}
}

func (t *tally) cell(k key) *cell {
	c := t.cells[k]
	if c == nil {
		c = newCell()
		t.cells[k] = c
	}
	return c
}

func (t *tally) pass(scenario int) *passes {
	p := t.passes[scenario]
	if p == nil {
		p = newPasses()
		t.passes[scenario] = p
	}
	return p
}

func (t *tally) check(a asked) *judged {
	j := t.checks[a]
	if j == nil {
		j = &judged{}
		t.checks[a] = j
	}
	return j
}

func (t *tally) merge(from *tally) {
	for k, c := range from.cells {
		if c.requests+c.sessions+c.messagesSent+c.messagesReceived > 0 {
			t.cell(k).merge(c)
		}
	}
	for s, p := range from.passes {
		t.pass(s).merge(p)
	}
	for a, j := range from.checks {
		addUp(t.check(a), j)
	}
}

func (t *tally) reset() {
	for _, c := range t.cells {
		c.reset()
	}
	for _, p := range t.passes {
		p.reset()
	}
	for _, j := range t.checks {
		*j = judged{}
	}
}

// recorder takes samples from all virtual users. They share a few locked
// shards: one for each user would cost 350 KB a user.
type recorder struct {
	shards         []shard
	byStatus       bool
	byExpectedness bool
}

type shard struct {
	mu    sync.Mutex
	fresh *tally
	spare *tally // what collect has emptied
	_     [64]byte
}

func newRecorder(shards int) *recorder {
	r := &recorder{shards: make([]shard, shards)}
	for i := range r.shards {
		r.shards[i].fresh, r.shards[i].spare = newTally(), newTally()
	}
	return r
}

func (r *recorder) shard(vu int) *shard { return &r.shards[vu%len(r.shards)] }

// request records a sample.
func (r *recorder) request(s *shard, v *sample, open bool) {
	k := key{scenario: v.scenario, step: v.step}
	if r.byStatus {
		k.status = v.status
	}
	if r.byExpectedness {
		k.unexpected = v.failed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.fresh.cell(k)
	c.requests++
	c.sent += v.sent
	c.received += v.received
	if v.failed {
		c.failed++
	}
	if v.connect > 0 {
		c.connecting.record(v.connect)
	}
	if v.tls > 0 {
		c.tls.record(v.tls)
	}
	if !v.connected {
		return
	}
	c.duration.record(v.duration)
	if open { // otherwise both are the same
		c.service.record(v.service)
	}
	c.blocked.record(v.connect + v.tls)
	c.sending.record(v.sending)
	c.waiting.record(v.waiting)
	c.receiving.record(v.receiving)
}

// session records the end of a connection that messages came over.
func (r *recorder) session(s *shard, k key, opening, length time.Duration, opened, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.fresh.cell(k)
	c.sessions++
	if failed {
		c.sessionsFailed++
	}
	if opened {
		c.opening.record(opening)
		c.session.record(length)
	}
}

// message records a message that was sent or has arrived, and how long it took
// where that is known.
func (r *recorder) message(s *shard, k key, sent, received int64, delivery time.Duration, timed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.fresh.cell(k)
	if sent > 0 {
		c.messagesSent++
		c.sent += sent
	}
	if received > 0 {
		c.messagesReceived++
		c.received += received
	}
	if timed {
		c.delivery.record(delivery)
	}
}

func (r *recorder) iteration(s *shard, scenario int, took time.Duration, interrupted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.fresh.pass(scenario)
	if interrupted {
		p.interrupted++
		return
	}
	p.iterations++
	p.duration.record(took)
}

func (r *recorder) drop(s *shard, scenario int, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh.pass(scenario).dropped += n
}

func (r *recorder) check(s *shard, a asked, passed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.fresh.check(a); passed {
		j.passed++
	} else {
		j.failed++
	}
}

// collect returns what was recorded since it was last called. Only one may call
// it at a time.
func (r *recorder) collect() *tally {
	out := newTally()
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.fresh, s.spare = s.spare, s.fresh
		s.mu.Unlock()
		out.merge(s.spare)
		s.spare.reset()
	}
	return out
}
