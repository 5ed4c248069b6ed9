package spec

import "time"

// LoadGrant is what a project may do beyond the limits of load that the workers
// have. What is zero or empty raises nothing.
type LoadGrant struct {
	MaxUsers    int // virtual users of a case at once
	MaxDuration time.Duration
	MaxRamp     time.Duration
	Hosts       []string // as ParseHost writes them
}
