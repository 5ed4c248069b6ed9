package reel_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser/internal/reel"
)

var zero = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(second int) time.Time { return zero.Add(time.Duration(second) * time.Second) }

func fill(r *reel.Reel, from, to int) {
	for i := from; i <= to; i++ {
		r.Add(reel.Frame{At: at(i), JPEG: []byte{byte(i), 0, 0, 0}})
	}
}

func seconds(r *reel.Reel) []int {
	var out []int
	for _, f := range r.Frames() {
		out = append(out, int(f.At.Sub(zero)/time.Second))
	}
	return out
}

func TestShown(t *testing.T) {
	t.Parallel()
	r := reel.New(10, 1<<20)
	if _, ok := r.Shown(at(5)); ok {
		t.Error("an empty reel has shown something")
	}
	r.Add(reel.Frame{At: at(4), JPEG: []byte{4}})
	r.Add(reel.Frame{At: at(2), JPEG: []byte{2}}) // told late
	r.Add(reel.Frame{At: at(6)})                  // empty
	for when, want := range map[int]int{1: 0, 2: 2, 3: 2, 4: 4, 9: 4} {
		f, ok := r.Shown(at(when))
		if ok != (want > 0) || ok && int(f.JPEG[0]) != want {
			t.Errorf("at %d: %v, %v, want %d", when, f.JPEG, ok, want)
		}
	}
}

func TestThinning(t *testing.T) {
	t.Parallel()
	r := reel.New(8, 1<<20)
	r.Mark(at(4))
	fill(r, 1, 40)
	got := seconds(r)
	if len(got) > 8 || got[0] != 1 || got[len(got)-1] != 40 {
		t.Errorf("kept %v: want at most 8, with the first and the last one", got)
	}
	if diff := cmp.Diff([]byte{4, 0, 0, 0}, shown(r, 4)); diff != "" {
		t.Errorf("what was shown at the mark is gone: %v", got)
	}
}

func shown(r *reel.Reel, second int) []byte {
	f, _ := r.Shown(at(second))
	return f.JPEG
}

// TestBounds: also when everything matters.
func TestBounds(t *testing.T) {
	t.Parallel()
	r := reel.New(5, 40)
	for i := range 100 {
		r.Mark(at(i))
	}
	fill(r, 0, 99)
	r.Add(reel.Frame{At: at(100), JPEG: make([]byte, 1000)})
	bytes := 0
	for _, f := range r.Frames() {
		bytes += len(f.JPEG)
	}
	if n := len(r.Frames()); n > 5 || n < 2 || bytes > 40 {
		t.Errorf("%d frames of %d bytes", n, bytes)
	}
	if got := seconds(r); got[len(got)-1] != 99 {
		t.Errorf("the newest one is lost: %v", got)
	}
}
