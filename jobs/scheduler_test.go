package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/jobs"
)

// clockwork stands for the schedules: it notes when it is looked at.
type clockwork struct {
	mu    sync.Mutex
	looks []time.Duration
	began time.Time
	fail  func(look int) error
}

func (c *clockwork) Now(context.Context) (time.Time, error) { return time.Now(), nil }

func (c *clockwork) FireDue(_ context.Context, now time.Time) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks = append(c.looks, now.Sub(c.began))
	if c.fail == nil {
		return 0, nil
	}
	return 0, c.fail(len(c.looks))
}

func TestSchedulerLooksEverySecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := &clockwork{began: time.Now()}
		s := jobs.NewScheduler(work, slog.New(slog.DiscardHandler))
		s.Start()
		<-time.After(3500 * time.Millisecond)
		s.Stop()
		<-time.After(time.Hour)
		want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}
		if diff := cmp.Diff(want, work.looks); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestSchedulerTriesOn goes on through an outage and tells of it once.
func TestSchedulerTriesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		work := &clockwork{began: time.Now(), fail: func(look int) error {
			if look < 10 {
				return errors.New("away")
			}
			return nil
		}}
		s := jobs.NewScheduler(work, slog.New(slog.NewTextHandler(&log, nil)))
		s.Start()
		<-time.After(20 * time.Second)
		s.Stop()
		if n := len(work.looks); n < 20 {
			t.Errorf("it looked %d times in 20 s", n)
		}
		if n, back := strings.Count(log.String(), "away"), strings.Count(log.String(), "fired again"); n != 1 || back != 1 {
			t.Errorf("the outage was told %d times, its end %d times:\n%s", n, back, log.String())
		}
	})
}
