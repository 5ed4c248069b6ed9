package events

import (
	"encoding/json"
	"testing"
)

// The hub looks a message's run up before it reads the rest, so the run's id
// must come first in what is published.
func TestMessagesBeginWithTheirRun(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]any{
		"event": Event{RunID: "run_1", ProjectID: "prj_1", Title: `{"runId":"run_2"`},
		"tick":  Tick{RunID: "run_1", StepName: `{"runId":"run_2"`},
	} {
		payload, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		if got := runOf(string(payload)); got != "run_1" {
			t.Errorf("%s: the run is read as %q from %s", name, got, payload)
		}
	}
	if got := runOf(`{"seq":1}`); got != "" {
		t.Errorf("a message without a run first is read as %q", got)
	}
}

// A tail that is full drops its oldest events without losing its order.
func TestTailKeepsTheNewest(t *testing.T) {
	t.Parallel()
	topic := newTopic(nil, "run_1", nil, func() {})
	const n = 3*tailLimit + 7
	for seq := int64(1); seq <= n; seq++ {
		topic.offer(Event{RunID: "run_1", Seq: seq})
	}
	if len(topic.tail) != tailLimit || topic.last() != n {
		t.Fatalf("the tail holds %d events up to %d, want %d up to %d", len(topic.tail), topic.last(), tailLimit, n)
	}
	var events []Event
	for len(events) < tailLimit {
		more, held, _ := topic.after(n - tailLimit + int64(len(events)))
		if !held || len(more) != followBatch {
			t.Fatalf("%d events (held: %v) follow, want %d at once", len(more), held, followBatch)
		}
		events = append(events, more...)
	}
	for i, e := range events {
		if want := int64(n - tailLimit + i + 1); e.Seq != want {
			t.Fatalf("event %d has number %d, want %d", i, e.Seq, want)
		}
	}
	if _, held, _ := topic.after(n - tailLimit - 1); held {
		t.Error("the tail claims to hold what it has dropped")
	}
}

// What is watched is read from Postgres only when that has more.
func TestOnlyTopicsBehindAreRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		have   int64
		latest int64
		reads  bool
	}{
		{"as far", 3, 3, false},
		{"further than a read that is old", 4, 3, false},
		{"behind", 3, 4, true},
		{"not begun", 0, 4, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			topic := newTopic(nil, "run_1", nil, func() {})
			for seq := int64(1); seq <= tt.have; seq++ {
				topic.offer(Event{RunID: "run_1", Seq: seq})
			}
			topic.compare(tt.latest)
			topic.compare(tt.latest) // a second one neither blocks nor asks twice
			if got := len(topic.behind); got != map[bool]int{true: 1}[tt.reads] {
				t.Errorf("a topic at %d asks for %d reads when Postgres is at %d", tt.have, got, tt.latest)
			}
		})
	}
}
