package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// crowded is how long a case stays in the queue for which there is no room now:
// another worker may have some.
const crowded = time.Second

// rooms are the slots of kinds whose executors tell for how many cases there is
// room. It is safe for concurrent use.
type rooms struct {
	mu     sync.Mutex
	byKind map[spec.Kind]*kindRoom
}

type kindRoom struct {
	executor executors.Roomy
	most     int // slots
	offered  int // of them, now
	used     int
}

func newRooms() *rooms { return &rooms{byKind: map[spec.Kind]*kindRoom{}} }

func (r *rooms) watch(kind spec.Kind, e executors.Roomy, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byKind[kind] = &kindRoom{executor: e, most: most, offered: most}
}

// look asks the executors, and reports whether other slots are offered now.
func (r *rooms) look() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := false
	for _, k := range r.byKind {
		offered := k.most
		if room, known := k.executor.Room(); known {
			offered = min(k.most, max(1, room))
		}
		changed = changed || offered != k.offered
		k.offered = offered
	}
	return changed
}

// enter takes a slot; false when none is offered. Whoever got one leaves it.
func (r *rooms) enter(kind spec.Kind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.byKind[kind]
	if k == nil {
		return true
	}
	if k.used >= k.offered {
		return false
	}
	k.used++
	return true
}

func (r *rooms) leave(kind spec.Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.byKind[kind]; k != nil {
		k.used--
	}
}

// of is how many slots of a kind are offered, where its executor tells.
func (r *rooms) of(kind spec.Kind) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.byKind[kind]; k != nil {
		return k.offered, true
	}
	return 0, false
}

// offered are the slots of all kinds, as the other processes are told.
func (h *Host) offered() map[string]int {
	out := make(map[string]int, len(h.executors))
	for kind := range h.executors {
		out[string(kind)] = h.slots[kind]
		if n, ok := h.room.of(kind); ok {
			out[string(kind)] = n
		}
	}
	return out
}

// fit offers as many slots as there is room for, and tells so when it changes.
func (h *Host) fit(ctx context.Context) error {
	if !h.room.look() {
		return nil
	}
	slots := h.offered()
	h.logger.Info("the worker's slots fit the memory that is left", "worker", h.id, "slots", slots)
	return h.workers.Offer(ctx, h.id, slots)
}
