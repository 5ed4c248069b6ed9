package seal

import "time"

// LookNow lets the sealer look at its file again at once.
func (s *Sealer) LookNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = time.Time{}
}
