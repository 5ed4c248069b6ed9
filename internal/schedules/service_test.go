package schedules_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/schedule"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/store"
)

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planID := w.plan(t, plan).ID
	for _, tt := range []struct {
		name, field string
		in          schedules.Settings
	}{
		{"no name", "name", schedules.Settings{Cron: "@daily"}},
		{"a long name", "name", schedules.Settings{Name: strings.Repeat("n", 101), Cron: "@daily"}},
		{"no cron", "cron", schedules.Settings{Name: "n"}},
		{"a wrong cron", "cron", schedules.Settings{Name: "n", Cron: "0 25 * * *"}},
		{"a wrong zone", "timeZone", schedules.Settings{Name: "n", Cron: "@daily", TimeZone: "Mars/Olympus"}},
		{"a wrong policy", "overlap", schedules.Settings{Name: "n", Cron: "@daily", Overlap: "hope"}},
		{"another wrong policy", "missed", schedules.Settings{Name: "n", Cron: "@daily", Missed: "twice"}},
		{"a wrong priority", "priority", schedules.Settings{Name: "n", Cron: "@daily", Priority: 5}},
		{"a huge value", "variables", schedules.Settings{Name: "n", Cron: "@daily", Variables: map[string]string{"A": strings.Repeat("v", 10_001)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.schedules.Create(w.ctx, planID, tt.in)
			if apperr.CodeOf(err) != apperr.InvalidInput || fieldOf(err) != tt.field {
				t.Errorf("%v (field %q), want INVALID_INPUT of %s", err, fieldOf(err), tt.field)
			}
		})
	}
}

func TestOnlyTheProjectAndThoseWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	planID := w.plan(t, plan).ID
	in := schedules.Settings{Name: "n", Cron: "@daily"}
	row, err := w.schedules.Create(w.ctx, planID, in)
	if err != nil {
		t.Fatal(err)
	}
	_, theirs := w.schedules.Create(w.other, planID, in)
	_, got := w.schedules.Get(w.other, row.ID)
	_, updated := w.schedules.Update(w.other, row.ID, schedules.Change{})
	for name, err := range map[string]error{"create": theirs, "get": got, "update": updated, "delete": w.schedules.Delete(w.other, row.ID)} {
		if apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("%s in another project: %v", name, err)
		}
	}
	missing := ident.New(ident.Schedule)
	if _, err := w.schedules.Get(w.ctx, missing); strings.ReplaceAll(err.Error(), missing, row.ID) != got.Error() {
		t.Errorf("a missing one answers %q, another's %q", err, got)
	}
	if rows, _, err := w.schedules.List(w.other, store.Page{}); err != nil || len(rows) != 0 {
		t.Errorf("another project lists %d (%v)", len(rows), err)
	}
	writer := auth.With(t.Context(), &auth.Principal{ProjectID: w.project, Permissions: []auth.Permission{auth.Read, auth.Write}})
	if _, err := w.schedules.Create(writer, planID, in); apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("a token that may start no runs: %v", err)
	}
	_, err = w.plans.Create(writer, plans.Source{Text: plan + "schedule: '@daily'\n"})
	if apperr.CodeOf(err) != apperr.Forbidden {
		t.Errorf("a token that may start no runs stores a plan that starts itself: %v", err)
	}
	if _, err := w.plans.Create(writer, plans.Source{Text: plan}); err != nil {
		t.Errorf("and one that does not: %v", err)
	}
}

func TestUpdateMovesTheNextTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row, err := w.schedules.Create(w.ctx, w.plan(t, plan).ID, schedules.Settings{Name: "n", Cron: "@daily", Overlap: schedule.OverlapQueue})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	w.store.Ent.Schedule.UpdateOne(row).SetQueuedFireAt(now).ExecX(t.Context())
	yes, no, hourly, zone := true, false, "@hourly", "Asia/Kolkata"
	paused := w.update(t, row.ID, schedules.Change{Paused: &yes})
	if paused.NextFireAt != nil || paused.QueuedFireAt != nil {
		t.Errorf("a paused schedule comes up at %v, and %v waits", paused.NextFireAt, paused.QueuedFireAt)
	}
	if times, err := w.schedules.NextFireTimes(t.Context(), paused, 3); err != nil || len(times) != 0 {
		t.Errorf("a paused schedule foretells %v (%v)", times, err)
	}
	w.update(t, row.ID, schedules.Change{Cron: &hourly})
	got := w.update(t, row.ID, schedules.Change{Paused: &no})
	if got.NextFireAt == nil || !got.NextFireAt.After(now) || got.NextFireAt.Sub(now) > time.Hour+time.Minute {
		t.Errorf("a resumed hourly schedule comes up at %v", got.NextFireAt)
	}
	if got = w.update(t, row.ID, schedules.Change{TimeZone: &zone}); got.NextFireAt.UTC().Minute() != 30 {
		t.Errorf("hours of Kolkata begin at half past, not %s", got.NextFireAt.UTC())
	}
	times, err := w.schedules.NextFireTimes(t.Context(), got, 3)
	if err != nil || len(times) != 3 || !times[0].Equal(*got.NextFireAt) || times[2].Sub(times[0]) != 2*time.Hour || times[0].Location().String() != zone {
		t.Errorf("the next times are %v (%v)", times, err)
	}
	if _, err := w.schedules.NextFireTimes(t.Context(), got, schedules.MaxTimes+1); fieldOf(err) != "first" {
		t.Errorf("too many times: %v", err)
	}
}

// TestAPlansOwnSchedule follows the key schedule of a plan through its life.
func TestAPlansOwnSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.plan(t, plan)
	of := func() []*ent.Schedule {
		t.Helper()
		rows, err := w.schedules.OfPlans(t.Context(), []string{p.ID})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	save := func(more string) {
		t.Helper()
		if _, err := w.plans.Update(w.ctx, p.ID, plans.Source{Text: plan + more}); err != nil {
			t.Fatal(err)
		}
	}
	if rows := of(); len(rows) != 0 {
		t.Fatalf("a plan without the key has %v", rows)
	}
	save("schedule: {cron: '@daily', timeZone: Europe/Copenhagen, overlap: queue, missed: skip}\n")
	rows := of()
	if len(rows) != 1 || !rows[0].FromPlan || rows[0].Name != "Nightly" || rows[0].NextFireAt == nil {
		t.Fatalf("the key has made %v", rows)
	}
	want := []string{"@daily", "Europe/Copenhagen", "queue", "skip"}
	if diff := cmp.Diff(want, []string{rows[0].Cron, rows[0].TimeZone, string(rows[0].Overlap), string(rows[0].Missed)}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	id, name, yes := rows[0].ID, "other", true
	if _, err := w.schedules.Update(w.ctx, id, schedules.Change{Name: &name}); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("changing it behind the plan's back: %v", err)
	}
	if err := w.schedules.Delete(w.ctx, id); apperr.CodeOf(err) != apperr.Conflict {
		t.Errorf("deleting it behind the plan's back: %v", err)
	}
	w.update(t, id, schedules.Change{Paused: &yes})
	save("schedule: '@hourly'\n")
	if rows = of(); len(rows) != 1 || rows[0].ID != id || rows[0].Cron != "@hourly" || rows[0].TimeZone != "UTC" || !rows[0].Paused || rows[0].NextFireAt != nil {
		t.Errorf("the changed key has made %v", rows)
	}
	save("")
	if rows = of(); len(rows) != 0 {
		t.Errorf("without the key there is still %v", rows)
	}
	save("schedule: '@hourly'\n")
	w.schedule(t, p.ID, schedules.Settings{Cron: "@daily"}, time.Now().Add(-time.Hour))
	if err := w.plans.Delete(w.ctx, p.ID); err != nil {
		t.Fatal(err)
	}
	if rows = of(); len(rows) != 0 || w.fire(t, time.Now()) != 0 {
		t.Errorf("a deleted plan still has %v", rows)
	}
}

// TestARunFromASourceSchedulesNothing keeps whoever may only start runs from
// making the server start more.
func TestARunFromASourceSchedulesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	src := plans.Source{Text: plan + "schedule: '@hourly'\n"}
	err := w.store.WithTx(w.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := w.plans.Ensure(ctx, tx, w.project, src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := w.store.Ent.Schedule.Query().CountX(t.Context()); n != 0 {
		t.Fatalf("it has made %d schedules", n)
	}
	p := w.store.Ent.Plan.Query().OnlyX(t.Context())
	if _, err := w.plans.Update(w.ctx, p.ID, src); err != nil { // equal content
		t.Fatal(err)
	}
	if n := w.store.Ent.Schedule.Query().CountX(t.Context()); n != 1 {
		t.Errorf("storing the same text as a plan has made %d schedules", n)
	}
}

func (w *world) update(t *testing.T, id string, c schedules.Change) *ent.Schedule {
	t.Helper()
	row, err := w.schedules.Update(w.ctx, id, c)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func fieldOf(err error) string {
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		return e.Field
	}
	return ""
}
