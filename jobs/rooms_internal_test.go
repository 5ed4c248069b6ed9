package jobs

import (
	"testing"

	"github.com/semantest/semantest/internal/spec"
)

// hall has as much room as a test says; none is told while it is negative.
type hall int

func (h *hall) Room() (int, bool) { return int(*h), *h >= 0 }

func TestRooms(t *testing.T) {
	t.Parallel()
	kind := kindOf(Queue(spec.KindBrowser))
	if kind != spec.KindBrowser {
		t.Fatalf("the queue of %s is that of %s", spec.KindBrowser, kind)
	}
	steps := []struct {
		name    string
		room    hall
		changed bool
		offered int
		enters  int // how many get in beside those who are in
		leaves  int // afterwards
	}{
		{"more than slots", 9, false, 4, 4, 1},
		{"not told", -1, false, 4, 1, 0},
		{"less than are in", 2, true, 2, 0, 3},
		{"the same", 2, false, 2, 1, 0},
		{"none, and one is let in all the same", 0, true, 1, 0, 2},
		{"one for the first", 0, false, 1, 1, 1},
		{"all again", 4, true, 4, 4, 4},
	}
	r, h := newRooms(), hall(0)
	r.watch(kind, &h, 4)
	for _, s := range steps {
		h = s.room
		if got := r.look(); got != s.changed {
			t.Errorf("%s: changed is %t", s.name, got)
		}
		if got, ok := r.of(kind); !ok || got != s.offered {
			t.Errorf("%s: %d slots are offered, want %d", s.name, got, s.offered)
		}
		enters := 0
		for range 5 {
			if r.enter(kind) {
				enters++
			}
		}
		if enters != s.enters {
			t.Errorf("%s: %d got in, want %d", s.name, enters, s.enters)
		}
		for range s.leaves {
			r.leave(kind)
		}
	}
	for range 100 {
		if !r.enter(spec.KindAPI) {
			t.Fatal("a kind whose room nobody knows is held back")
		}
	}
}
