package ratelimit

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// slices is into how many parts the time of a limit is cut. What is counted
// covers them and the one that has just begun, so never less than the time.
const slices = 12

// keys is how many keys a process counts alone. Those that nobody has asked for
// the longest are forgotten.
const keys = 50_000

// memory counts for this process alone, by a clock that does not jump.
type memory struct {
	began time.Time

	mu      sync.Mutex
	windows *simplelru.LRU[windowKey, *window]
	logs    *simplelru.LRU[windowKey, []time.Duration]
}

type windowKey struct {
	limit Limit
	id    string
}

// window is what was taken in the newest slices.
type window struct {
	newest int64
	counts [slices + 1]int // of slice n at n modulo their number
}

func newMemory() *memory {
	windows, err := simplelru.NewLRU[windowKey, *window](keys, nil)
	if err != nil {
		panic(err) // the size is a constant
	}
	logs, err := simplelru.NewLRU[windowKey, []time.Duration](keys, nil)
	if err != nil {
		panic(err)
	}
	return &memory{began: time.Now(), windows: windows, logs: logs}
}

func (m *memory) now() time.Duration { return time.Since(m.began) }

// take looks whether the limits allow a cost, and counts it then unless it is
// only looked.
func (m *memory) take(limits []Limit, id string, cost int, count bool) []view {
	now := m.now()
	out := make([]view, len(limits))
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, l := range limits {
		if w, ok := m.windows.Get(windowKey{l, id}); ok {
			w.advance(sliceOf(now, l))
			out[i] = w.view(now, l, cost)
		} else {
			out[i] = view{allowed: true}
		}
	}
	if count && allowed(out) {
		for i, l := range limits {
			out[i] = m.addLocked(now, l, id, cost)
		}
	}
	return out
}

// add counts what Redis has allowed.
func (m *memory) add(limits []Limit, id string, cost int) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range limits {
		m.addLocked(now, l, id, cost)
	}
}

func (m *memory) addLocked(now time.Duration, l Limit, id string, cost int) view {
	key, slice := windowKey{l, id}, sliceOf(now, l)
	w, ok := m.windows.Get(key)
	if !ok {
		w = &window{newest: slice}
		m.windows.Add(key, w)
	}
	w.advance(slice)
	w.counts[slice%(slices+1)] += min(cost, l.Max)
	v := w.view(now, l, 0)
	v.allowed, v.wait = true, 0
	return v
}

func widthOf(l Limit) time.Duration { return max(l.Per/slices, time.Millisecond) }

func sliceOf(now time.Duration, l Limit) int64 { return int64(now / widthOf(l)) }

// advance drops the slices that have left the window.
func (w *window) advance(to int64) {
	for w.newest < to {
		if to-w.newest > slices {
			*w = window{newest: to}
			return
		}
		w.newest++
		w.counts[w.newest%(slices+1)] = 0
	}
}

func (w *window) view(now time.Duration, l Limit, cost int) view {
	v := view{}
	for _, n := range w.counts {
		v.used += n
	}
	cost = min(cost, l.Max)
	v.allowed = v.used+cost <= l.Max
	left := v.used
	for slice := w.newest - slices; slice <= w.newest; slice++ {
		n := w.counts[(slice+slices+1)%(slices+1)]
		if n == 0 {
			continue
		}
		leaves := time.Duration(slice+slices+1)*widthOf(l) - now
		if left+cost > l.Max {
			v.wait = leaves
		}
		left -= n
		v.reset = leaves
	}
	return v
}
