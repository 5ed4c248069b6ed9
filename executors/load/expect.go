package load

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// expect gives each message to the first expectation that it fits. One alone
// must fit the next message, unless it may pass over others.
func (d *session) expect(act, first int, all []spec.Expected) (bool, error) {
	limit, skip := time.Duration(0), false
	for _, e := range all {
		limit, skip = max(limit, e.Within.Or(defaultWithin)), skip || e.Skip
	}
	deadline := time.Now().Add(limit)
	left := slices.Clone(all)
	index := make([]int, len(all)) // of the first check of each
	for i, at := 0, first; i < len(all); i++ {
		index[i] = at
		at += len(all[i].Checks) + 1
	}
	for len(left) > 0 {
		m, err := d.receive(act, deadline, true)
		if err != nil {
			for i, e := range left {
				d.countAll(index[i], len(e.Checks)+1, false)
			}
			if errors.Is(err, errQuiet) {
				d.note(fmt.Sprintf("no message that fits arrived within %s", spec.Duration(limit)))
				return false, nil
			}
			return false, err
		}
		fit, bad := d.fitting(left, m)
		switch {
		case fit >= 0:
			d.countAll(index[fit], len(left[fit].Checks)+1, true)
			d.capture(left[fit], m)
			left, index = slices.Delete(left, fit, fit+1), slices.Delete(index, fit, fit+1)
		case !skip:
			for i, held := range bad {
				d.count(index[0]+i, held)
			}
			d.count(index[0]+len(bad), slices.Contains(bad, false)) // otherwise it was of the wrong type
			return false, nil
		}
	}
	return true, nil
}

func (d *session) countAll(first, n int, passed bool) {
	for i := range n {
		d.count(first+i, passed)
	}
}

// fitting is which expectation a message fits, -1 when none; then bad says which
// checks of the first one held.
func (d *session) fitting(all []spec.Expected, m arrived) (fit int, bad []bool) {
	for i, e := range all {
		fits := e.Binary == nil || *e.Binary == m.binary
		held := make([]bool, len(e.Checks))
		for k, c := range e.Checks {
			held[k] = d.holds(c, m, !e.Skip && len(all) == 1)
			fits = fits && held[k]
		}
		if fits {
			return i, nil
		}
		if i == 0 {
			bad = held
		}
	}
	return -1, bad
}

// holds judges a message as if it were the body of an answer.
func (d *session) holds(c spec.Check, m arrived, tell bool) bool {
	if c.Body != nil {
		if fits(*c.Body, spec.TextActual(string(m.data))) {
			return true
		}
		if tell {
			d.note(reason("body", *c.Body, spec.TextActual(string(m.data))))
		}
		return false
	}
	report := d.judged(spec.APIStep{Checks: []spec.Check{c}}, m)
	held := true
	for _, c := range report.Checks {
		if !c.Passed {
			held = false
			if tell {
				d.note(c.Message)
			}
		}
	}
	return held
}

func (d *session) capture(e spec.Expected, m arrived) {
	if len(e.Capture) > 0 {
		d.judged(spec.APIStep{Capture: e.Capture}, m)
	}
}

func (d *session) judged(step spec.APIStep, m arrived) *executors.Report {
	report := &executors.Report{Sink: silent{}}
	d.run.executor.exchanges.Judge(d.scenario.killed, d.task, step, &executors.HTTPAnswer{URL: d.request.URL, Body: m.data}, report)
	return report
}

func (d *session) expectNone(check int, q spec.Quiet) (bool, error) {
	deadline := time.Now().Add(time.Duration(q.Within))
	var kept []arrived
	defer func() { d.back = append(d.back, kept...) }()
	for {
		data, binaryMessage, err := d.socket.next(deadline)
		if errors.Is(err, errQuiet) {
			d.count(check, true)
			return true, nil
		}
		if err != nil {
			d.count(check, false)
			return false, err
		}
		m := arrived{data, binaryMessage, time.Now()}
		if d.step.talk.graphql != nil {
			payload, mine, err := d.unwrap(data)
			if err != nil {
				d.count(check, false)
				return false, err
			}
			if !mine {
				continue
			}
			m.data = payload
		}
		d.run.recorder.message(d.shard, d.key, 0, max(1, int64(len(data))), 0, false)
		counts := true
		for _, c := range q.Checks {
			counts = counts && d.holds(c, m, false)
		}
		if counts {
			d.count(check, false)
			d.note(fmt.Sprintf("no message should arrive within %s, but one did", q.Within))
			return false, nil
		}
		if len(kept) < maxKeptBack {
			kept = append(kept, m)
		}
	}
}
