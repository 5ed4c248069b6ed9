package load

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	newsEvery   = 200 * time.Millisecond
	deafFor     = 15 * time.Second // how long the others may not be heard
	stopWithin  = 10 * time.Second // how long parts that were told to stop have to tell what they have
	closeWithin = time.Second
	maxFalls    = 3 // workers that one part may take down
)

// teamwork is a load of several parts, as the worker sees it that coordinates
// them and performs part 0.
type teamwork struct {
	run       *run
	crew      executors.Crew
	own       *chair
	book      *book
	intervals *intervals
	rest      *slot // the end of the load, which is no whole second
	parts     []share
	members   []*member // in the order in which they came
	heard     time.Time // when the others could be heard last
	stopped   bool
	users     int // virtual users of all parts; guarded by run.mu
}

// share is a part of the load.
type share struct {
	now, before *member // who performs it and who did so before
	done        []int64 // iterations that were told of, by scenario
	falls       int     // workers of it that were lost
	over        bool    // nothing follows
}

// member is a worker and its part, as the result tells it.
type member struct {
	Part       int     `json:"part"` // from 1
	Worker     string  `json:"worker"`
	From       float64 `json:"from"`  // second of the load
	Until      float64 `json:"until"` // to which it has told what it measured
	MaxUsers   int     `json:"vusMax"`
	Requests   int64   `json:"requests"`
	Iterations int64   `json:"iterations"`
	Lost       bool    `json:"lost,omitempty"`
	Gap        float64 `json:"gap,omitempty"` // seconds before From in which nobody performed the part

	told bool
}

// gather brings the workers together, before anything is sent.
func (a *attempt) gather(ctx context.Context) (executors.Crew, error) {
	team := a.task.Team
	if team == nil {
		team = alone{executor: a.executor, task: a.task}
	}
	return team.Gather(ctx, a.task.Case.Load.Parts()-1)
}

// dismiss lets everybody go, also when the attempt was cancelled.
func dismiss(ctx context.Context, crew executors.Crew) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	_ = crew.Close(ctx) // who is not reached now finds out that the attempt is over
}

// performTogether lets all parts begin together and follows them to their end.
// The error says why the load could not be judged.
func (r *run) performTogether(ctx context.Context, crew executors.Crew) error {
	t := &teamwork{run: r, crew: crew, book: newBook(), own: newChair(0, crew.Self()), parts: make([]share, r.task.Case.Load.Parts())}
	r.team = t
	briefs := make([][]byte, len(t.parts))
	for i := range briefs {
		var err error
		if briefs[i], err = t.brief(i); err != nil {
			return err
		}
	}
	performing, end := context.WithCancel(ctx)
	go t.own.perform(performing, r.executor, r.task, briefs[0])
	defer func() { end(); <-t.own.gone }()
	// Only this goroutine gives up or breaks off.
	r.giving = func() { t.stopped = true; end() }
	if err := t.begin(performing, briefs[1:]); err != nil {
		return err
	}
	t.follow(ctx)
	t.finish()
	return r.given
}

// begin tells the others what to do and starts all.
func (t *teamwork) begin(ctx context.Context, briefs [][]byte) error {
	if err := t.own.ready(ctx); err != nil {
		return err
	}
	start, err := t.crew.Begin(ctx, briefs)
	if err != nil {
		return err
	}
	t.own.start(start)
	t.run.started, t.heard = start, time.Now()
	t.intervals = t.run.newIntervals()
	for i := range t.parts {
		t.book.join(i, 1)
	}
	t.came(0, t.crew.Self())
	return nil
}

// brief is what the worker of a part is told.
func (t *teamwork) brief(part int) ([]byte, error) {
	b := brief{Index: part, Of: len(t.parts)}
	scope := t.run.task.Scope
	for _, step := range t.run.task.Case.Load.Setup {
		for _, name := range step.Captured() {
			if value, ok := scope.Get(name); ok {
				text, isText := value.(string)
				b.Captured = append(b.Captured, captured{name, value, isText && scope.Mask(text) != text})
			}
		}
	}
	for scenario, n := range t.parts[part].done {
		if n > 0 {
			if b.Done == nil {
				b.Done = map[string]int64{}
			}
			b.Done[t.run.scenarios[scenario].name] = n
		}
	}
	return json.Marshal(b)
}

// follow listens until all parts are over.
func (t *teamwork) follow(ctx context.Context) {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	var deadline <-chan time.Time
	stopping := false
	for !t.done() {
		select {
		case <-ctx.Done(): // the others are let go, and what is here is looked at
			<-t.own.gone
			t.listen(ctx)
			return
		case <-deadline:
			return
		case <-tick.C:
		}
		if t.stopped && deadline == nil {
			timer := time.NewTimer(stopWithin)
			defer timer.Stop()
			deadline, stopping = timer.C, true
		}
		if stopping {
			stopping = t.crew.Stop(ctx) != nil
		}
		t.listen(ctx)
	}
}

func (t *teamwork) done() bool {
	return !slices.ContainsFunc(t.parts, func(s share) bool { return !s.over })
}

// finish closes the series with what is left.
func (t *teamwork) finish() {
	for i := range t.parts {
		t.book.leave(i)
	}
	t.tellAll()
	last := newTally()
	if t.rest != nil {
		last = t.rest.tally
	}
	t.intervals.add(last, t.run.started.Add(t.run.series.length), true)
}

// listen takes in what all parts told, and what became of them.
func (t *teamwork) listen(ctx context.Context) {
	news, err := t.crew.News(ctx)
	switch {
	case err == nil:
		t.heard = time.Now()
	case time.Since(t.heard) > deafFor:
		t.run.giveUp(executors.Errorf("the other workers of the load could not be heard for %s: %w", deafFor, err))
	}
	for _, n := range append(t.own.news(), news...) {
		t.hear(ctx, n)
	}
	t.tellAll()
	t.missReplacements()
}

func (t *teamwork) hear(ctx context.Context, n executors.News) {
	if n.Part < 0 || n.Part >= len(t.parts) || t.parts[n.Part].over {
		return
	}
	switch n.State {
	case executors.MemberCame:
		t.came(n.Part, n.Worker)
	case executors.MemberReported:
		t.reported(n)
	case executors.MemberEnded:
		t.ended(n)
	case executors.MemberLost:
		t.fell(ctx, n)
	}
}

func (t *teamwork) name(part int) string {
	return fmt.Sprintf("part %d of %d of the load", part+1, len(t.parts))
}

// came takes note of who has a part.
func (t *teamwork) came(part int, worker string) {
	if s := &t.parts[part]; s.now == nil {
		s.now = &member{Part: part + 1, Worker: worker}
		t.members = append(t.members, s.now)
	}
}

func (t *teamwork) leave(part int) {
	t.parts[part].over = true
	t.book.leave(part)
}

func (t *teamwork) ended(n executors.News) {
	switch {
	case t.stopped: // what it says is no news
	case n.Part == 0 && t.own.err != nil:
		t.run.giveUp(t.own.err)
	case n.Error != "":
		t.run.giveUp(executors.Errorf("%s could not be performed by the worker %s: %s", t.name(n.Part), n.Worker, n.Error))
	}
	t.leave(n.Part)
}

// reported adds what a part measured in a second.
func (t *teamwork) reported(n executors.News) {
	w, err := decodeWindow(n.Report)
	if err == nil && !t.run.knows(w.tally) {
		err = errForeign
	}
	if err != nil {
		t.run.giveUp(executors.Errorf("what the worker %s tells of %s cannot be used: %w", n.Worker, t.name(n.Part), err))
		t.leave(n.Part)
		return
	}
	t.came(n.Part, n.Worker)
	r, s := t.run, &t.parts[n.Part]
	if m := s.now; !m.told {
		m.told, m.From = true, w.from.Seconds()
		if s.before != nil {
			m.Gap = max(0, m.From-s.before.Until)
			t.book.join(n.Part, w.slot)
			t.log("info", fmt.Sprintf("%s was taken over at %s by the worker %s; nobody performed it for %s",
				t.name(n.Part), seconds(m.From), n.Worker, seconds(m.Gap)))
		}
	}
	r.series.total.merge(w.tally)
	r.series.length = max(r.series.length, w.to)
	r.notes.merge(w.notes)
	t.book.add(n.Part, w)
	s.add(w, len(r.scenarios))
}

// add counts what a window says for the worker and for whoever may take over.
func (s *share) add(w *window, scenarios int) {
	m := s.now
	m.Until, m.MaxUsers = w.to.Seconds(), max(m.MaxUsers, w.most)
	if s.done == nil {
		s.done = make([]int64, scenarios)
	}
	for i, p := range w.tally.passes {
		m.Iterations += p.iterations
		s.done[i] += p.iterations + p.interrupted + p.dropped
	}
	for _, c := range w.tally.cells {
		m.Requests += c.requests
	}
}

// knows reports whether everything in a tally belongs to this load.
func (r *run) knows(t *tally) bool {
	scenario := func(i int) bool { return i >= 0 && i < len(r.scenarios) }
	step := func(i int) bool { return i >= 0 && i < len(r.program.steps) }
	for k := range t.cells {
		if !scenario(k.scenario) || !step(k.step) {
			return false
		}
	}
	for s := range t.passes {
		if !scenario(s) {
			return false
		}
	}
	for a := range t.checks {
		if !scenario(a.scenario) || !step(a.step) || a.check < 0 || a.check >= len(r.program.steps[a.step].asks) {
			return false
		}
	}
	return true
}

// fell decides what becomes of a part whose worker was lost.
func (t *teamwork) fell(ctx context.Context, n executors.News) {
	r, s := t.run, &t.parts[n.Part]
	t.came(n.Part, n.Worker)
	s.now.Lost = true
	s.now, s.before = nil, s.now
	s.falls++
	t.book.leave(n.Part)
	elapsed := time.Since(r.started)
	what := fmt.Sprintf("%s was lost at %s: nothing is heard of the worker %s any more", t.name(n.Part), seconds(elapsed.Seconds()), n.Worker)
	t.log("warn", what)
	switch {
	case t.stopped:
		t.leave(n.Part)
	case r.task.Case.Load.OnLostWorker != spec.LostWorkerIsReplaced:
		r.giveUp(executors.Errorf("%s; with onLostWorker: replace another one would have taken over", what))
		t.leave(n.Part)
	case s.falls > maxFalls:
		r.giveUp(executors.Errorf("%s; it is the %dth worker that this part took down", what, s.falls))
		t.leave(n.Part)
	case elapsed >= r.planned(): // nothing would begin any more
		t.leave(n.Part)
	default:
		b, err := t.brief(n.Part)
		if err == nil {
			err = t.crew.Replace(ctx, n.Part, b)
		}
		if err != nil {
			r.giveUp(executors.Errorf("%s, and no other one could be asked: %w", what, err))
			t.leave(n.Part)
		}
	}
}

// missReplacements ends a load of which nobody performed a part to the end.
func (t *teamwork) missReplacements() {
	if time.Since(t.run.started) < t.run.planned() {
		return
	}
	for i := range t.parts {
		if s := &t.parts[i]; !s.over && s.before != nil && (s.now == nil || !s.now.told) {
			if !t.stopped {
				t.run.giveUp(executors.Errorf("nobody took over %s until its end: its worker %s was lost at %s", t.name(i), s.before.Worker, seconds(s.before.Until)))
			}
			t.leave(i)
		}
	}
}

// tellAll tells of the seconds of which all parts have told.
func (t *teamwork) tellAll() {
	r := t.run
	for _, s := range t.book.close() {
		r.mu.Lock()
		t.users, r.most = s.users, max(r.most, s.most)
		r.mu.Unlock()
		switch {
		case t.rest != nil: // what belongs to the end
			t.rest.tally.merge(s.tally)
		case s.whole():
			t.intervals.add(s.tally, r.started.Add(time.Duration(s.number)*time.Second), false)
		default:
			t.rest = s
		}
	}
}

func (t *teamwork) log(level, message string) {
	t.run.sink.Emit(executors.Log{Level: level, Message: message, At: time.Now()})
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }
