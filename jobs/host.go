package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/loadteams"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/webhooks"
	"github.com/semantest/semantest/internal/workers"
)

// Host is the worker of one process: its executors, its slots, and the loops
// that keep its leases and bring back what others lost.
type Host struct {
	id        string
	pool      *pgxpool.Pool
	runs      *runs.Service
	workers   *workers.Service
	teams     *loadteams.Service
	sessions  *browsersessions.Service
	artifacts *artifacts.Service
	webhooks  *webhooks.Service
	breakers  *breaker.Set
	baselines Baselines
	auditLog  AuditLog
	auditFor  time.Duration
	assessed  Assessments
	generated Generations
	spends    ModelSpends
	executors map[spec.Kind]executors.Executor
	meter     Meter
	slots     map[spec.Kind]int // at most
	room      *rooms            // of those kinds whose slots follow the memory that is left
	logger    *slog.Logger
	ticks     *ticker
	leases    *leases
	client    *river.Client[pgx.Tx]
	version   string
	name      string // of the machine
	labels    map[string]string
	grace     time.Duration
	gather    time.Duration // how long a team may take to come together

	beats      atomic.Int64 // heartbeats that succeeded in a row
	unregister func()
	done       chan struct{}
	draining   chan struct{} // closed when no more jobs are taken
	ending     chan struct{} // closed when deliveries under way shall be broken off
	loops      sync.WaitGroup
}

// HostConfig is what NewHost needs.
type HostConfig struct {
	Pool      *pgxpool.Pool
	Runs      *runs.Service
	Workers   *workers.Service
	Teams     *loadteams.Service
	Sessions  *browsersessions.Service // nil where no browser is kept open for anybody
	Artifacts *artifacts.Service
	Webhooks  *webhooks.Service
	Breakers  *breaker.Set
	Baselines Baselines   // what people have accepted; nil where nobody keeps any
	Assessed  Assessments // makes assessments; nil where none are made
	Analyses  Analyses    // says what caused failures; nil where nobody does
	Generated Generations // makes cases; nil where none are made
	Hub       *events.Hub
	Bus       *events.Bus
	AuditLog  AuditLog
	Spends    ModelSpends   // what language models were paid; nil where nobody counts it
	AuditFor  time.Duration // how long entries of the audit log are kept; 0 keeps them for good
	Executors []executors.Executor
	Meter     Meter             // counts the cases; nil where nobody does
	Slots     map[spec.Kind]int // cases at once, by kind
	Fit       []spec.Kind       // kinds that offer fewer of them while their executor has no room for all
	Labels    map[string]string
	Gather    time.Duration // how long the workers of one load may take to come together; a minute when zero
	Version   string
	Logger    *slog.Logger
}

// River asks Postgres for jobs this often at least; a notification hastens it.
const (
	fetchCooldown = 5 * time.Millisecond
	fetchPoll     = 100 * time.Millisecond
)

// NewHost prepares a worker; Start begins.
func NewHost(c HostConfig) (*Host, error) {
	h := &Host{
		id: ident.New(ident.Worker), pool: c.Pool, runs: c.Runs, workers: c.Workers, teams: c.Teams, sessions: c.Sessions, artifacts: c.Artifacts, webhooks: c.Webhooks, breakers: c.Breakers, baselines: c.Baselines,
		auditLog: c.AuditLog, auditFor: c.AuditFor, assessed: c.Assessed, generated: c.Generated, spends: c.Spends,
		executors: map[spec.Kind]executors.Executor{}, meter: c.Meter, slots: c.Slots, version: c.Version, labels: c.Labels, grace: grace, gather: cmp.Or(c.Gather, time.Minute), name: machine(),
		logger: c.Logger, ticks: newTicker(c.Bus.PublishTick), done: make(chan struct{}), draining: make(chan struct{}), ending: make(chan struct{}),
	}
	if h.meter == nil {
		h.meter = uncounted{}
	}
	h.leases = newLeases(c.Runs, h.id, c.Logger)
	h.room = newRooms()
	queues := map[string]river.QueueConfig{}
	for _, e := range c.Executors {
		n := c.Slots[e.Kind()]
		if n <= 0 {
			continue
		}
		h.executors[e.Kind()] = e
		if roomy, ok := e.(executors.Roomy); ok && slices.Contains(c.Fit, e.Kind()) {
			h.room.watch(e.Kind(), roomy, n)
		}
		queues[Queue(e.Kind())] = river.QueueConfig{MaxWorkers: n}
	}
	if len(queues) == 0 {
		return nil, errors.New("a worker needs at least one executor with a slot")
	}
	queues[webhookQueue] = webhookQueueConfig()
	registry := river.NewWorkers()
	river.AddWorker(registry, &caseWorker{host: h})
	river.AddWorker(registry, &partWorker{host: h})
	river.AddWorker(registry, &webhookWorker{webhooks: c.Webhooks, ending: h.ending})
	if c.Sessions != nil {
		river.AddWorker(registry, &sessionWorker{host: h})
	}
	if c.Assessed != nil {
		queues[assessQueue] = assessQueueConfig()
		river.AddWorker(registry, &assessWorker{assessments: c.Assessed})
		queues[judgeQueue] = judgeQueueConfig()
		river.AddWorker(registry, &judgeWorker{assessments: c.Assessed})
		if c.Analyses != nil {
			river.AddWorker(registry, &analyzeWorker{analyses: c.Analyses})
		}
	}
	if c.Generated != nil {
		queues[generateQueue] = generateQueueConfig()
		river.AddWorker(registry, &generateWorker{generations: c.Generated})
	}
	client, err := river.NewClient(riverpgxv5.New(c.Pool), &river.Config{
		ID: h.id, Queues: queues, Workers: registry, Logger: quiet(c.Logger),
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll,
		JobTimeout: time.Hour, RescueStuckJobsAfter: 2 * time.Hour,
		CompletedJobRetentionPeriod: 10 * time.Minute,
		ReindexerSchedule:           river.NeverSchedule(), // only a table's owner may, and we serve as nobody's
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the worker: %w", err)
	}
	h.client = client
	h.unregister = c.Hub.OnStop(h.leases.stop)
	return h, nil
}

// Start registers the worker and begins to take jobs. Stop must be called.
func (h *Host) Start(ctx context.Context) error {
	ctx = store.AllProjects(ctx) // and with it the jobs
	h.room.look()
	slots := h.offered()
	err := h.workers.Register(ctx, workers.Worker{ID: h.id, Host: h.name, PID: os.Getpid(), Version: h.version, Slots: slots, Labels: h.labels})
	if err != nil {
		return err
	}
	if err := h.workers.Beat(ctx, h.id); err != nil { // by the database's clock
		return err
	}
	h.beats.Store(beatsBeforeReap)
	// River stops when its context is cancelled; Stop decides how.
	if err := h.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	h.loops.Go(func() { h.ticks.run(h.done) })
	h.loops.Go(func() { h.every(heartbeatEvery, "heartbeat", h.heartbeat) })
	h.loops.Go(func() { h.every(reapEvery, "reap", h.reap) })
	h.loops.Go(h.dispatch)
	h.loops.Go(func() { h.every(pruneEvery, "prune the deliveries of webhooks", h.pruneDeliveries) })
	h.loops.Go(func() { h.every(pruneEvery, "prune the audit log", h.pruneAuditLog) })
	if h.spends != nil {
		h.loops.Go(func() { h.every(pruneEvery, "prune what language models were paid", h.pruneSpends) })
	}
	if h.assessed != nil {
		h.loops.Go(func() { h.every(giveUpEvery, "give up assessments", h.giveUpAssessments) })
	}
	if h.generated != nil {
		h.loops.Go(func() { h.every(pruneEvery, "prune old generations", h.pruneGenerations) })
		h.loops.Go(func() { h.every(giveUpEvery, "give up generations", h.giveUpGenerations) })
	}
	h.logger.Info("worker started", "worker", h.id, "kinds", slices.Sorted(maps.Keys(slots)))
	return nil
}

// machine is the name of this machine, as workers are known by.
func machine() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// Stop takes no more jobs, ends the sessions, lets other jobs under way end until
// ctx is done, then cancels them, and closes the executors.
func (h *Host) Stop(ctx context.Context) error {
	ctx = store.AllProjects(ctx)
	h.unregister()
	close(h.draining)
	errs := []error{}
	if err := h.workers.Drain(ctx, h.id); err != nil {
		h.logger.Warn("telling that the worker drains failed", "error", err)
	}
	defer time.AfterFunc(deliveryGrace, func() { close(h.ending) }).Stop()
	if err := h.client.Stop(ctx); err != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := h.client.StopAndCancel(hard); err != nil {
			errs = append(errs, fmt.Errorf("stop the worker: %w", err))
		}
	}
	close(h.done)
	h.loops.Wait()
	for _, e := range h.executors {
		if err := e.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close the %s executor: %w", e.Kind(), err))
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := h.workers.Leave(last, h.id); err != nil {
		h.logger.Warn("telling that the worker has left failed", "error", err)
	}
	return errors.Join(errs...)
}

func (h *Host) heartbeat(ctx context.Context) error {
	err := errors.Join(h.leases.renew(ctx), h.workers.Beat(ctx, h.id), h.fit(ctx))
	if err != nil {
		h.beats.Store(0)
	} else {
		h.beats.Add(1)
	}
	return err
}

// every calls f at an interval until the host stops. A failure is logged: the
// next call may succeed.
func (h *Host) every(interval time.Duration, doing string, f func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-h.done:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(store.AllProjects(context.Background()), interval)
		if err := f(ctx); err != nil {
			h.logger.Warn("a regular task failed", "task", doing, "error", err)
		}
		cancel()
	}
}

// quiet keeps River's own running commentary out of the log.
func quiet(l *slog.Logger) *slog.Logger {
	return slog.New(&levelHandler{Handler: l.Handler(), level: slog.LevelWarn})
}

type levelHandler struct {
	slog.Handler
	level slog.Level
}

func (h *levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}
