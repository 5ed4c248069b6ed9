package browser

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// sessionRecorder makes a plan of what a session does. Where a step acts as a
// person would, it is what the page told that is recorded, with the locators of
// the recorder; every other step that passed is recorded as it was asked for.
type sessionRecorder struct {
	*recording
	session *session
	scope   *spec.Scope // in which secrets stand for themselves
	given   map[string]string
	asks    chan func()
	ended   chan struct{}
	named   map[string]bool // pictures
}

// sessionSteps bounds what one case of a plan can hold.
const sessionSteps = 400

func newSessionRecorder(o executors.SessionOptions, task executors.Task) *sessionRecorder {
	s := &sessionRecorder{
		recording: newRecording(Recorder{URL: o.URL, MaxSteps: sessionSteps}), given: o.Secrets,
		asks: make(chan func()), ended: make(chan struct{}), named: map[string]bool{},
	}
	placeholders := map[string]any{}
	for name, value := range o.Secrets {
		placeholders[name] = "${{ " + name + " }}"
		s.secrets[givenSecret+name] = secret{name, value}
	}
	s.scope = spec.NewScope(placeholders, nil)
	s.learn(task.Scope, nil, append([]string{spec.VarBaseURL}, o.Variables...)...)
	return s
}

// givenSecret marks a secret that no field of a page has told.
const givenSecret = "\x00"

// learn takes over values of variables, for steps that refer to them.
func (s *sessionRecorder) learn(from *spec.Scope, steps []spec.BrowserStep, names ...string) {
	for _, step := range steps {
		names = append(names, step.Captured()...)
	}
	for _, name := range names {
		value, ok := from.Get(name)
		if _, secret := s.given[name]; secret || !ok {
			continue
		}
		if text, ok := value.(string); ok {
			value = literal(from.Mask(text))
		}
		s.scope.Set(name, value)
	}
}

// begin listens to the page. The recording has a run of its own in it, as the
// session's is used at the same time.
func (s *sessionRecorder) begin(ctx context.Context, of *session) error {
	s.session = of
	s.traffic = of.run.traffic
	s.r = &run{task: of.run.task, sink: s.sink, page: of.run.first, names: map[string]int{}, answered: map[string]bool{}, traffic: of.run.traffic,
		emulated: of.run.emulated, place: of.run.place}
	s.r.known, s.r.first = map[string]*page{}, of.run.first
	s.tabs.current = of.run.first
	err := s.listen(ctx, of.run.first)
	if err != nil {
		close(s.ended)
		return executors.Errorf("%s cannot record: %w", of.pool.engine.Name(), sentence(err))
	}
	go s.attend(of.life)
	return nil
}

// attend hears what happens until the session ends. Only it uses the recording.
func (s *sessionRecorder) attend(ctx context.Context) {
	defer close(s.ended)
	for {
		select {
		case <-s.queue.woken:
			s.hear(ctx)
		case ask := <-s.asks:
			s.hear(ctx)
			ask()
		case <-ctx.Done():
			return
		}
	}
}

// wait returns when nobody uses the page any more. The session has ended.
func (s *sessionRecorder) wait() {
	if s.session != nil {
		<-s.ended
	}
}

// ask has something done between two events, when all that came before was heard.
func (s *sessionRecorder) ask(ctx context.Context, f func()) bool {
	done := make(chan struct{})
	select {
	case s.asks <- func() { defer close(done); f() }:
		<-done
		return true
	case <-s.ended:
	case <-ctx.Done():
	}
	return false
}

// soFar is how much was recorded before a step.
type soFar struct {
	steps int
	fill  string // value of the last, where it fills a field
}

func (s *sessionRecorder) mark(ctx context.Context) (m soFar) {
	s.ask(ctx, func() { m = s.marked() })
	return m
}

func (s *sessionRecorder) marked() soFar {
	m := soFar{steps: len(s.steps)}
	if m.steps > 0 {
		if f := s.steps[m.steps-1].step.Fill; f != nil {
			m.fill = f.Value
		}
	}
	return m
}

// done records a step, unless the page has told of it.
func (s *sessionRecorder) done(ctx context.Context, one spec.BrowserStep, before soFar, passed bool) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	s.ask(limited, func() {
		s.learn(s.session.run.task.Scope, []spec.BrowserStep{one})
		if !passed {
			return // what it did all the same was heard
		}
		pg := s.pageOf(s.session.run.page)
		switch {
		case one.Goto != nil || one.Reload || one.Back || one.Forward:
			s.steps = s.steps[:min(before.steps, len(s.steps))]
			s.asked(one, pg)
			s.arrived(limited, pg)
		case one.Tab != nil && one.Tab.Open != "":
			s.opened(limited, one)
		case one.Tab != nil && one.Tab.Close:
			if s.marked() == before || !closesTab(s.steps[len(s.steps)-1].step) {
				s.append(recorded{step: one, page: pg, at: time.Now()})
			}
		case one.Tab != nil || one.Dialog != nil:
			// recorded with what is done in the tab, or opens the dialog
		case one.Act != nil:
			if s.marked() == before {
				s.note("what was asked for in words could not be recorded: %s", oneLine(short(one.Act.Do, 100)))
			}
		case !actsAsPeople(one) || s.marked() == before:
			s.asked(one, pg)
		}
	})
}

// asked records a step as it was asked for, with the values that its variables
// had.
func (s *sessionRecorder) asked(one spec.BrowserStep, pg *page) {
	if name, ok := pictureOf(one); ok {
		if s.named[name] {
			return // a case names each of its pictures once
		}
		s.named[name] = true
	}
	if known, err := spec.Expand(s.scope, one); err == nil {
		one = known
	}
	s.add(recorded{step: one, page: pg, at: time.Now()})
}

func pictureOf(one spec.BrowserStep) (string, bool) {
	switch {
	case one.Screenshot != nil:
		return one.Screenshot.Name, true
	case one.Expect != nil && one.Expect.Picture != nil:
		return one.Expect.Picture.Name, true
	}
	return "", false
}

// opened records a tab that a step has opened; the browser tells of no window
// that we open ourselves.
func (s *sessionRecorder) opened(ctx context.Context, one spec.BrowserStep) {
	id := s.session.run.page.id
	s.onPopupOpened(ctx, driver.PopupOpened{ID: id})
	pg := s.r.known[id]
	if pg == nil {
		s.note("what is done in the tab that was opened cannot be recorded")
		return
	}
	if known, err := spec.Expand(s.scope, one); err == nil {
		one = known
	}
	s.append(recorded{step: one, page: pg, at: time.Now()})
	s.tabs.choose(pg)
}

// pageOf is the recording's own page of a window.
func (s *sessionRecorder) pageOf(pg *page) *page {
	if own := s.r.known[pg.id]; own != nil {
		return own
	}
	return s.r.first
}

func closesTab(one spec.BrowserStep) bool { return one.Tab != nil && one.Tab.Close }

// actsAsPeople reports whether a page tells of a step.
func actsAsPeople(one spec.BrowserStep) bool {
	return one.Click != nil || one.DblClick != nil || one.Check != nil || one.Uncheck != nil || one.Select != nil || one.Fill != nil ||
		one.Press != nil || one.Type != nil || one.Clear != nil || one.Upload != nil || one.Drag != nil || one.Tap != nil || one.Download != nil
}

// result is what was recorded so far.
func (s *sessionRecorder) result(ctx context.Context) (out *executors.Recorded, err error) {
	ok := s.ask(ctx, func() {
		all := s.recording.result("")
		out = &executors.Recorded{Notes: slices.Clone(all.Notes), Viewport: all.Viewport}
		mask := s.session.run.task.Scope.Mask
		for _, one := range all.Steps {
			// A page may show a secret in a form of its own.
			eachText(&one, func(text *string) { *text = mask(*text) })
			out.Steps = append(out.Steps, one)
		}
		for i, note := range out.Notes {
			out.Notes[i] = mask(note)
		}
		for _, name := range all.Secrets {
			if _, given := s.given[name]; !given {
				out.Secrets = append(out.Secrets, name)
			}
		}
		if s.full {
			out.Notes = append(out.Notes, "only the first 400 steps were recorded, which is the limit")
		}
	})
	if !ok {
		return nil, executors.Errorf("what was done could not be told in time")
	}
	return out, nil
}

// variableOf returns the variable of a secret that was given, by its value.
func (rec *recording) variableOf(value string) (string, bool) {
	for field, known := range rec.secrets {
		if strings.HasPrefix(field, givenSecret) && known.value == value {
			return known.variable, true
		}
	}
	return "", false
}
