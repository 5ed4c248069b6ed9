package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// orderEvents tells about one order as server-sent events: its state so far, and
// then every change until the caller leaves. The ids are numbers from 1.
func (s *Shop) orderEvents(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c := &watcher{out: make(chan any, watchBacklog), cancel: cancel, orders: map[string]bool{}}
	if !s.live.admit(c) {
		s.fail(w, r, &problem{Status: http.StatusServiceUnavailable, Detail: "Too many people are watching. Try again later."})
		return
	}
	defer s.live.dismiss(c)
	if err := s.beginEvents(c, r.PathValue("id")); err != nil {
		s.fail(w, r, &problem{Status: http.StatusNotFound, Detail: err.Error()})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	for id := 1; ; id++ {
		select {
		case <-ctx.Done():
			return
		case v := <-c.out:
			e, ok := v.(orderEvent)
			if !ok {
				continue
			}
			data, err := json.Marshal(e)
			if err == nil {
				_, err = fmt.Fprintf(w, "event: %s\nid: %d\ndata: %s\n\n", e.Type, id, data)
			}
			if err != nil || out.Flush() != nil {
				return
			}
		}
	}
}

// beginEvents holds the store's lock, as beginWatch does.
func (s *Shop) beginEvents(c *watcher, id string) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, err := s.store.lookUp(id)
	if err != nil {
		return err
	}
	s.live.watchOne(c, id)
	c.send(o.event("order.snapshot"))
	return nil
}
