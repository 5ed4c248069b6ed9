package browser

import (
	"context"
	_ "embed" // for the script
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/thirdparty"
	"github.com/semantest/semantest/executors/browser/internal/vitals"
	"github.com/semantest/semantest/internal/spec"
)

const (
	filmSide    = 240 // pixels of a frame's longer side
	filmCount   = 8   // frames of the strip
	aboutLength = 500 // characters of a text about a metric
)

//go:embed vitals.js
var vitalsOwn string

// vitalsScript is what runs in a page that is measured.
var vitalsScript = sync.OnceValue(func() string {
	return "(() => {\n'use strict';\nif (window !== window.top) return;\n" + strings.Replace(vitalsOwn, "/* web-vitals */", thirdparty.WebVitals, 1) + "})();"
})

// measurement is a case that measures a page: its runs, and what is made of them.
type measurement struct {
	task     executors.Task
	sink     executors.Sink
	pool     *pool
	device   string          // mobile or desktop: by which curve it is rated
	names    map[string]int  // of attachments
	answered map[string]bool // targets that have answered something
	samples  []sample
	left     []shelved // by the last run, until the outcome is known
}

// sample is what one run has found.
type sample struct {
	Run     int              `json:"run"`
	URL     string           `json:"url"`
	Settled float64          `json:"settledMs"`
	Vitals  map[string]vital `json:"metrics"`
	Loaded  loaded           `json:"loaded"`

	acted   bool // whether it took an input of the steps
	strip   []vitals.Frame
	moments []float64 // that the strip shows, in ms
}

// vital is a metric of one run, with what explains it.
type vital struct {
	Value float64        `json:"value"`
	About map[string]any `json:"attribution,omitempty"`
}

// measures reports whether a case measures a page.
func measures(c spec.Case) bool { return len(c.BrowserSteps) > 0 && c.BrowserSteps[0].Measure != nil }

// measure performs a case that measures a page. Each run has a browser context of
// its own, so that none finds what an earlier one has loaded.
func (e *Executor) measure(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	m := &measurement{task: task, sink: sink, device: "desktop", names: map[string]int{}, answered: map[string]bool{}}
	if setup, err := setupOf(task); err == nil {
		if d, ok := spec.DeviceByName(setup.Device); ok && d.Mobile {
			m.device = "mobile"
		}
	}
	steps, pool, err := e.stepsOf(task, func(ctx context.Context, s spec.BrowserStep, report *executors.Report) error {
		if s.Measure.Run == 0 {
			return m.judge(ctx, *s.Measure, report)
		}
		return m.run(ctx, *s.Measure, report)
	})
	if err != nil {
		return unreached(sink, steps, err)
	}
	m.pool = pool
	outcome, err := executors.RunSteps(ctx, sink, steps)
	m.store(ctx, outcome)
	return outcome, err
}

// run performs one run.
func (m *measurement) run(ctx context.Context, what spec.Measure, report *executors.Report) error {
	pg, err := m.pool.acquire(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return executors.Errorf("no browser for the run: %w", sentence(err))
	}
	defer m.pool.release(pg)
	r := &run{task: m.task, sink: m.sink, names: m.names, answered: m.answered, page: pg, kept: keptOf(m.task), measured: true}
	r.first, r.known = pg, map[string]*page{}
	r.task.Case.BrowserSteps = what.Acts()
	defer r.tidy()
	r.traffic = newTraffic(ctx)
	r.wantBodies()
	if err := r.begin(ctx); err != nil {
		return r.unfit(ctx, err)
	}
	found, err := m.perform(ctx, r, what, report)
	if failed := err != nil || report.Failed(); failed || what.Run == what.Times() {
		m.shelve(ctx, r, report)
	}
	if err != nil || report.Failed() {
		return err
	}
	m.keep(found, report)
	return nil
}

// perform does what the plan says before, opens the page, waits until it has
// settled, does what the plan says then, and collects what was measured.
func (m *measurement) perform(ctx context.Context, r *run, what spec.Measure, report *executors.Report) (found sample, err error) {
	if done, err := r.each(ctx, what.Before, report); !done {
		return found, err
	}
	limit := r.task.Use.StepTimeout.Or(defaultStepLimit)
	st := newStep(ctx, r, report, limit)
	defer st.cancel()
	shown := false // what went wrong, by the step of the plan itself
	defer func() {
		if err = r.explain(ctx, err); err != nil && !shown && !cancelled(ctx) {
			r.evidence(ctx, report)
		}
	}()
	address, err := spec.Expand(m.task.Scope, what.URL)
	if err != nil {
		return found, executors.Errorf("the address cannot be read: %w", err)
	}
	meter, err := st.meterPage(r)
	if err != nil {
		return found, err
	}
	if err := st.open(address); err != nil {
		st.finish()
		return found, err
	}
	now, err := st.awaitQuiet(meter, what.Quiet())
	st.finish()
	if err != nil {
		return found, err
	}
	load := look(r.first, func(s *state) string { return s.load })
	found = sample{Run: what.Run, URL: look(r.first, func(s *state) string { return s.url }), Settled: now.Now}
	film := st.stopFilm(meter, &found)
	if done, err := r.each(ctx, what.Steps, report); !done {
		shown = true
		return found, err
	}
	if n := look(r.first, func(s *state) int { return len(s.armed) }); n > 0 {
		return found, executors.Failf("the run is over, and %s that it has waited for did not open", plural(n, "dialog", "dialogs"))
	}
	if at := look(r.first, func(s *state) string { return s.load }); at != load {
		return found, executors.Errorf("the steps led to another page, and the metrics are about %s: put what comes behind it into a case of its own", short(found.URL, 300))
	}
	end := newStep(ctx, r, report, limit)
	defer end.cancel()
	return found, end.laidOut(end.collect(now, film, &found))
}

// each performs steps of the plan within a run. It reports whether the run goes
// on.
func (r *run) each(ctx context.Context, steps []spec.BrowserStep, report *executors.Report) (bool, error) {
	for _, s := range steps {
		err := r.step(ctx, s, report)
		if f, ok := errors.AsType[*executors.Failure](err); ok {
			f.Message = s.Title() + ": " + f.Message
		}
		if err != nil || report.Failed() {
			return false, err
		}
	}
	return true, nil
}

// meterPage makes the page tell what is measured from now on.
func (st *step) meterPage(r *run) (*meter, error) {
	meters, ok := driver.Power[driver.Meters](r.page.Page)
	traffic, tells := driver.Power[driver.Traffic](r.page.Page)
	if !ok || !tells {
		return nil, executors.Errorf("the browser cannot %s", driver.MeasurePages)
	}
	m := newMeter()
	r.page.update(func(s *state) { s.meter = m })
	if err := traffic.WatchRequests(st.ctx); err != nil {
		return nil, err
	}
	if err := meters.Observe(st.ctx, vitalsScript()); err != nil {
		return nil, err
	}
	return m, meters.Film(st.ctx, true, filmSide)
}

// vitalsState is what the script in the page tells.
type vitalsState struct {
	Here     bool    `json:"here"`
	Now      float64 `json:"now"`      // ms since the page was opened
	LastTask float64 `json:"lastTask"` // when the last long task ended
	Origin   float64 `json:"origin"`   // when it was opened, ms since 1970
	Acted    bool    `json:"acted"`    // whether it was clicked, or a key was pressed
	Kept     map[string]vital
	Tasks    []vitals.Task
}

// awaitQuiet waits until nothing was under way for a while: no request, no long task.
func (st *step) awaitQuiet(m *meter, quiet time.Duration) (vitalsState, error) {
	var now vitalsState
	for {
		if m.idle() >= quiet {
			err := st.askVitals("state", &now)
			switch {
			case errors.Is(err, driver.ErrNavigated):
			case err != nil && st.late(err):
				st.page.Interrupt()
				return now, st.gaveUp(executors.TimedOutf("the page did not settle within %s: its script is busy", st.limit))
			case err != nil:
				return now, err
			case now.Here && now.Now-now.LastTask >= float64(quiet.Milliseconds()):
				return now, nil
			}
		}
		if st.over() {
			return now, st.gaveUp(executors.TimedOutf("the page did not settle within %s: %s", st.limit, unsettled(m, now)))
		}
		if err := st.nap(); err != nil {
			return now, err
		}
	}
}

// unsettled says why a page has not settled.
func unsettled(m *meter, now vitalsState) string {
	underWay, last := m.busy()
	wayOut := "; keep out what does not belong to loading it with a route under before"
	switch {
	case len(underWay) > 0:
		return fmt.Sprintf("%s under way (%s)", plural(len(underWay), "request is", "requests are"), short(strings.Join(underWay, ", "), 300)) + wayOut
	case m.idle() < time.Second && last != "":
		return fmt.Sprintf("it asks again and again, at last for %s", short(last, 300)) + wayOut
	case now.LastTask > 0:
		return "one long task of its scripts follows the other"
	}
	return "it shows one document after the other"
}

// askVitals calls a function of the script in the page.
func (st *step) askVitals(fn string, out *vitalsState) error {
	raw, err := st.page.Evaluate(st.ctx, driver.WorldAgent, "function () { return globalThis[Symbol.for('semantest.vitals')]?."+fn+"() ?? { here: false }; }")
	if err != nil {
		return err
	}
	var got vitalsState
	if err := json.Unmarshal(raw, &got); err != nil {
		return fmt.Errorf("reading what the page has measured: %w", err)
	}
	*out = got
	return nil
}

// stopFilm ends what is told of loading: what steps do comes afterwards.
func (st *step) stopFilm(m *meter, found *sample) []driver.FrameDrawn {
	if power, ok := driver.Power[driver.Meters](st.page.Page); ok {
		if err := power.Film(st.ctx, false, 0); err != nil {
			st.report.Set("notFilmed", oneLine(err.Error()))
		}
	}
	loads, film := m.close()
	found.Loaded = loads
	return film
}

// collect asks the page for its metrics, and makes those that it does not know.
func (st *step) collect(settled vitalsState, film []driver.FrameDrawn, found *sample) error {
	var end vitalsState
	switch err := st.askVitals("finish", &end); {
	case errors.Is(err, driver.ErrNavigated), err == nil && !end.Here:
		return executors.Errorf("the page's metrics are gone: another document was opened while it was measured; let it settle for longer, or put what comes behind it into a case of its own")
	case err != nil && st.late(err):
		st.page.Interrupt()
		return st.gaveUp(executors.TimedOutf("the page did not tell its metrics within %s: its script is busy", st.limit))
	case err != nil:
		return err
	}
	found.Vitals, found.acted = map[string]vital{}, end.Acted
	for name, v := range end.Kept {
		found.Vitals[name] = v
	}
	if first, ok := found.Vitals["FCP"]; ok {
		found.Vitals["TBT"] = blocking(end.Tasks, first.Value, settled.Now)
	}
	frames := make([]vitals.Frame, len(film))
	for i, f := range film {
		frames[i] = vitals.Frame{At: float64(f.At.UnixMicro())/1000 - settled.Origin, Picture: f.Picture}
	}
	seen, changed, err := vitals.Progress(frames)
	if err != nil {
		st.report.Set("notFilmed", oneLine(err.Error()))
	}
	if changed {
		found.Vitals["SI"] = vital{Value: seen.Index, About: map[string]any{"visuallyComplete": seen.Complete, "changes": seen.Changes, "frames": len(frames)}}
	}
	found.strip, found.moments = vitals.Strip(frames, seen.Complete, filmCount)
	return nil
}

// blocking is the total blocking time, with what makes it up.
func blocking(tasks []vitals.Task, from, to float64) vital {
	within, longest := 0, 0.0
	for _, t := range tasks {
		if t.Start+t.Duration > from && t.Start < to {
			within++
			longest = max(longest, t.Duration)
		}
	}
	return vital{Value: vitals.BlockingTime(tasks, from, to), About: map[string]any{"longTasks": within, "longest": longest, "from": from, "to": to}}
}

// keep notes what a run has found, and tells its metrics.
func (m *measurement) keep(found sample, report *executors.Report) {
	mask := m.task.Scope.Mask
	found.URL = short(mask(found.URL), 2000)
	for _, v := range found.Vitals {
		for key, about := range v.About {
			if text, ok := about.(string); ok {
				v.About[key] = short(mask(text), aboutLength)
			}
		}
	}
	for _, r := range found.Loaded.Resources {
		r.URL = short(mask(r.URL), aboutLength)
	}
	m.samples = append(m.samples, found)
	told := map[string]any{}
	for _, name := range spec.Vitals() {
		v, ok := found.Vitals[name]
		if !ok {
			continue
		}
		told[name] = rounded(v.Value)
		unit := spec.VitalUnit(name)
		if unit == "" {
			unit = "1"
		}
		m.sink.Emit(executors.Metric{Name: name, Unit: unit, Value: v.Value, At: time.Now(), Tags: map[string]string{"case": m.task.Case.ID, "device": m.device}})
	}
	report.Set("metrics", told)
	report.Set("requests", found.Loaded.Total.Requests)
	report.Set("bytes", found.Loaded.Total.Bytes)
}
