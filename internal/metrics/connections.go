package metrics

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Connections counts the connections of a server of HTTP; it is for the field
// ConnState of http.Server. Those that became sockets are told by Live.
func (s *Set) Connections(service string) func(net.Conn, http.ConnState) {
	open := new(atomic.Int64)
	s.connections.add(service, "http", open.Load)
	return func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
}

// Live adds the sockets and streams of a service, as count tells them.
func (s *Set) Live(service string, count func() int) {
	s.connections.add(service, "live", func() int64 { return int64(count()) })
}

// connections are counted when somebody scrapes.
type connections struct {
	desc *prometheus.Desc

	mu     sync.Mutex
	counts map[[2]string]func() int64 // by service and type
}

func newConnections() *connections {
	return &connections{counts: map[[2]string]func() int64{}, desc: prometheus.NewDesc("active_connections",
		"Open connections: of HTTP, and the sockets and streams of subscriptions, which are live.", []string{"service", "type"}, nil)}
}

func (c *connections) add(service, kind string, count func() int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[[2]string{service, kind}] = count
}

// Describe implements prometheus.Collector.
func (c *connections) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

// Collect implements prometheus.Collector.
func (c *connections) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for labels, count := range c.counts {
		out <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(count()), labels[:]...)
	}
}
