package schedules_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/schedule"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestFireStartsARunOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	due := at(t, "2026-03-02T06:00:00Z")
	row := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{
		Cron: "0 6 * * *", Environment: "staging", Variables: map[string]string{"LANG": "en"}, Priority: 3,
	}, due)
	if n := w.fire(t, due.Add(-time.Second)); n != 0 {
		t.Fatalf("before its time, %d runs were started", n)
	}
	if n := w.fire(t, due); n != 1 {
		t.Fatalf("at its time, %d runs were started", n)
	}
	if n := w.fire(t, due.Add(time.Second)); n != 0 {
		t.Fatalf("a second later, %d runs were started again", n)
	}
	got := w.get(t, row.ID)
	r := w.started(t, row.ID)[0]
	if r.ID != got.LastRunID || !got.LastFireAt.Equal(due) || !got.NextFireAt.Equal(due.AddDate(0, 0, 1)) || got.LastError != "" {
		t.Errorf("the schedule is %v; the run is %s", got, r.ID)
	}
	if r.Environment != "staging" || r.Variables["LANG"] != "en" || r.Priority != 3 || r.Origin != run.OriginSchedule {
		t.Errorf("the run is %v", r)
	}
}

// TestFireTogether lets processes race for the same times.
func TestFireTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	due := at(t, "2026-03-02T06:00:00Z")
	planID := w.plan(t, plan).ID
	const schedulesAtOnce, processes = 8, 4
	for i := range schedulesAtOnce {
		w.schedule(t, planID, schedules.Settings{Name: fmt.Sprint("s", i), Cron: "0 6 * * *", Overlap: schedule.OverlapAllow}, due)
	}
	all := make([]*world, processes)
	for i := range all {
		all[i] = worldOn(t, w.store)
	}
	for day := range 3 {
		now := due.AddDate(0, 0, day)
		var together sync.WaitGroup
		for _, p := range all {
			together.Go(func() {
				if _, err := p.schedules.FireDue(t.Context(), now); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
		if n := w.store.Ent.Run.Query().CountX(t.Context()); n != schedulesAtOnce*(day+1) {
			t.Fatalf("on day %d there are %d runs, want %d", day, n, schedulesAtOnce*(day+1))
		}
	}
}

// TestATimeStartsOneRunEvenIfTheScheduleForgot is the second guard: the run's
// own key.
func TestATimeStartsOneRunEvenIfTheScheduleForgot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	due := at(t, "2026-03-02T06:00:00Z")
	row := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{Cron: "0 6 * * *", Overlap: schedule.OverlapAllow}, due)
	w.fire(t, due)
	w.store.Ent.Schedule.UpdateOneID(row.ID).SetNextFireAt(due).ExecX(t.Context())
	w.fire(t, due)
	if got := w.started(t, row.ID); len(got) != 1 {
		t.Errorf("one time has started %d runs", len(got))
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	// Steps: a number is a minute at which the schedules are fired, "end" ends the
	// oldest live run. After each step stand the numbers of all and of live runs.
	for _, tt := range []struct {
		overlap schedule.Overlap
		steps   string
		want    string
		reason  string // after the last step
	}{
		{schedule.OverlapAllow, "0 1 2", "1/1 2/2 3/3", ""},
		{schedule.OverlapSkip, "0 1 2", "1/1 1/1 1/1", "the run before was not over"},
		{schedule.OverlapSkip, "0 1 end 2", "1/1 1/1 1/0 2/1", ""},
		{schedule.OverlapCancel, "0 1 2", "1/1 2/1 3/1", ""},
		{schedule.OverlapQueue, "0 1 end 1", "1/1 1/1 1/0 2/1", ""},
		{schedule.OverlapQueue, "0 1 2 3 end 3 end 3", "1/1 1/1 1/1 1/1 1/0 2/1 2/0 2/0", ""},
		{schedule.OverlapQueue, "0 1 2", "1/1 1/1 1/1", "a run waits already for the one before to be over"},
		{schedule.OverlapQueue, "0 1 end 2 end 2", "1/1 1/1 1/0 2/1 2/0 3/1", ""},
	} {
		t.Run(string(tt.overlap)+" "+tt.steps, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := at(t, "2026-03-02T06:00:00Z")
			row := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{Cron: "* * * * *", Overlap: tt.overlap}, first)
			var got []string
			for step := range strings.FieldsSeq(tt.steps) {
				if step == "end" {
					for _, r := range w.started(t, row.ID) {
						if r.FinishedAt == nil {
							w.end(t, r.ID)
							break
						}
					}
				} else {
					minutes, err := time.ParseDuration(step + "m")
					if err != nil {
						t.Fatal(err)
					}
					w.fire(t, first.Add(minutes))
				}
				all, live := w.started(t, row.ID), 0
				for _, r := range all {
					if r.FinishedAt == nil {
						live++
					}
				}
				got = append(got, fmt.Sprintf("%d/%d", len(all), live))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("all/live after each step (-want +got):\n%s", diff)
			}
			if last := w.get(t, row.ID).LastError; last != tt.reason {
				t.Errorf("the reason is %q, want %q", last, tt.reason)
			}
		})
	}
}

// TestCancelSaysWhy names the reason in the run that is stopped.
func TestCancelSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := at(t, "2026-03-02T06:00:00Z")
	row := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{Cron: "* * * * *", Overlap: schedule.OverlapCancel}, first)
	w.fire(t, first)
	w.fire(t, first.Add(time.Minute))
	r := w.started(t, row.ID)[0]
	if r.StopReason == nil || *r.StopReason != run.StopReasonSuperseded || r.Status != run.StatusCancelled {
		t.Errorf("the run before is %s for %v", r.Status, r.StopReason)
	}
}

func TestMissed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		cron   string
		missed schedule.Missed
		next   string
		now    string
		fired  string // the time that a run was started for; "" none
		then   string
	}{
		{"on time", "0 6 * * *", schedule.MissedSkip, "2026-03-02T06:00:00Z", "2026-03-02T06:00:01Z", "2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z"},
		{"a little late", "0 6 * * *", schedule.MissedSkip, "2026-03-02T06:00:00Z", "2026-03-02T06:01:00Z", "2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z"},
		{"too late is skipped", "0 6 * * *", schedule.MissedSkip, "2026-03-02T06:00:00Z", "2026-03-02T06:01:01Z", "", "2026-03-03T06:00:00Z"},
		{"too late is made up for", "0 6 * * *", schedule.MissedOnce, "2026-03-02T06:00:00Z", "2026-03-02T09:00:00Z", "2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z"},
		{"a week is made up for once", "0 6 * * *", schedule.MissedOnce, "2026-03-02T06:00:00Z", "2026-03-09T05:59:59Z", "2026-03-08T06:00:00Z", "2026-03-09T06:00:00Z"},
		{"the newest of a skipped week is on time", "0 6 * * *", schedule.MissedSkip, "2026-03-02T06:00:00Z", "2026-03-09T06:00:30Z", "2026-03-09T06:00:00Z", "2026-03-10T06:00:00Z"},
		{"a year of minutes", "* * * * *", schedule.MissedOnce, "2025-03-02T06:00:00Z", "2026-03-02T06:00:10Z", "2026-03-02T06:00:00Z", "2026-03-02T06:01:00Z"},
		{"ten years", "0 0 1 1 *", schedule.MissedOnce, "2016-01-01T00:00:00Z", "2026-03-02T06:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			row := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{Cron: tt.cron, Missed: tt.missed}, at(t, tt.next))
			n := w.fire(t, at(t, tt.now))
			got := w.get(t, row.ID)
			if !got.NextFireAt.Equal(at(t, tt.then)) {
				t.Errorf("it comes up next at %s, want %s", got.NextFireAt, tt.then)
			}
			if tt.fired == "" {
				if n != 0 || got.LastRunID != "" || !strings.Contains(got.LastError, "missed times are skipped") {
					t.Errorf("%d runs, and the reason %q", n, got.LastError)
				}
				return
			}
			if n != 1 || !got.LastFireAt.Equal(at(t, tt.fired)) || got.LastError != "" {
				t.Errorf("%d runs for %s (%s), want %s", n, got.LastFireAt, got.LastError, tt.fired)
			}
		})
	}
}

// TestARefusedStartIsNoted keeps the schedule going, and the others.
func TestARefusedStartIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	due := at(t, "2026-03-02T06:00:00Z")
	secret := w.plan(t, strings.Replace(plan, "env:", "secrets: [API_TOKEN]\nenv:", 1))
	bad := w.schedule(t, secret.ID, schedules.Settings{Cron: "0 6 * * *"}, due)
	good := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{Cron: "0 6 * * *"}, due.Add(time.Minute))
	if n := w.fire(t, due.Add(time.Minute)); n != 1 {
		t.Errorf("%d runs were started, want that of the other schedule", n)
	}
	got := w.get(t, bad.ID)
	if !strings.Contains(got.LastError, "API_TOKEN") || !got.NextFireAt.Equal(due.AddDate(0, 0, 1)) || got.LastRunID != "" {
		t.Errorf("the refused start is noted as %q, next %s", got.LastError, got.NextFireAt)
	}
	if w.get(t, good.ID).LastRunID == "" {
		t.Error("the other schedule started no run")
	}
	w.store.Ent.Plan.UpdateOneID(secret.ID).SetDeletedAt(due).ExecX(t.Context()) // behind the schedule's back
	w.fire(t, due.AddDate(0, 0, 1))
	if got := w.get(t, bad.ID).LastError; !strings.Contains(got, "there is no plan") {
		t.Errorf("a plan that is gone is noted as %q", got)
	}
}

// TestAnOutageConsumesNoTime tries again when the database is back.
func TestAnOutageConsumesNoTime(t *testing.T) {
	t.Parallel()
	w := withCallers(t, storetest.OpenAsOwner(t))
	due := at(t, "2026-03-02T06:00:00Z")
	row := w.schedule(t, w.plan(t, plan).ID, schedules.Settings{Cron: "0 6 * * *"}, due)
	exec := func(query string) {
		t.Helper()
		if _, err := w.store.DB.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''going down'' USING ERRCODE = ''57P01''; END'`)
	exec(`CREATE TRIGGER broken BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION broken()`)
	if n, err := w.schedules.FireDue(t.Context(), due); err == nil || n != 0 {
		t.Fatalf("while the database goes down: %d runs, %v", n, err)
	}
	if got := w.get(t, row.ID); !got.NextFireAt.Equal(due) || got.LastError != "" {
		t.Fatalf("the time was lost: next %s, %q", got.NextFireAt, got.LastError)
	}
	exec(`DROP TRIGGER broken ON runs`)
	if n := w.fire(t, due.Add(30*time.Second)); n != 1 {
		t.Errorf("afterwards %d runs were started", n)
	}
}
