package spec

import (
	"errors"
	"regexp"
	"time"
)

// Duration is written as 500ms, 30s, 5m or 1h; zero means "not given".
type Duration time.Duration

var durationForm = regexp.MustCompile(`^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+$`)

// ParseDuration reads a duration as a plan writes it: numbers with the units
// ms, s, m and h.
func ParseDuration(text string) (Duration, error) {
	if len(text) > 50 || !durationForm.MatchString(text) {
		return 0, errors.New("not a duration such as 500ms, 30s, 5m or 1h30m")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("a duration that is too long")
	}
	return Duration(d), nil
}

// Or returns the duration, or def where none was given.
func (d Duration) Or(def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return time.Duration(d)
}

// String returns the duration as a plan writes it: 90s is 1m30s, an hour 1h.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if d != 0 && d%Duration(time.Minute) == 0 {
		text = text[:len(text)-len("0s")]
	}
	if d != 0 && d%Duration(time.Hour) == 0 {
		text = text[:len(text)-len("0m")]
	}
	return text
}
