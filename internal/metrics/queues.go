package metrics

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of reading the queues: a scrape must not wait for a database that is
// slow, and many scrapes must not ask it more often.
const (
	queuesWithin = 3 * time.Second
	queuesFor    = 5 * time.Second
)

// Queues adds the number of jobs that wait, by queue, as depth tells it. It is
// asked when somebody scrapes, at most every five seconds.
func (s *Set) Queues(depth func(ctx context.Context) (map[string]int64, error)) {
	s.registry.MustRegister(&queues{depth: depth, now: time.Now, desc: prometheus.NewDesc("queue_depth",
		"Jobs that wait in a queue of the database, which all processes share.", []string{"queue"}, nil)})
}

type queues struct {
	depth func(ctx context.Context) (map[string]int64, error)
	desc  *prometheus.Desc
	now   func() time.Time

	mu   sync.Mutex
	at   time.Time
	last map[string]int64
	err  error
}

// Describe implements prometheus.Collector.
func (q *queues) Describe(out chan<- *prometheus.Desc) { out <- q.desc }

// Collect implements prometheus.Collector. Where the database does not answer, the
// queues are left out, and the rest is told.
func (q *queues) Collect(out chan<- prometheus.Metric) {
	depths, err := q.read()
	if err != nil {
		out <- prometheus.NewInvalidMetric(q.desc, fmt.Errorf("read the depth of the queues: %w", err))
		return
	}
	for queue, n := range depths {
		out <- prometheus.MustNewConstMetric(q.desc, prometheus.GaugeValue, float64(n), queue)
	}
}

func (q *queues) read() (map[string]int64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.at.IsZero() && q.now().Sub(q.at) < queuesFor {
		return q.last, q.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), queuesWithin)
	defer cancel()
	q.last, q.err = q.depth(ctx)
	q.at = q.now()
	return q.last, q.err
}
