package breaker_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/breaker"
)

var shop = breaker.Key{Kind: breaker.Target, Project: "prj_1", Name: "shop.test:443"}

// alone returns a set without Redis. In a bubble of synctest its clock is set.
func alone(t *testing.T, o breaker.Options) *breaker.Set {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1, Dialer: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("there is no Redis")
	}})
	s := breaker.New(client, o)
	t.Cleanup(func() {
		s.Close()
		_ = client.Close()
		pass(time.Second) // the client's goroutines end a moment later
	})
	return s
}

// pass moves the clock of the bubble.
func pass(d time.Duration) { <-time.After(d) }

// report asks and reports once; it fails the test when it may not go.
func report(t *testing.T, s *breaker.Set, key breaker.Key, v breaker.Verdict) {
	t.Helper()
	d, done := s.Allow(t.Context(), key)
	if !d.Allowed {
		t.Fatalf("refused: %+v", d)
	}
	done(t.Context(), v)
}

func fail(t *testing.T, s *breaker.Set, key breaker.Key, n int) {
	t.Helper()
	for range n {
		report(t, s, key, breaker.Unreachable)
	}
}

func only(t *testing.T, s *breaker.Set) breaker.State {
	t.Helper()
	states := s.States(shop.Project)
	if len(states) != 1 {
		t.Fatalf("states %+v, want one", states)
	}
	return states[0]
}

func TestFailuresInARowOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := alone(t, breaker.Options{})
		fail(t, s, shop, 4)
		report(t, s, shop, breaker.Unknown)
		if st := only(t, s); st.Status != breaker.Closed || st.Failures != 4 || !st.RetryAt.IsZero() {
			t.Errorf("after four failures %+v", st)
		}
		report(t, s, shop, breaker.Answered)
		if st := s.States(shop.Project); st != nil {
			t.Errorf("after an answer %+v", st)
		}
		fail(t, s, shop, 5)
		opened := time.Now()
		st := only(t, s)
		if st.Status != breaker.Open || st.Failures != 5 || !st.Since.Equal(opened) || !st.RetryAt.Equal(opened.Add(time.Minute)) {
			t.Errorf("after five failures %+v", st)
		}
		pass(20 * time.Second)
		d, done := s.Allow(t.Context(), shop)
		if d.Allowed || d.Probing || !d.RetryAt.Equal(opened.Add(time.Minute)) {
			t.Errorf("while open %+v", d)
		}
		done(t.Context(), breaker.Answered) // what was refused has nothing to tell
		if only(t, s).Status != breaker.Open {
			t.Error("closed by what was refused")
		}
		if d, _ := s.Allow(t.Context(), breaker.Key{Kind: breaker.Target, Project: "prj_2", Name: shop.Name}); !d.Allowed {
			t.Error("the breaker of one project holds up another one")
		}
	})
}

func TestWhatBeganBeforeTheOpeningDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := alone(t, breaker.Options{Failures: 2})
		_, lateAnswer := s.Allow(t.Context(), shop)
		_, lateFailure := s.Allow(t.Context(), shop)
		fail(t, s, shop, 2)
		until := only(t, s).RetryAt
		pass(time.Second)
		lateAnswer(t.Context(), breaker.Answered)
		lateFailure(t.Context(), breaker.Unreachable)
		if st := only(t, s); st.Status != breaker.Open || st.Failures != 2 || !st.RetryAt.Equal(until) {
			t.Errorf("state %+v, want open until %s", st, until)
		}
	})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		verdict breaker.Verdict
		want    breaker.Status // "" when it is closed and forgotten
		allowed bool
	}{
		{"an answer closes", breaker.Answered, "", true},
		{"a failure opens again", breaker.Unreachable, breaker.Open, false},
		{"no outcome lets the next one try", breaker.Unknown, breaker.HalfOpen, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := alone(t, breaker.Options{Failures: 1})
				fail(t, s, shop, 1)
				pass(time.Minute + time.Millisecond)
				if st := only(t, s); st.Status != breaker.HalfOpen || st.RetryAt.After(time.Now()) {
					t.Errorf("after its time %+v", st)
				}
				d, done := s.Allow(t.Context(), shop)
				if !d.Allowed || !d.Probe {
					t.Fatalf("the probe: %+v", d)
				}
				wait, _ := s.Allow(t.Context(), shop)
				if wait.Allowed || !wait.Probing || time.Until(wait.RetryAt) <= 0 || time.Until(wait.RetryAt) > time.Second {
					t.Errorf("beside the probe %+v", wait)
				}
				done(t.Context(), tt.verdict)
				if tt.want == "" {
					if st := s.States(shop.Project); st != nil {
						t.Errorf("states %+v", st)
					}
				} else if st := only(t, s); st.Status != tt.want {
					t.Errorf("state %+v, want %s", st, tt.want)
				}
				if d, _ := s.Allow(t.Context(), shop); d.Allowed != tt.allowed {
					t.Errorf("afterwards %+v", d)
				}
			})
		})
	}
}

// A worker that dies with the probe must not keep the breaker for ever.
func TestAProbeThatIsNeverReportedIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := alone(t, breaker.Options{Failures: 1})
		fail(t, s, shop, 1)
		pass(time.Minute + time.Millisecond)
		_, lost := s.Allow(t.Context(), shop)
		pass(30*time.Second + time.Millisecond)
		d, done := s.Allow(t.Context(), shop)
		if !d.Probe {
			t.Fatalf("after the lease %+v", d)
		}
		lost(t.Context(), breaker.Unreachable) // it was only slow: the second one decides
		if st := only(t, s); st.Status != breaker.HalfOpen {
			t.Errorf("the late failure of a replaced probe made it %+v", st)
		}
		done(t.Context(), breaker.Answered)
		if st := s.States(shop.Project); st != nil {
			t.Errorf("states %+v", st)
		}
	})
}

func TestOldFailuresAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := alone(t, breaker.Options{})
		fail(t, s, shop, 4)
		pass(10*time.Minute + time.Second)
		if st := s.States(shop.Project); st != nil {
			t.Errorf("states %+v", st)
		}
		fail(t, s, shop, 1)
		if st := only(t, s); st.Failures != 1 {
			t.Errorf("old failures count: %+v", st)
		}
	})
}

func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := alone(t, breaker.Options{Failures: 1, Keys: 10})
		for _, name := range []string{"", strings.Repeat("x", 400), "\xff\xfe"} {
			fail(t, s, breaker.Key{Kind: breaker.Target, Project: shop.Project, Name: name}, 3)
		}
		for i := range 100 {
			fail(t, s, breaker.Key{Kind: breaker.Target, Project: shop.Project, Name: strings.Repeat("\x00 \n", i+1)}, 1)
		}
		states := s.States(shop.Project)
		if len(states) != 10 {
			t.Errorf("%d breakers are kept, want 10", len(states))
		}
		for _, st := range states {
			if st.Status != breaker.Open {
				t.Errorf("%q is %s", st.Key.Name, st.Status)
			}
		}
	})
}

func TestOffAllowsEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := alone(t, breaker.Options{Off: true, Failures: 1})
		fail(t, s, shop, 3)
		if st := s.States(shop.Project); st != nil {
			t.Errorf("states %+v", st)
		}
	})
}
