package spec

import "time"

// Duration is written as 500ms, 30s, 5m or 1h; zero means "not given".
type Duration time.Duration

// Or returns the duration, or def where none was given.
func (d Duration) Or(def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return time.Duration(d)
}

// String implements fmt.Stringer.
func (d Duration) String() string { return time.Duration(d).String() }
