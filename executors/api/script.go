package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// dialogue performs what a step sends and expects over one connection.
type dialogue struct {
	*attempt
	stream  *stream
	report  *executors.Report
	started time.Time
	number  int // of the newest message that arrived in this step
	shown   []any
}

// talk performs the acts of a step in order, up to the first that fails.
func (a *attempt) talk(ctx context.Context, s *stream, acts []spec.StreamAct, r *executors.Report) error {
	s.using.Lock()
	defer s.using.Unlock()
	d := &dialogue{attempt: a, stream: s, report: r, started: time.Now()}
	defer func() {
		if len(d.shown) > 0 {
			r.Set("messages", d.shown)
		}
	}()
	for _, act := range acts {
		filled, err := spec.Expand(a.task.Scope, act)
		if err != nil {
			return executors.Errorf("what is sent or expected cannot be filled in: %w", err)
		}
		if err := d.act(ctx, filled); err != nil || r.Failed() {
			return err
		}
	}
	return nil
}

func (d *dialogue) act(ctx context.Context, act spec.StreamAct) error {
	switch {
	case act.Send != nil:
		return d.sendMessage(ctx, *act.Send)
	case act.Expect != nil:
		return d.expect(ctx, *act.Expect)
	case act.ExpectAll != nil:
		return d.expectAll(ctx, act.ExpectAll)
	case act.ExpectNone != nil:
		return d.expectNone(ctx, *act.ExpectNone)
	case act.Listen != nil:
		return d.listen(ctx, time.Duration(act.Listen.For))
	case act.Close != nil:
		code := act.Close.Code
		if code == 0 {
			code = 1000
		}
		d.show("out", fmt.Sprintf("close %d %s", code, act.Close.Reason), "close")
		return d.stream.bye(ctx, code, act.Close.Reason)
	case act.ExpectClose != nil:
		return d.expectClose(ctx, *act.ExpectClose)
	}
	return executors.Errorf("there is nothing to send or to expect")
}

// show adds a message to the detail of the step, which is bounded.
func (d *dialogue) show(direction, text, kind string) {
	if len(d.shown) < maxShown {
		d.shown = append(d.shown, map[string]any{"direction": direction, "kind": kind, "text": text, "at": ms(time.Since(d.started))})
	}
}

func (d *dialogue) text(m message) string {
	if m.binary {
		return fmt.Sprintf("%d bytes", len(m.data))
	}
	return bodyExcerpt(m.data, d.task.Scope)
}

func (m message) kind() string {
	switch {
	case m.binary:
		return "binary"
	case m.header != nil:
		return "event"
	}
	return "text"
}

func (d *dialogue) sendMessage(ctx context.Context, out spec.Outgoing) error {
	var m message
	switch {
	case out.JSON != nil:
		data, err := json.Marshal(out.JSON.V)
		if err != nil {
			return executors.Errorf("the JSON message cannot be written: %w", err)
		}
		m.data = data
	case out.Binary != nil:
		data, err := base64.StdEncoding.DecodeString(*out.Binary)
		if err != nil {
			return executors.Errorf("the binary message is not base64: %w", err)
		}
		m.data, m.binary = data, true
	case out.Text != nil:
		m.data = []byte(*out.Text)
	}
	if d.stream.send == nil {
		return executors.Errorf("nothing can be sent over this connection")
	}
	d.show("out", d.text(m), m.kind())
	if err := d.stream.send(ctx, m); err != nil {
		return d.over(err, "a message could be sent")
	}
	return nil
}

// receive takes the next message, which is to be shown by seen.
func (d *dialogue) receive(ctx context.Context) (message, error) {
	m, err := d.stream.next(ctx)
	if err == nil {
		d.number++
	}
	return m, err
}

// seen shows a message, after what may be captured from it as a secret is hidden.
func (d *dialogue) seen(m message, expected ...spec.Expected) error {
	for _, e := range expected {
		if err := d.addCaptured(e.Capture, m.response()); err != nil {
			return err
		}
	}
	d.show("in", d.text(m), m.kind())
	return nil
}

// within limits what an act waits for.
func within(ctx context.Context, limit spec.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, limit.Or(defaultWithin))
}

func (d *dialogue) expect(ctx context.Context, e spec.Expected) error {
	limited, cancel := within(ctx, e.Within)
	defer cancel()
	why := ""
	var last *response
	for {
		m, err := d.receive(limited)
		if err != nil {
			d.keepDiffs(ctx, e.Checks, last)
			return d.missing(ctx, err, e.Within, why)
		}
		if err := d.seen(m, e); err != nil {
			return err
		}
		in := m.response()
		checks := d.judgeMessage(limited, e.Event, e.Binary, e.Checks, m, in)
		bad := slices.IndexFunc(checks, func(c executors.Check) bool { return !c.Passed })
		if bad >= 0 && e.Skip {
			why, last = checks[bad].Message, in
			continue
		}
		d.keepDiffs(ctx, e.Checks, in)
		for _, c := range checks {
			d.report.Check(c)
		}
		if bad < 0 {
			d.captureMessage(e.Capture, m)
		}
		return nil
	}
}

// listen takes what arrives for some time, or until the target ends the
// connection.
func (d *dialogue) listen(ctx context.Context, length time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	for {
		m, err := d.receive(limited)
		if err != nil {
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				return nil
			}
			return d.missing(ctx, err, spec.Duration(length), "")
		}
		if err := d.seen(m); err != nil {
			return err
		}
	}
}

// expectAll gives each message to the first expectation that it fits.
func (d *dialogue) expectAll(ctx context.Context, all []spec.Expected) error {
	left := slices.Clone(all)
	var limit spec.Duration
	skip := false
	for _, e := range all {
		limit, skip = max(limit, spec.Duration(e.Within.Or(defaultWithin))), skip || e.Skip
	}
	limited, cancel := within(ctx, limit)
	defer cancel()
	why := ""
	for len(left) > 0 {
		m, err := d.receive(limited)
		if err != nil {
			return d.missing(ctx, err, limit, why)
		}
		if err := d.seen(m, left...); err != nil {
			return err
		}
		var in *response
		fits := slices.IndexFunc(left, func(e spec.Expected) bool {
			in = m.response()
			checks := d.judgeMessage(limited, e.Event, e.Binary, e.Checks, m, in)
			bad := slices.IndexFunc(checks, func(c executors.Check) bool { return !c.Passed })
			if bad >= 0 {
				why = checks[bad].Message
				return false
			}
			for _, c := range checks {
				d.report.Check(c)
			}
			d.captureMessage(e.Capture, m)
			return true
		})
		switch {
		case fits >= 0:
			left = slices.Delete(left, fits, fits+1)
		case !skip:
			name := fmt.Sprintf("message %d", d.number)
			d.keepDiffs(ctx, left[len(left)-1].Checks, in)
			d.report.Check(failedCheck(name+" fits", fmt.Sprintf("one of %d expectations", len(left)), d.text(m),
				fmt.Sprintf("%s fits none of the %d expectations that are left: %s", name, len(left), why)))
			return nil
		}
	}
	return nil
}

func (d *dialogue) expectNone(ctx context.Context, q spec.Quiet) error {
	limited, cancel := within(ctx, q.Within)
	defer cancel()
	var kept []message
	defer func() { d.stream.back = append(kept, d.stream.back...) }()
	for {
		m, err := d.stream.next(limited)
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			d.report.Check(executors.Check{Name: fmt.Sprintf("no message within %s", q.Within), Passed: true, Expected: "nothing", Actual: "nothing"})
			return nil
		}
		if !d.fits(limited, q, m) {
			if kept = append(kept, m); len(kept) > maxPending {
				return executors.Failf("more than %d messages arrived while none of a kind was expected", maxPending)
			}
			continue
		}
		d.number++
		d.show("in", d.text(m), m.kind())
		d.report.Check(failedCheck(fmt.Sprintf("no message within %s", q.Within), "nothing", d.text(m),
			fmt.Sprintf("a message arrived within %s where none was expected: %s", q.Within, excerpt.Of(d.text(m), maxCause))))
		return nil
	}
}

func (d *dialogue) fits(ctx context.Context, q spec.Quiet, m message) bool {
	return !slices.ContainsFunc(d.judgeMessage(ctx, q.Event, nil, q.Checks, m, m.response()), func(c executors.Check) bool { return !c.Passed })
}

func (d *dialogue) expectClose(ctx context.Context, e spec.ExpectedClose) error {
	limited, cancel := within(ctx, e.Within)
	defer cancel()
	m, err := d.receive(limited)
	if err == nil {
		if err := d.seen(m); err != nil {
			return err
		}
		d.report.Check(failedCheck("connection is closed", "closed", d.text(m),
			fmt.Sprintf("a message arrived where the target should close the connection: %s", excerpt.Of(d.text(m), maxCause))))
		return nil
	}
	end, ok := errors.AsType[*ended](err)
	if !ok || end.lost != "" {
		return d.missing(ctx, err, e.Within, "")
	}
	d.show("in", end.Error(), "close")
	d.report.Check(executors.Check{Name: "connection is closed", Passed: true, Expected: "closed", Actual: "closed"})
	if e.Code != nil {
		d.add(d.verdicts("close code", *e.Code, spec.NumberActual(end.code)))
	}
	if e.Reason != nil {
		d.add(d.verdicts("close reason", *e.Reason, spec.TextActual(end.reason)))
	}
	return nil
}

func (d *dialogue) add(checks []executors.Check) {
	for _, c := range checks {
		d.report.Check(c)
	}
}

// missing says why what was expected did not arrive.
func (d *dialogue) missing(ctx context.Context, err error, limit spec.Duration, why string) error {
	if ctx.Err() != nil {
		return executors.TimedOutf("still waiting for a message from %s", d.stream.name)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		name := fmt.Sprintf("message %d arrives", d.number+1)
		text := fmt.Sprintf("no message arrived from %s within %s", d.stream.name, limit.Or(defaultWithin))
		if why != "" {
			text = fmt.Sprintf("no message that fits arrived from %s within %s; of the last one %s", d.stream.name, limit.Or(defaultWithin), why)
		}
		d.report.Check(failedCheck(name, "a message", "nothing", text))
		return nil
	}
	return d.over(err, "a message arrived")
}

// over says that the connection ended before something happened.
func (d *dialogue) over(err error, before string) error {
	end, ok := errors.AsType[*ended](err)
	if !ok {
		end = &ended{lost: fmt.Sprintf("the connection to %s broke: %s", d.stream.name, cause(err))}
	}
	f := executors.Failf("%s before %s", oneLine(excerpt.Of(end.Error(), maxCause)), before)
	f.Err = err
	return f
}

// judgeMessage checks a message as if it were the body of an answer.
func (d *dialogue) judgeMessage(ctx context.Context, event string, binary *bool, checks []spec.Check, m message, in *response) []executors.Check {
	name := fmt.Sprintf("message %d ", d.number)
	var out []executors.Check
	if event != "" {
		out = append(out, d.verdicts("event", spec.Matcher{Equals: &spec.Value{V: event}}, spec.TextActual(m.header.Get("Event")))...)
	}
	if binary != nil {
		want := message{binary: *binary}.kind()
		c := executors.Check{Name: "is " + want, Passed: m.binary == *binary, Expected: want, Actual: m.kind()}
		if !c.Passed {
			c.Message = fmt.Sprintf("should be %s, but is %s", want, m.kind())
		}
		out = append(out, c)
	}
	for _, c := range checks {
		out = append(out, d.judge(ctx, c, in)...)
	}
	if len(out) == 0 {
		out = append(out, executors.Check{Name: "arrives", Passed: true, Expected: "a message", Actual: "a message"})
	}
	for i := range out {
		out[i].Name = name + out[i].Name
		if !out[i].Passed {
			out[i].Message = strings.TrimSuffix(name, " ") + ": " + out[i].Message
		}
	}
	return out
}

// keepDiffs shows how the newest message differs from what was expected of it.
func (d *dialogue) keepDiffs(ctx context.Context, checks []spec.Check, in *response) {
	if in == nil {
		return
	}
	if len(in.snapshots) > 0 {
		d.keepSnapshots(ctx, in, d.report)
	}
	of := fmt.Sprintf("message %d ", d.number)
	for _, c := range checks {
		if _, _, ok := compared(c, in); ok {
			d.addDiff(of, c, d.judge(ctx, c, in), in, d.report)
		}
	}
}

// response is the message in the form that checks and captures judge.
func (m message) response() *response { return &response{body: m.data, header: m.header} }

func (d *dialogue) captureMessage(captures map[string]spec.Capture, m message) {
	before := d.report.Detail["captured"]
	d.capture(captures, m.response(), d.report)
	old, _ := before.(map[string]any)
	now, _ := d.report.Detail["captured"].(map[string]any)
	for name, v := range old {
		if _, again := now[name]; !again && now != nil {
			now[name] = v
		}
	}
}
