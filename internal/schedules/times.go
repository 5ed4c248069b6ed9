package schedules

import (
	"context"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

// MaxTimes bounds how many times NextFireTimes foretells.
const MaxTimes = 100

// NextFireTimes returns the next times of a schedule in its zone, none while it
// is paused. The caller has got the schedule.
func (s *Service) NextFireTimes(_ context.Context, row *ent.Schedule, first int) ([]time.Time, error) {
	if first < 1 || first > MaxTimes {
		return nil, apperr.Invalid("first", "first must be from 1 to %d", MaxTimes)
	}
	out := []time.Time{}
	if row.Paused || row.NextFireAt == nil {
		return out, nil
	}
	cron, err := cronOf(row.Cron, row.TimeZone)
	if err != nil {
		return nil, err
	}
	for at := cron.Next(row.NextFireAt.Add(-time.Nanosecond)); len(out) < first && !at.IsZero(); at = cron.Next(at) {
		out = append(out, at)
	}
	return out, nil
}

// latest returns the newest time of a schedule that is not after now, given one
// that is not after now either. However long no server was there, it looks at
// few times.
func latest(cron *spec.Cron, came, now time.Time) time.Time {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 32 * 24 * time.Hour, 366 * 24 * time.Hour} {
		from := now.Add(-back)
		if from.Before(came) {
			break
		}
		if next := cron.Next(from); !next.IsZero() && !next.After(now) {
			came = next
			break
		}
	}
	for {
		next := cron.Next(came)
		if next.IsZero() || next.After(now) {
			return came
		}
		came = next
	}
}
