package browser_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/semantest/semantest/executors/browser"
)

// scales is a meter that tells what a test says.
type scales struct {
	mu         sync.Mutex
	used, free int64
	known      bool
	err        error
}

func (s *scales) Used(int) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.err
}

func (s *scales) Free() (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free, s.known
}

const mib = 1 << 20

// TestRoom: slots follow what cases were measured to cost.
func TestRoom(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		free   int64
		weighs []browser.Weighing
		want   int
	}{
		{"before the first measurement", 640 * mib, nil, 8},
		{"cheap cases", 500 * mib, []browser.Weighing{{Bare: 100 * mib, Used: 300 * mib, Pages: 4}}, 8},
		{"dear cases", 1000 * mib, []browser.Weighing{{Bare: 100 * mib, Used: 900 * mib, Pages: 2}}, 2},
		{"the dearest counts", 1000 * mib, []browser.Weighing{{Bare: 100 * mib, Used: 900 * mib, Pages: 2}, {Bare: 100 * mib, Used: 150 * mib, Pages: 1}}, 2},
		{"blank pages promise nothing", 300 * mib, []browser.Weighing{{Bare: 100 * mib, Used: 101 * mib, Pages: 1}}, 10},
		{"a browser that ended", 640 * mib, []browser.Weighing{{Bare: 100 * mib, Err: errors.New("no such process"), Pages: 1}}, 8},
		{"no pages", 640 * mib, []browser.Weighing{{Bare: 100 * mib, Used: 900 * mib}}, 8},
		{"nothing is left", 10 * mib, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &scales{free: tt.free, known: true}
			e := browser.New(browser.Options{Memory: s})
			for i, w := range tt.weighs {
				s.used, s.err = w.Used, w.Err
				browser.Weigh(e, w, i)
			}
			if got, known := e.Room(); !known || got != tt.want {
				t.Errorf("room for %d, %t, want %d", got, known, tt.want)
			}
		})
	}
	e := browser.New(browser.Options{Memory: &scales{}})
	if got, known := e.Room(); known {
		t.Errorf("it knows of room for %d, and the machine does not tell", got)
	}
}

// TestRealRoom: a case is measured when it ends, by what this machine tells.
func TestRealRoom(t *testing.T) {
	t.Parallel()
	e := browser.New(browser.Options{})
	performTask(t, e, task(open(site.put(`<h1>Well</h1>`)))).passes(t)
	eventually(t, "the case is measured", func() bool { return browser.Cost(e) > 0 })
	if cost := browser.Cost(e); cost > 1<<30 {
		t.Errorf("a small page costs %d bytes", cost)
	}
	if got, known := e.Room(); !known || got < 1 {
		t.Errorf("room for %d, %t", got, known)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
