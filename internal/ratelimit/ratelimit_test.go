package ratelimit_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/ratelimit"
)

var (
	minute = ratelimit.Limit{Name: "requests", Max: 5, Per: time.Minute}
	hour   = ratelimit.Limit{Name: "requests", Max: 8, Per: time.Hour}
	logins = ratelimit.Limit{Name: "logins", Max: 3, Per: 15 * time.Minute}
)

// pass moves the clock of the bubble.
func pass(d time.Duration) { <-time.After(d) }

// taken counts how often a limit lets one through before it refuses.
func taken(t *testing.T, l *ratelimit.Limiter, key string, limits ...ratelimit.Limit) int {
	t.Helper()
	for n := range 1000 {
		s, err := l.Take(t.Context(), limits, key, 1)
		if s.Allowed != (err == nil) {
			t.Fatalf("state %+v with error %v", s, err)
		}
		if err != nil {
			wantRefusal(t, err, s.RetryAfter)
			return n
		}
	}
	t.Fatal("it never refuses")
	return 0
}

func wantRefusal(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	e, ok := errors.AsType[*apperr.Error](err)
	if !ok || e.Code != apperr.RateLimited {
		t.Fatalf("error %v, want RATE_LIMITED", err)
	}
	seconds, _ := e.Details["retryAfter"].(int)
	if seconds < 1 || wait > 0 && (time.Duration(seconds)*time.Second < wait || time.Duration(seconds-1)*time.Second >= wait) {
		t.Errorf("retryAfter %d for a wait of %s", seconds, wait)
	}
	if !strings.Contains(e.Message, "come again in ") {
		t.Errorf("message %q", e.Message)
	}
}

func TestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(nil, nil)
		s, err := l.Take(t.Context(), []ratelimit.Limit{minute, hour}, "a", 1)
		if err != nil || s.Remaining != 4 || s.Limit != minute || s.ResetAt.Before(time.Now().Add(time.Minute)) {
			t.Errorf("state %+v, error %v", s, err)
		}
		if n := taken(t, l, "a", minute, hour); n != 4 {
			t.Errorf("%d more pass, want 4", n)
		}
		if n := taken(t, l, "b", minute, hour); n != 5 {
			t.Errorf("another key: %d pass, want 5", n)
		}
		pass(65 * time.Second)
		if n := taken(t, l, "a", minute, hour); n != 3 {
			t.Errorf("after a minute %d pass, want the 3 that the hour leaves", n)
		}
		s, _ = l.Take(t.Context(), []ratelimit.Limit{minute, hour}, "a", 1)
		if s.Limit != hour || s.RetryAfter < 50*time.Minute || s.RetryAfter > 65*time.Minute {
			t.Errorf("state %+v, want the hour's", s)
		}
		pass(s.RetryAfter - time.Millisecond)
		if _, err := l.Take(t.Context(), []ratelimit.Limit{minute, hour}, "a", 1); err == nil {
			t.Error("it passes before the time that it named")
		}
		pass(time.Millisecond)
		if _, err := l.Take(t.Context(), []ratelimit.Limit{minute, hour}, "a", 1); err != nil {
			t.Errorf("at the time that it named: %v", err)
		}
	})
}

// Whatever the pace, no window holds more than the limit.
func TestNeverMoreThanMax(t *testing.T) {
	t.Parallel()
	for _, pace := range []time.Duration{time.Second, 4900 * time.Millisecond, 7 * time.Second, 13 * time.Second} {
		t.Run(pace.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := ratelimit.New(nil, nil)
				var times []time.Time
				for range 500 {
					if _, err := l.Take(t.Context(), []ratelimit.Limit{minute}, "a", 1); err == nil {
						times = append(times, time.Now())
					}
					pass(pace)
				}
				for i := minute.Max; i < len(times); i++ {
					if d := times[i].Sub(times[i-minute.Max]); d < minute.Per {
						t.Fatalf("%d within %s", minute.Max+1, d)
					}
				}
				// Nor much less: a twelfth of the time is what it may be off.
				if least := int(500*pace/(minute.Per+minute.Per/12+pace)) * minute.Max; pace < 12*time.Second && len(times) < least {
					t.Errorf("%d passed, want %d", len(times), least)
				}
			})
		})
	}
}

func TestOddLimitsAndKeys(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(nil, nil)
	none := ratelimit.Limit{Name: "none", Max: 0, Per: time.Minute}
	if s, err := l.Take(t.Context(), []ratelimit.Limit{none}, "a", 1); err != nil || !s.Allowed || s.Limited() {
		t.Errorf("without a limit: %+v, %v", s, err)
	}
	if n := taken(t, l, "a", none, minute, none); n != 5 {
		t.Errorf("%d pass beside limits of nothing, want 5", n)
	}
	for _, key := range hostileKeys() {
		if n := taken(t, l, key, minute); n != 5 {
			t.Errorf("%.20q: %d pass, want 5", key, n)
		}
	}
	if _, err := l.Take(t.Context(), []ratelimit.Limit{minute}, "dear", 100); err != nil {
		t.Errorf("a cost above the limit never passes: %v", err)
	}
	if _, err := l.Take(t.Context(), []ratelimit.Limit{minute}, "dear", -100); err == nil {
		t.Error("a negative cost gives back")
	}
}

func hostileKeys() []string {
	return []string{
		"", strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20) + "y", "\x00", "\x00\xff\xfe\r\n", "}{a}:requests:60000", "*", "a b\nFLUSHALL\n",
	}
}

func TestExactAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := ratelimit.New(nil, nil).Exact(logins)
		for range 3 {
			if err := e.Take(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
		}
		wantRefusal(t, e.Take(t.Context(), "a"), 12*time.Minute)
		if err := e.Take(t.Context(), "b"); err != nil {
			t.Errorf("another key: %v", err)
		}
		pass(12*time.Minute - time.Millisecond)
		wantRefusal(t, e.Take(t.Context(), "a"), time.Millisecond)
		pass(time.Millisecond)
		if err := e.Take(t.Context(), "a"); err != nil {
			t.Errorf("once the first is old: %v", err)
		}
		wantRefusal(t, e.Take(t.Context(), "a"), time.Minute)
		if err := e.Reset(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if err := e.Take(t.Context(), "a"); err != nil {
			t.Errorf("after a reset: %v", err)
		}
	})
}

func TestMessages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		limit ratelimit.Limit
		want  string
	}{
		{ratelimit.Limit{Name: "requests", Max: 1, Per: time.Minute}, "the limit of 1 requests in a minute is reached; come again in "},
		{ratelimit.Limit{Name: "requests", Max: 1, Per: time.Hour}, "the limit of 1 requests in an hour is reached; come again in "},
		{ratelimit.Limit{Name: "logins", Max: 1, Per: 90 * time.Second}, "the limit of 1 logins in 90 seconds is reached; come again in "},
	} {
		l := ratelimit.New(nil, nil)
		_, _ = l.Take(t.Context(), []ratelimit.Limit{tt.limit}, "a", 1)
		_, err := l.Take(t.Context(), []ratelimit.Limit{tt.limit}, "a", 1)
		if !strings.HasPrefix(apperr.Message(err), tt.want) {
			t.Errorf("message %q, want %q…", apperr.Message(err), tt.want)
		}
	}
}
