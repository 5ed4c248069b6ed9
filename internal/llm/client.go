package llm

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/egress"
)

// Options of New; zero values stand for the defaults.
type Options struct {
	Providers []Provider     // the primary first, then what is asked when it fails
	Policy    *egress.Policy // the way out; required with a provider
	Breakers  *breaker.Set   // none when nil
	Store     Store          // of the caches; none is kept when nil
	CacheFor  time.Duration  // an hour
	Similar   float64        // least similarity of texts: 0.95
	Budget    Budget         // unlimited when nil
	Prices    *Prices        // those that come with the program when nil
	Observe   func(Generation)
	Backoff   time.Duration // before the second try; doubled for each other one: 500 ms
}

// Generation is what is told of each request, for metrics.
type Generation struct {
	Purpose   string
	Provider  string // that answered, or was asked last
	Model     string
	Outcome   string // "ok", "cached", "cancelled", or a Reason in lower case
	Usage     Usage
	Cost      Cost
	Duration  time.Duration
	FromCache bool
	Attempts  int
}

// Client asks providers. Its methods may be called from many goroutines.
type Client struct {
	providers []*provider
	http      *http.Client
	breakers  *breaker.Set
	cache     *cache // nil where none is kept
	similar   float64
	budget    Budget
	prices    Prices
	dialects  *dialects
	observe   func(Generation)
	backoff   time.Duration
}

const (
	maxTries = 3                // of a provider that may answer a moment later
	patience = 2 * time.Second  // that one waits for a provider when there is another one
	maxWait  = 60 * time.Second // for a provider when there is no other one, within the deadline
	total    = 10 * time.Minute // of an exchange, streams too
)

// New returns a client. Without a provider every request is answered by
// ErrNotConfigured. Close ends its connections.
func New(o Options) (*Client, error) {
	c := &Client{
		breakers: o.Breakers, similar: cmp.Or(o.Similar, DefaultSimilarity), budget: o.Budget,
		dialects: newDialects(), observe: o.Observe, backoff: cmp.Or(o.Backoff, 500*time.Millisecond),
	}
	if o.Store != nil {
		c.cache = &cache{o.Store, cmp.Or(o.CacheFor, DefaultCacheFor)}
	}
	if c.budget == nil {
		c.budget = unlimited{}
	}
	if c.observe == nil {
		c.observe = func(Generation) {}
	}
	if o.Prices != nil {
		c.prices = *o.Prices
	} else {
		c.prices = BuiltInPrices()
	}
	if len(o.Providers) == 0 {
		return c, nil
	}
	c.http = o.Policy.Client(egress.Timeouts{Total: total, Header: total})
	// A redirect would carry what is asked to somewhere else.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, p := range o.Providers {
		one, err := newProvider(p, doer{c.http})
		if err != nil {
			return nil, err
		}
		c.providers = append(c.providers, one)
	}
	return c, nil
}

// Close ends connections that nobody uses.
func (c *Client) Close() {
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
}

// Prices is the table that costs are reckoned with.
func (c *Client) Prices() Prices { return c.prices }

// Configured says whether there is a provider at all.
func (c *Client) Configured() bool { return c != nil && len(c.providers) > 0 }

// Model is the name of the primary model, empty without one.
func (c *Client) Model() string {
	if !c.Configured() {
		return ""
	}
	return c.providers[0].Model
}

// Embeds says whether there is a model for vectors.
func (c *Client) Embeds() bool {
	if c == nil {
		return false
	}
	for _, p := range c.providers {
		if p.EmbeddingModel != "" {
			return true
		}
	}
	return false
}

// wait lets the time pass that a provider wants to be left alone, or the backoff
// before another try. It says false when it would be too long to wait for.
func (c *Client) wait(ctx context.Context, d time.Duration, others bool) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	longest := maxWait
	if others {
		longest = patience
	}
	if deadline, ok := ctx.Deadline(); ok {
		longest = min(longest, time.Until(deadline))
	}
	if d > longest {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// pause is the backoff before a try, from 1, shorter by chance so that not all
// come back at once.
func (c *Client) pause(try int) time.Duration {
	d := c.backoff << (try - 1)
	return d/2 + rand.N(d/2+1) //nolint:gosec // nobody guesses a pause
}
