package password

// Occupy takes a place until it is called back.
func (h *Hasher) Occupy() (leave func()) {
	h.places <- struct{}{}
	return func() { <-h.places }
}

// Waiting returns how many wait for a place.
func (h *Hasher) Waiting() int64 { return h.waiting.Load() }
