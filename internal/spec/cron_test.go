package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// TestNextTimes holds the times against calendars: Copenhagen puts its clocks
// forward on 29 March 2026 at 02:00 and back on 25 October 2026 at 03:00.
func TestNextTimes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, cron, zone, after string
		want                    []string
	}{
		{
			"working days", "0 6 * * 1-5", "Europe/Copenhagen", "2026-01-02T06:00:00+01:00",
			[]string{"2026-01-05T06:00:00+01:00", "2026-01-06T06:00:00+01:00"},
		},
		{
			"a local time keeps its place through spring", "0 6 * * *", "Europe/Copenhagen", "2026-03-28T05:59:59+01:00",
			[]string{"2026-03-28T06:00:00+01:00", "2026-03-29T06:00:00+02:00", "2026-03-30T06:00:00+02:00"},
		},
		{
			"a time that spring leaves out comes once, later", "30 2 * * *", "Europe/Copenhagen", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"},
		},
		{
			"times that fall together come once", "30 2,3 * * *", "Europe/Copenhagen", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00", "2026-03-30T03:30:00+02:00"},
		},
		{
			"what spring leaves out keeps the order", "15,45 2,3 * * *", "Europe/Copenhagen", "2026-03-29T01:59:59+01:00",
			[]string{"2026-03-29T03:15:00+02:00", "2026-03-29T03:45:00+02:00", "2026-03-30T02:15:00+02:00"},
		},
		{
			"a time that autumn repeats comes once, the first time", "30 2 * * *", "Europe/Copenhagen", "2026-10-24T12:00:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		},
		{
			"between the two of autumn", "30 2 * * *", "Europe/Copenhagen", "2026-10-25T02:45:00+02:00",
			[]string{"2026-10-26T02:30:00+01:00"},
		},
		{
			"the hour after the repeated one", "0 3 * * *", "Europe/Copenhagen", "2026-10-25T02:15:00+02:00",
			[]string{"2026-10-25T03:00:00+01:00", "2026-10-26T03:00:00+01:00"},
		},
		{
			"every hour of the 23 of spring", "@hourly", "Europe/Copenhagen", "2026-03-29T00:30:00+01:00",
			[]string{"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"},
		},
		{
			"every hour of the 25 of autumn", "0 * * * *", "Europe/Copenhagen", "2026-10-25T01:30:00+02:00",
			[]string{"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"},
		},
		{
			"a midnight that does not exist", "@daily", "America/Santiago", "2026-09-05T12:00:00-04:00",
			[]string{"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"},
		},
		{
			"a day whose midnight does not exist", "0 0 6 9 *", "America/Santiago", "2026-01-01T00:00:00-03:00",
			[]string{"2026-09-06T01:00:00-03:00", "2027-09-06T00:00:00-03:00"},
		},
		{
			"half an hour of difference", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30",
			[]string{"2026-10-04T02:45:00+11:00", "2026-10-05T02:15:00+11:00"},
		},
		{
			"a leap day", "0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2028-02-29T12:00:00Z", "2032-02-29T12:00:00Z"},
		},
		{
			"day of the month or of the week", "0 0 13 * FRI", "UTC", "2026-02-10T00:00:00Z",
			[]string{"2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z", "2026-02-27T00:00:00Z", "2026-03-06T00:00:00Z"},
		},
		{
			"steps and lists", "*/20 8-9,17 * * *", "UTC", "2026-02-10T09:30:00Z",
			[]string{"2026-02-10T09:40:00Z", "2026-02-10T17:00:00Z", "2026-02-10T17:20:00Z"},
		},
		{"weekly", "@weekly", "Asia/Tokyo", "2026-02-10T00:00:00Z", []string{"2026-02-15T00:00:00+09:00"}},
		{"monthly", "@monthly", "UTC", "2026-02-10T00:00:00Z", []string{"2026-03-01T00:00:00Z"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			zone, err := spec.ParseZone(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			c, err := spec.ParseCron(tt.cron, zone)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range tt.want {
				at = c.Next(at)
				got = append(got, at.Format(time.RFC3339))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNextTimesAgree compares with a search through all minutes of the days
// around each change of a year.
func TestNextTimesAgree(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Copenhagen", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"} {
		for _, expression := range []string{"* * * * *", "*/7 2 * * *", "0,30 1-3 * * *", "0 0 * * *", "59 23,0,1 * * *"} {
			t.Run(name+" "+expression, func(t *testing.T) {
				t.Parallel()
				zone, err := spec.ParseZone(name)
				if err != nil {
					t.Fatal(err)
				}
				agree(t, expression, zone)
			})
		}
	}
}

func agree(t *testing.T, expression string, zone *time.Location) {
	t.Helper()
	c, err := spec.ParseCron(expression, zone)
	if err != nil {
		t.Fatal(err)
	}
	clock, err := spec.ParseCron(expression, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes(time.Date(2026, 1, 1, 0, 0, 0, 0, zone), 2) {
		from, to := change.Add(-26*time.Hour), change.Add(26*time.Hour)
		want := map[int64]bool{}
		for at := from.Add(-3 * time.Hour); at.Before(to); at = at.Add(time.Minute) {
			// The wall's hands as an instant of UTC, where they never jump.
			hands := func(t time.Time) time.Time {
				return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
			}
			_, offset := at.Zone()
			_, before := change.Add(-time.Minute).Zone()
			_, after := change.Zone()
			matches := func(w time.Time) bool { return clock.Next(w.Add(-time.Second)).Equal(w) }
			every := strings.HasPrefix(expression, "* *")
			repeated := after < before && offset == after && at.Before(change.Add(time.Duration(before-after)*time.Second)) && !at.Before(change)
			if matches(hands(at)) && (every || !repeated) {
				want[at.Unix()] = true
			}
			gap := after > before && !at.Before(change) && at.Before(change.Add(time.Duration(after-before)*time.Second))
			if gap && !every && matches(hands(at).Add(-time.Duration(after-before)*time.Second)) {
				want[at.Unix()] = true
			}
		}
		for at := from; at.Before(to); at = at.Add(13 * time.Minute) {
			var first time.Time
			for m := at.Truncate(time.Minute).Add(time.Minute); m.Before(to); m = m.Add(time.Minute) {
				if want[m.Unix()] {
					first = m
					break
				}
			}
			if got := c.Next(at); !first.IsZero() && !got.Equal(first) {
				t.Fatalf("after %s: %s, want %s", at, got, first)
			}
		}
	}
}

// changes returns the next n changes of a zone's clocks within two years.
func changes(from time.Time, n int) []time.Time {
	var out []time.Time
	for at := from; len(out) < n; {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Sub(from) > 2*365*24*time.Hour {
			break
		}
		out, at = append(out, end.In(from.Location())), end.In(from.Location())
	}
	return out
}

func TestScheduleMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, schedule, want string
		line, column         int
	}{
		{"four fields", `"0 6 * *"`, "the schedule must have five fields (minute, hour, day of the month, month and day of the week), but has 4", 3, 11},
		{"seconds", `"0 0 6 * * 1-5"`, "must have five fields", 3, 11},
		{"no such hour", `"0 25 * * *"`, `the schedule has "25" for the hour; use 0-23, alone, as a list 1,2, a range 1-5 or steps */2`, 3, 11},
		{"Sunday as 7", `"0 6 * * 7"`, `"7" for the day of the week; use 0-6, where 0 is Sunday, or SUN-SAT`, 3, 11},
		{"an empty element", `"0 6,,8 * * *"`, `"6,,8" for the hour`, 3, 11},
		{"a comma alone", `", 6 * * *"`, `"," for the minute`, 3, 11},
		{"no step", `"*/0 6 * * *"`, `"*/0" for the minute`, 3, 11},
		{"backwards", `"0 6 * * FRI-MON"`, `"FRI-MON" for the day of the week`, 3, 11},
		{"every", `"@every 5m"`, "must have five fields", 3, 11},
		{"yearly", `"@yearly"`, `the schedule is "@yearly", which is not known; use five fields, or @hourly, @daily, @weekly or @monthly`, 3, 11},
		{"a zone inside", `"TZ=UTC 0 6 * * *"`, "but has 6", 3, 11},
		{"only a zone", `"TZ=UTC"`, "but has 1", 3, 11},
		{"a zone for a minute", `"TZ=UTC 6 * * *"`, `"TZ=UTC" for the minute`, 3, 11},
		{"never", `"0 0 30 2 *"`, `the schedule is "0 0 30 2 *", a day that never comes`, 3, 11},
		{"the short form of a zone", `{cron: "@daily", timeZone: PST}`, `the time zone is "PST", which is not the name of a time zone`, 3, 38},
		{"this machine's zone", `{cron: "@daily", timeZone: local}`, `the time zone is "local"`, 3, 38},
		{"a path", `{cron: "@daily", timeZone: ../UTC}`, `the time zone is "../UTC"`, 3, 38},
		{"a policy", `{cron: "@daily", overlap: wait}`, "overlap", 3, 37},
		{"a variable", `"${{ WHEN }}"`, "", 3, 11},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.Parse([]byte("version: \"1\"\nname: Nightly\nschedule: " + tt.schedule +
				"\ncases: [{id: a, kind: api, steps: [{http: \"http://shop.test/\"}]}]\n"))
			mistakes := spec.MistakesOf(err)
			if len(mistakes) == 0 {
				t.Fatal("the plan is accepted")
			}
			m := mistakes[0]
			if m.Line != tt.line || m.Column != tt.column || !strings.Contains(m.Sentence(), tt.want) {
				t.Errorf("%s, want line %d, column %d: %s", m, tt.line, tt.column, tt.want)
			}
		})
	}
}

func FuzzCron(f *testing.F) {
	for _, seed := range []string{"0 6 * * 1-5", "@daily", "*/5 1,2-3 ? JAN-MAR sun", "TZ=UTC 1 2 3 4 5", ", , , , ,", "9999999999999999999/1 * * * *"} {
		f.Add(seed, int64(1774746000))
	}
	zone, err := spec.ParseZone("Europe/Copenhagen")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expression string, seconds int64) {
		c, err := spec.ParseCron(expression, zone)
		if err != nil {
			return
		}
		at := time.Unix(seconds%(1<<33), 0)
		for range 5 {
			next := c.Next(at)
			if next.IsZero() {
				return
			}
			if !next.After(at) || next.Second() != 0 {
				t.Fatalf("%q: after %s comes %s", expression, at, next)
			}
			at = next
		}
	})
}
