package schedules

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schedule"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Settings are what a person decides about a schedule.
type Settings struct {
	Name        string
	Cron        string
	TimeZone    string           // UTC when empty
	Overlap     schedule.Overlap // skip when empty
	Missed      schedule.Missed  // once when empty
	Paused      bool
	Environment string // the plan's when empty
	Variables   map[string]string
	Priority    int // 1–4; 0 means 2
}

// Change is what Update changes; what is nil stays.
type Change struct {
	Name, Cron, TimeZone, Environment *string
	Overlap                           *schedule.Overlap
	Missed                            *schedule.Missed
	Paused                            *bool
	Variables                         *map[string]string
	Priority                          *int
}

// check completes the settings and returns when they fire.
func (in *Settings) check() (*spec.Cron, error) {
	if in.TimeZone == "" {
		in.TimeZone = time.UTC.String()
	}
	if in.Overlap == "" {
		in.Overlap = schedule.DefaultOverlap
	}
	if in.Missed == "" {
		in.Missed = schedule.DefaultMissed
	}
	if err := schedule.OverlapValidator(in.Overlap); err != nil {
		return nil, apperr.Invalid("overlap", "overlap is ALLOW, SKIP, QUEUE or CANCEL")
	}
	if err := schedule.MissedValidator(in.Missed); err != nil {
		return nil, apperr.Invalid("missed", "missed is ONCE or SKIP")
	}
	switch {
	case strings.TrimSpace(in.Name) == "" || len(in.Name) > 100:
		return nil, apperr.Invalid("name", "a schedule needs a name of 1–100 characters")
	case len(in.Cron) > 200:
		return nil, apperr.Invalid("cron", "a cron expression has at most 200 characters")
	case len(in.TimeZone) > 100:
		return nil, apperr.Invalid("timeZone", "the name of a time zone has at most 100 characters")
	case len(in.Environment) > 100:
		return nil, apperr.Invalid("environment", "the name of an environment has at most 100 characters")
	case len(in.Variables) > 200:
		return nil, apperr.Invalid("variables", "a schedule gives at most 200 variables")
	case in.Priority < 0 || in.Priority > 4:
		return nil, apperr.Invalid("priority", "priority must be from 1 to 4; 1 is served first")
	}
	for name, value := range in.Variables {
		if len(name) > 100 || len(value) > 10_000 {
			return nil, apperr.Invalid("variables", "a variable has at most 10000 characters, and its name 100")
		}
	}
	return cronOf(in.Cron, in.TimeZone)
}

func cronOf(expression, timeZone string) (*spec.Cron, error) {
	zone, err := spec.ParseZone(timeZone)
	if err != nil {
		return nil, apperr.Invalid("timeZone", "the time zone %s", err)
	}
	cron, err := spec.ParseCron(expression, zone)
	if err != nil {
		return nil, apperr.Invalid("cron", "the schedule %s", err)
	}
	return cron, nil
}

func (c Change) onlyPauses() bool {
	c.Paused = nil
	return c == Change{}
}

func (c Change) apply(to Settings) Settings {
	set(&to.Name, c.Name)
	set(&to.Cron, c.Cron)
	set(&to.TimeZone, c.TimeZone)
	set(&to.Environment, c.Environment)
	set(&to.Overlap, c.Overlap)
	set(&to.Missed, c.Missed)
	set(&to.Paused, c.Paused)
	set(&to.Variables, c.Variables)
	set(&to.Priority, c.Priority)
	return to
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func settingsOf(row *ent.Schedule) Settings {
	return Settings{
		Name: row.Name, Cron: row.Cron, TimeZone: row.TimeZone, Overlap: row.Overlap, Missed: row.Missed, Paused: row.Paused,
		Environment: row.Environment, Variables: row.Variables, Priority: row.Priority,
	}
}

func (in Settings) equal(other Settings) bool {
	return maps.Equal(in.Variables, other.Variables) && in.Name == other.Name && in.Cron == other.Cron && in.TimeZone == other.TimeZone &&
		in.Overlap == other.Overlap && in.Missed == other.Missed && in.Paused == other.Paused &&
		in.Environment == other.Environment && in.Priority == other.Priority
}

// save gives a row its new settings. Times that passed while it was paused, or
// that only the old expression had, are not made up for.
func save(ctx context.Context, tx *store.Tx, row *ent.Schedule, in Settings) (*ent.Schedule, error) {
	cron, err := in.check()
	if err != nil {
		return nil, err
	}
	update := tx.Schedule.UpdateOne(row).
		SetName(in.Name).SetCron(in.Cron).SetTimeZone(in.TimeZone).SetOverlap(in.Overlap).SetMissed(in.Missed).
		SetPaused(in.Paused).SetEnvironment(in.Environment).SetVariables(in.Variables).SetPriority(in.Priority)
	switch {
	case in.Paused:
		update.ClearNextFireAt().ClearQueuedFireAt()
	case row.Paused || in.Cron != row.Cron || in.TimeZone != row.TimeZone:
		now, err := clock(ctx, tx)
		if err != nil {
			return nil, err
		}
		update.SetNextFireAt(cron.Next(now))
	}
	if in.Overlap != schedule.OverlapQueue {
		update.ClearQueuedFireAt()
	}
	out, err := update.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("update the schedule: %w", err)
	}
	return out, nil
}
