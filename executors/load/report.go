package load

import (
	"context"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// maxRows bounds the series of a load: it has a row for each second, or for
// more of them where it lasts longer than ten minutes.
const maxRows = 600

// row is what was measured in one interval.
type row struct {
	Second   float64 `json:"second"` // of its end, since the start of the load
	Requests int64   `json:"requests"`
	Failed   int64   `json:"failed"`
	Rate     float64 `json:"rate"` // requests a second
	Passes   int64   `json:"iterations"`
	Dropped  int64   `json:"dropped"`
	Users    int     `json:"vus"`
	Median   float64 `json:"med"` // of http_req_duration, in ms
	P95      float64 `json:"p95"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
	Sent     int64   `json:"sent"`
	Received int64   `json:"received"`
	Messages int64   `json:"messages,omitempty"`    // that arrived over WebSockets
	Delivery float64 `json:"deliveryP95,omitempty"` // p(95) of ws_delivery, in ms

	checksPassed, checksFailed int64
}

// series is what was measured over time. Until the load is over it belongs to
// report alone.
type series struct {
	total  *tally
	rows   []row
	users  int // at the last moment that was looked at; guarded by run.mu
	length time.Duration
}

// report gathers what is measured once a second, tells the sink, and ends the
// load when a threshold asks for that.
func (r *run) report(ctx context.Context) {
	in := r.newIntervals()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-ctx.Done():
			done = true
		case <-tick.C:
		}
		fresh := r.recorder.collect()
		r.series.total.merge(fresh)
		in.add(fresh, time.Now(), done)
	}
}

// intervals cuts what is measured into the rows of the series.
type intervals struct {
	run    *run
	every  int // seconds of an interval
	n      int // seconds so far
	looked time.Time

	window, last     *tally // of the interval that is under way, and of the one before
	began, lastBegan time.Time
}

func (r *run) newIntervals() *intervals {
	return &intervals{
		run: r, every: 1 + int(r.planned()/(maxRows*time.Second)), looked: r.started,
		window: newTally(), last: newTally(), began: r.started, lastBegan: r.started,
	}
}

// add takes what was measured until a moment, about a second, which is in the
// total already. After the end nothing follows.
func (in *intervals) add(fresh *tally, now time.Time, end bool) {
	r := in.run
	in.window.merge(fresh)
	in.n++
	if !end {
		r.breakOff(now.Sub(r.started))
		r.pulse(fresh, in.looked, now)
		in.looked = now
	}
	switch {
	case end && !now.After(in.began) && len(r.series.rows) > 0:
	case end && len(r.series.rows) > 0 && now.Sub(in.began) < time.Duration(in.every)*time.Second/2:
		// What is left is no interval of its own: its rate would say nothing.
		r.series.rows = r.series.rows[:len(r.series.rows)-1]
		r.tell(in.window, in.began, now)
		in.last.merge(in.window)
		r.add(in.last, in.lastBegan, now)
	case end || in.n%in.every == 0:
		r.tell(in.window, in.began, now)
		r.add(in.window, in.began, now)
		in.last, in.lastBegan = in.window, in.began
		in.window, in.began = newTally(), now
	}
}

// pulse tells whoever looks on how the last second was.
func (r *run) pulse(fresh *tally, from, to time.Time) {
	second := r.row(fresh, to.Sub(from))
	out := executors.Pulse{Elapsed: to.Sub(r.started), Rate: second.Rate, P95: second.P95, At: to}
	if second.Requests > 0 {
		out.Failed = float64(second.Failed) / float64(second.Requests)
	}
	if second.Requests == 0 && second.Messages > 0 {
		out.Rate, out.P95 = float64(second.Messages)/max(to.Sub(from).Seconds(), 1e-9), second.Delivery
	}
	for _, p := range r.series.total.passes {
		out.Dropped += p.dropped
	}
	out.Users = r.busy()
	r.sink.Emit(out)
}

// busy is how many virtual users there are now, those of all parts together.
func (r *run) busy() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.team != nil {
		return r.team.users
	}
	return len(r.active)
}

// planned is how long the load lasts at most, without graceful stops.
func (r *run) planned() (longest time.Duration) {
	for _, s := range r.scenarios {
		longest = max(longest, time.Duration(s.plan.StartTime)+r.length(s))
	}
	return longest
}

// breakOff ends the load when a threshold that may do that does not hold. One
// without samples waits for them.
func (r *run) breakOff(elapsed time.Duration) {
	for _, l := range r.limits {
		if !l.source.AbortOnFail || elapsed < time.Duration(l.source.DelayAbortEval) {
			continue
		}
		if v := r.judge(l, r.series.total, elapsed); !v.Passed && v.Samples > 0 && !v.Unjudged && lasting(l.limit) {
			l.broke = true
			r.abort()
		}
	}
}

// lasting is false for limits that a count reaches only in the end.
func lasting(l spec.Limit) bool {
	return l.Aggregate != "count" || l.Operator == "<" || l.Operator == "<="
}

// add adds a row to the series.
func (r *run) add(window *tally, from, to time.Time) {
	out := r.row(window, to.Sub(from))
	out.Second, out.Users = to.Sub(r.started).Seconds(), r.series.users
	r.series.rows = append(r.series.rows, out)
}

// tell emits the metrics of an interval.
func (r *run) tell(window *tally, from, to time.Time) {
	users := r.busy()
	r.mu.Lock()
	if users > 0 || r.series.users == 0 {
		r.series.users = users
	}
	r.mu.Unlock()
	out := r.row(window, to.Sub(from))
	emit := func(name, unit string, value float64, tags map[string]string) {
		r.sink.Emit(executors.Metric{Name: name, Unit: unit, Value: value, Tags: tags, At: to})
	}
	emit("http_reqs", "1", float64(out.Requests), nil)
	emit("iterations", "1", float64(out.Passes), nil)
	emit("dropped_iterations", "1", float64(out.Dropped), nil)
	emit("vus", "1", float64(users), nil)
	emit("data_sent", "By", float64(out.Sent), nil)
	emit("data_received", "By", float64(out.Received), nil)
	if n := out.checksPassed + out.checksFailed; n > 0 {
		emit("checks", "1", float64(out.checksPassed)/float64(n), nil)
	}
	if out.Messages > 0 {
		emit("ws_msgs_received", "1", float64(out.Messages), nil)
		emit("ws_delivery", "ms", out.Delivery, map[string]string{"aggregate": "p(95)"})
	}
	if out.Requests == 0 {
		return
	}
	emit("http_req_failed", "1", float64(out.Failed)/float64(out.Requests), nil)
	for _, v := range []struct {
		aggregate string
		value     float64
	}{{"med", out.Median}, {"p(95)", out.P95}, {"p(99)", out.P99}, {"max", out.Max}} {
		emit("http_req_duration", "ms", v.value, map[string]string{"aggregate": v.aggregate})
	}
}

func (r *run) row(t *tally, length time.Duration) (out row) {
	durations, deliveries := &histogram{digits: headline}, &histogram{digits: headline}
	for _, c := range t.cells {
		out.Requests += c.requests
		out.Failed += c.failed
		out.Sent += c.sent
		out.Received += c.received
		durations.merge(&c.duration)
		out.Messages += c.messagesReceived
		deliveries.merge(&c.delivery)
	}
	out.Delivery = deliveries.percentile(95)
	for _, p := range t.passes {
		out.Passes += p.iterations
		out.Dropped += p.dropped
	}
	for _, j := range t.checks {
		out.checksPassed += j.passed
		out.checksFailed += j.failed
	}
	out.Rate = float64(out.Requests) / max(length.Seconds(), 1e-9)
	out.Median, out.P95, out.P99, out.Max = durations.percentile(50), durations.percentile(95), durations.percentile(99), durations.most()
	return out
}
