package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines without a database of them

	"github.com/robfig/cron/v3"
)

// Cron is a cron expression in a time zone.
type Cron struct {
	fields cron.SpecSchedule
	zone   *time.Location
	hourly bool // the hours are not restricted, so times follow the elapsed time
}

// cronFields are the fields in their order, with what each may hold.
var cronFields = []struct{ name, values string }{
	{"minute", "0-59"},
	{"hour", "0-23"},
	{"day of the month", "1-31"},
	{"month", "1-12 or JAN-DEC"},
	{"day of the week", "0-6, where 0 is Sunday, or SUN-SAT"},
}

// cronNames are the short forms that are allowed.
var cronNames = []string{"@hourly", "@daily", "@weekly", "@monthly"}

var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// ParseCron reads a cron expression of five fields, or one of the short forms
// @hourly, @daily, @weekly and @monthly, for a zone of ParseZone. It refuses an
// expression whose time never comes.
func ParseCron(expression string, zone *time.Location) (*Cron, error) {
	fields := strings.Fields(expression)
	if len(fields) == 1 && strings.HasPrefix(fields[0], "@") {
		if !slices.Contains(cronNames, fields[0]) {
			return nil, fmt.Errorf("is %s, which is not known; use five fields, or %s", brief(fields[0]), strings.Join(cronNames[:3], ", ")+" or "+cronNames[3])
		}
	} else if err := checkCronFields(fields); err != nil {
		return nil, err
	}
	parsed, err := cronParser.Parse(strings.Join(fields, " "))
	times, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok { // each field was checked
		return nil, fmt.Errorf("is %s, which is not a cron expression", brief(expression))
	}
	c := &Cron{fields: *times, zone: zone, hourly: times.Hour&allHours == allHours}
	if c.at(0, leapEve).IsZero() {
		return nil, fmt.Errorf("is %s, a day that never comes", brief(expression))
	}
	return c, nil
}

// allHours are the bits of the 24 hours.
const allHours = 1<<24 - 1

// leapEve stands a year before a 29 February, which the search for a day that
// comes must reach: the library looks five years ahead.
var leapEve = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// checkCronFields finds the field that is wrong: the library names none, and
// takes an empty list for a value.
func checkCronFields(fields []string) error {
	if len(fields) != len(cronFields) {
		return fmt.Errorf("must have five fields (minute, hour, day of the month, month and day of the week), but has %d", len(fields))
	}
	for i, f := range fields {
		all := []string{"*", "*", "*", "*", "*"}
		all[i] = f
		_, err := cronParser.Parse(strings.Join(all, " "))
		if err == nil && slices.Contains(strings.Split(f, ","), "") {
			err = errors.New("an element of the list is empty")
		}
		if err != nil {
			return fmt.Errorf("has %s for the %s; use %s, alone, as a list 1,2, a range 1-5 or steps */2",
				brief(f), cronFields[i].name, cronFields[i].values)
		}
	}
	return nil
}

// ParseZone returns the time zone with a name of the IANA database.
func ParseZone(name string) (*time.Location, error) {
	// The machine's own zone would be another one elsewhere.
	if name != "" && !strings.EqualFold(name, "local") {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("is %s, which is not the name of a time zone; use one such as Europe/Copenhagen or UTC", brief(name))
}

// nextWithin is how many years ahead a time is looked for.
const nextWithin = 6

// Next returns the first time after a given one, zero when none comes within
// years.
//
// Where clocks change, local times mean what RFC 5545 says: one that does not
// exist is read with the offset before the change (02:30 is 03:30 that day), and
// one that comes twice is the first of the two. An expression that names every
// hour follows the elapsed time instead.
func (c *Cron) Next(after time.Time) time.Time {
	limit := after.AddDate(nextWithin, 0, 0)
	// The library knows no clocks that change, so it is asked for one period
	// between changes at a time.
	for at := after.In(c.zone); at.Before(limit); {
		start, end := at.ZoneBounds()
		next := c.within(at, start, after)
		if next.IsZero() || end.IsZero() || next.Before(end) {
			return next.In(c.zone)
		}
		at, after = end.In(c.zone), end.Add(-time.Nanosecond)
	}
	return time.Time{}
}

// within returns the first time after a given one as if clocks were never
// changed again after start, the change before at.
func (c *Cron) within(at, start, after time.Time) time.Time {
	_, offset := at.Zone()
	if c.hourly || start.IsZero() {
		return c.at(offset, after)
	}
	_, before := start.Add(-time.Nanosecond).In(c.zone).Zone()
	shift := time.Duration(offset-before) * time.Second
	if shift < 0 { // what comes now came before the change
		if again := start.Add(-shift - time.Nanosecond); after.Before(again) {
			after = again
		}
		return c.at(offset, after)
	}
	next := c.at(offset, after)
	if left := c.at(before, after); !left.IsZero() && left.Before(start.Add(shift)) && left.Before(next) {
		return left
	}
	return next
}

// at is the first time after a given one where clocks stand still.
func (c *Cron) at(offset int, after time.Time) time.Time {
	fields := c.fields
	fields.Location = time.FixedZone("", offset)
	return fields.Next(after)
}
