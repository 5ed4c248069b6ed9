package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Set holds the metrics of one process.
type Set struct {
	registry *prometheus.Registry

	executions  *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	active      *prometheus.GaugeVec
	scores      *prometheus.HistogramVec
	generations *prometheus.CounterVec
	requests    *prometheus.CounterVec
	answered    *prometheus.HistogramVec
	connections *connections

	sources, generators, endings, judges, criteria *known
}

// Buckets, as operators' dashboards expect them.
var (
	caseSeconds    = []float64{1, 5, 10, 30, 60, 300, 600, 1800, 3600}
	requestSeconds = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	scoreBounds    = []float64{.1, .2, .3, .4, .5, .6, .7, .8, .9, 1}
)

// New returns a set in which nothing is counted yet, but what the process itself
// uses.
func New() *Set {
	s := &Set{
		registry: prometheus.NewRegistry(),
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "test_executions_total", Help: "Attempts of cases that ended in this process.",
		}, []string{"kind", "outcome"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "test_duration_seconds", Help: "How long attempts of cases took.", Buckets: caseSeconds,
		}, []string{"kind"}),
		active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "active_tests_count", Help: "Attempts of cases under way in this process.",
		}, []string{"kind"}),
		scores: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "test_quality_scores", Help: "Scores that assessments made in this process gave, from 0 to 1.", Buckets: scoreBounds,
		}, []string{"judge", "criterion"}),
		generations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ai_generations_total", Help: "Generations of cases that ended in this process.",
		}, []string{"source", "generator", "outcome"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests that were answered.",
		}, []string{"service", "method", "status_code"}),
		answered: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "How long answers took; sockets and streams are left out.", Buckets: requestSeconds,
		}, []string{"service", "method"}),
		connections: newConnections(),
		sources:     newKnown(), generators: newKnown(), endings: newKnown(), judges: newKnown(), criteria: newKnown(),
	}
	s.registry.MustRegister(s.executions, s.durations, s.active, s.scores, s.generations, s.requests, s.answered, s.connections,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// CaseBegan tells of an attempt of a case; CaseEnded must follow. The kind is one
// of the plan language.
func (s *Set) CaseBegan(kind string) { s.active.WithLabelValues(kind).Inc() }

// CaseEnded tells that an attempt has ended. Kind and outcome are of the plan
// language.
func (s *Set) CaseEnded(kind, outcome string, took time.Duration) {
	s.active.WithLabelValues(kind).Dec()
	s.executions.WithLabelValues(kind, outcome).Inc()
	s.durations.WithLabelValues(kind).Observe(took.Seconds())
}

// Scored tells a score of an assessment, from 0 to 1. The criterion of the score
// of all together is "overall".
func (s *Set) Scored(judge, criterion string, score float64) {
	s.scores.WithLabelValues(s.judges.of(judge), s.criteria.of(criterion)).Observe(score)
}

// Generated tells that a generation of cases has ended: what it was made from, who
// made it, and how it ended, such as requirements, llm, completed.
func (s *Set) Generated(source, generator, outcome string) {
	s.generations.WithLabelValues(s.sources.of(source), s.generators.of(generator), s.endings.of(outcome)).Inc()
}
