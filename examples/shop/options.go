package shop

import "time"

// Option changes how a Shop behaves.
type Option func(*settings)

type settings struct {
	fault        Fault
	slowness     time.Duration
	paymentDelay time.Duration
	maxSessions  int
	maxOrders    int
	maxReviews   int
	maxWatchers  int
	now          func() time.Time
}

func defaults() settings {
	return settings{
		fault:        FaultNone,
		slowness:     3 * time.Second,
		paymentDelay: 400 * time.Millisecond,
		maxSessions:  5000,
		maxOrders:    5000,
		maxReviews:   64,
		maxWatchers:  1000,
		now:          time.Now,
	}
}

// WithFault switches a fault on for everybody. A session or a request that
// names a fault of its own, FaultNone included, overrides it.
func WithFault(f Fault) Option { return func(s *settings) { s.fault = f } }

// WithSlowness sets how long FaultSlow holds an answer back (default 3 s).
func WithSlowness(d time.Duration) Option { return func(s *settings) { s.slowness = d } }

// WithPaymentDelay sets how long a payment takes (default 400 ms).
func WithPaymentDelay(d time.Duration) Option { return func(s *settings) { s.paymentDelay = d } }

// WithLimits sets how many sessions, orders and reviews are kept; the oldest
// make room for new ones (defaults 5000, 5000 and 64). Numbers below 1 leave
// the default.
func WithLimits(sessions, orders, reviews int) Option {
	return func(s *settings) {
		if sessions > 0 {
			s.maxSessions = sessions
		}
		if orders > 0 {
			s.maxOrders = orders
		}
		if reviews > 0 {
			s.maxReviews = reviews
		}
	}
}

// WithClock sets where the times of orders come from (default time.Now).
func WithClock(now func() time.Time) Option { return func(s *settings) { s.now = now } }
