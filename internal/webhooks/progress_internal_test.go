package webhooks

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/events"
)

// finished returns the events of n cases that finish one after the other.
func finished(total, from, to int) []events.Event {
	var out []events.Event
	for n := from + 1; n <= to; n++ {
		out = append(out, events.Event{Type: events.CaseFinished, Status: "running", Counts: events.Counts{Total: total, Finished: n}})
	}
	return out
}

// together returns the events of n cases that finish at once, as by a stop.
func together(status string, total, n, after int) []events.Event {
	out := make([]events.Event, n)
	for i := range out {
		out[i] = events.Event{Type: events.CaseFinished, Status: status, Counts: events.Counts{Total: total, Finished: after}}
	}
	return out
}

func of(t events.Type, status string) events.Event { return events.Event{Type: t, Status: status} }

func TestTranslate(t *testing.T) {
	t.Parallel()
	join := func(parts ...[]events.Event) (out []events.Event) {
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	one := func(e events.Event) []events.Event { return []events.Event{e} }
	tests := map[string]struct {
		evs  []events.Event
		want []string
	}{
		"nothing": {},
		"what nobody is told": {[]events.Event{
			of(events.RunQueued, "queued"), of(events.CaseStarted, "running"), of(events.CaseRetried, "running"),
			of(events.CaseRequeued, "running"), of(events.RunStopping, "running"),
		}, nil},
		"start":     {one(of(events.RunStarted, "running")), []string{"test.execution.started 0"}},
		"passed":    {one(of(events.RunFinished, "passed")), []string{"test.execution.completed 0"}},
		"failed":    {one(of(events.RunFinished, "failed")), []string{"test.execution.failed 0"}},
		"errored":   {one(of(events.RunFinished, "errored")), []string{"test.execution.failed 0"}},
		"cancelled": {one(of(events.RunFinished, "cancelled")), []string{"test.execution.failed 0"}},
		"one case":  {finished(1, 0, 1), nil},
		"three cases": {finished(3, 0, 3), []string{
			"test.execution.progress 1", "test.execution.progress 2"}},
		"ten cases but the last":   {finished(10, 0, 2), []string{"test.execution.progress 1", "test.execution.progress 2"}},
		"between tenths":           {finished(100, 11, 19), nil},
		"over one tenth":           {finished(100, 15, 25), []string{"test.execution.progress 20"}},
		"the end":                  {finished(100, 90, 100), nil},
		"skipped before the start": {join(one(of(events.RunQueued, "queued")), together("queued", 10, 3, 3)), nil},
		"stopped":                  {join(one(of(events.RunStopping, "running")), together("running", 100, 50, 70)), []string{"test.execution.progress 70"}},
		"stopped at the end": {join(together("running", 100, 50, 100), one(of(events.RunFinished, "cancelled"))),
			[]string{"test.execution.failed 0"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, n := range translate(tt.evs) {
				got = append(got, fmt.Sprintf("%s %d", n.typ, n.event.Counts.Finished))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// However the events of a run are cut into transactions, each tenth is told once.
func TestProgressDoesNotDependOnBatches(t *testing.T) {
	t.Parallel()
	for _, total := range []int{1, 2, 9, 10, 11, 37, 1000} {
		for _, batch := range []int{1, 3, 7, total} {
			told := 0
			evs := finished(total, 0, total)
			for len(evs) > 0 {
				n := min(batch, len(evs))
				told += len(translate(evs[:n]))
				evs = evs[n:]
			}
			if want := min(total-1, 9); told != want {
				t.Errorf("%d cases, %d at a time: told %d times, want %d", total, batch, told, want)
			}
		}
	}
}
