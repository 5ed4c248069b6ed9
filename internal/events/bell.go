package events

// A bell hastens what somebody who waits would find in Postgres anyway: it says
// that there is something new about an id, and not what.

// Ring wakes those who attend to an id, in all processes.
func (b *Bus) Ring(id string) { b.enqueue(message{channelBells, []byte(id)}) }

// Attend returns a channel that gets a value soon after the id was rung for, one
// for any number of rings, until leave is called. A ring may be lost: whoever
// waits also looks by itself from time to time.
func (h *Hub) Attend(id string) (rung <-chan struct{}, leave func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bells[id] == nil {
		h.bells[id] = map[chan struct{}]struct{}{}
	}
	h.bells[id][c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.bells[id], c)
		if len(h.bells[id]) == 0 {
			delete(h.bells, id)
		}
	}
}

func (h *Hub) ring(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.bells[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
