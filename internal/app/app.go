package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/accounts/oidc"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/assessments/calibration"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/baselines"
	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/edge"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/failures"
	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/loadteams"
	"github.com/semantest/semantest/internal/members"
	"github.com/semantest/semantest/internal/metrics"
	"github.com/semantest/semantest/internal/modelspend"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/ratelimit"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/migration"
	"github.com/semantest/semantest/internal/triggers"
	"github.com/semantest/semantest/internal/webhooks"
	"github.com/semantest/semantest/internal/workers"
	"github.com/semantest/semantest/jobs"
)

// Config says what a process consists of.
type Config struct {
	config.Server
	Graph     config.Graph
	Identity  *config.Identity // how people sign in; nil where nobody does
	Edge      config.Edge
	LLM       config.LLM
	Metrics   config.Metrics
	Bodies    edge.BodyLimits // of requests; zero values mean the usual ones
	Listen    string          // address of the API; empty for none
	Workers   bool            // whether to perform cases
	Schedules bool            // whether to start the runs of schedules; never for a run that ends with its command
	Ephemeral bool            // keep nothing: the data folder is a temporary one
	Egress    egress.Mode
	Baselines string // folder of the accepted baselines; empty compares with those that the database names
	Version   string
	Logger    *slog.Logger

	// Executors replace the real ones; tests set them.
	Executors []executors.Executor
	// Webhooks are the schedule and the bounds of deliveries; zero values mean the
	// usual ones. Tests set them.
	Webhooks webhooks.Options
}

// App is a running process.
type App struct {
	cfg    Config
	logger *slog.Logger

	folder folder
	redis  redis.UniversalClient
	store  *store.Store
	bus    *events.Bus
	hub    *events.Hub
	policy *egress.Policy

	ownRedis bool // whether no other process uses redis
	limiter  *ratelimit.Limiter

	keys     *keys.Ring
	accounts *accounts.Service
	provider *oidc.Provider  // nil without one
	first    *accounts.First // nil unless this process made it

	auth      *auth.Service
	plans     *plans.Service
	runs      *runs.Service
	workers   *workers.Service
	teams     *loadteams.Service
	artifacts *artifacts.Service
	webhooks  *webhooks.Service
	breakers  *breaker.Set
	llm       *llm.Client
	schedules *schedules.Service
	secrets   *secrets.Service
	triggers  *triggers.Service
	members   *members.Service
	baselines *baselines.Service
	assessed  *assessments.Service
	spends    *modelspend.Ledger
	failures  *failures.Service
	anomalies *anomalies.Service
	generated *generation.Service
	metrics   *metrics.Set
	sessions  *browsersessions.Service

	host     *jobs.Host
	listener net.Listener

	metricsListener net.Listener // nil without one of their own

	tls     *tls.Config // nil without TLS
	server  *http.Server
	failed  chan error
	closers []closer
}

// closer undoes one part of New and Start.
type closer struct {
	name  string
	close func(ctx context.Context) error
}

// New connects everything and brings the database up to date. On an error, what
// was begun is undone. Start makes it work; Close must be called.
func New(ctx context.Context, cfg Config) (a *App, err error) {
	ctx = store.AllProjects(ctx)
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.Graph.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.Edge.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.LLM.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.Metrics.Validate(); err != nil {
		return nil, err
	}
	if cfg.Identity != nil {
		if err := cfg.Identity.Validate(); err != nil {
			return nil, err
		}
	}
	a = &App{cfg: cfg, logger: cfg.Logger, metrics: metrics.New(), failed: make(chan error, 4)}
	defer func() {
		if err != nil {
			undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
			defer cancel()
			err = errors.Join(err, a.Close(undo))
			a = nil
		}
	}()
	for _, part := range []func(context.Context) error{
		a.openTLS, a.listen, a.listenMetrics, a.openFolder, a.startPostgres, a.startRedis, a.openStore, a.openEgress, a.buildServices, a.buildHost,
	} {
		if err := part(ctx); err != nil {
			return a, err
		}
	}
	return a, nil
}

// Start lets the process take requests and cases. It returns when both can.
func (a *App) Start(ctx context.Context) error {
	if a.host != nil {
		if err := a.host.Start(ctx); err != nil {
			return err
		}
		a.onClose("worker", func(ctx context.Context) error {
			drain, cancel := context.WithTimeout(ctx, a.cfg.DrainTimeout)
			defer cancel()
			return a.host.Stop(drain)
		})
	}
	a.serveMetrics()
	if err := a.startIdentity(store.AllProjects(ctx)); err != nil {
		return err
	}
	if a.cfg.Schedules {
		scheduler := jobs.NewScheduler(a.schedules, a.logger)
		scheduler.Start()
		a.onClose("scheduler", func(context.Context) error { scheduler.Stop(); return nil })
	}
	if a.host == nil { // a worker does it beside its other work
		a.reapSessions()
	}
	return a.serve()
}

// URL is the address of the API, such as http://127.0.0.1:8080.
func (a *App) URL() string {
	if a.listener == nil {
		return ""
	}
	if a.tls != nil {
		return "https://" + a.listener.Addr().String()
	}
	return "http://" + a.listener.Addr().String()
}

// Failed tells when the process cannot go on: its embedded Postgres died, or
// its listener broke.
func (a *App) Failed() <-chan error { return a.failed }

// Folder is the data folder in use.
func (a *App) Folder() string { return string(a.folder) }

// Close takes everything down in the opposite order of its coming up. Cases
// under way may end within the drain time.
func (a *App) Close(ctx context.Context) error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		c := a.closers[i]
		if err := c.close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.name, err))
		}
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *App) onClose(name string, f func(ctx context.Context) error) {
	a.closers = append(a.closers, closer{name, f})
}

func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

func (a *App) buildServices(ctx context.Context) error {
	enqueuer, err := jobs.NewEnqueuer(a.logger)
	if err != nil {
		return err
	}
	sealer, err := a.openSealer()
	if err != nil {
		return err
	}
	a.artifacts, err = artifacts.Open(ctx, a.store, a.artifactsURL())
	if err != nil {
		return err
	}
	a.onClose("artifacts", func(context.Context) error { return a.artifacts.Close() })
	a.bus = events.NewBus(a.redis, a.logger)
	a.onClose("bus", func(context.Context) error { a.bus.Close(); return nil })
	log := events.NewLog(a.store, a.bus)
	a.hub = events.NewHub(log, a.redis, a.logger, events.HubOptions{})
	a.onClose("hub", func(context.Context) error { a.hub.Close(); return nil })

	a.breakers = breaker.New(a.redis, breaker.Options{
		Off: a.cfg.BreakerFailures == 0, Failures: a.cfg.BreakerFailures, OpenFor: a.cfg.BreakerOpen, Logger: a.logger,
	})
	a.onClose("breakers", func(context.Context) error { a.breakers.Close(); return nil })

	if a.llm, err = a.openLLM(); err != nil {
		return err
	}
	a.limiter = ratelimit.New(a.shared(), a.logger)
	a.buildIdentity(sealer)
	a.members = members.New(a.store, a.auth)
	a.plans = plans.New(a.store, schedules.FromPlans{}, triggers.WithPlans{})
	a.plans.LimitFiles(a.cfg.MaxFiles)
	a.workers = workers.New(a.store)
	a.teams = loadteams.New(a.store, enqueuer, sealer)
	a.webhooks = a.openWebhooks(enqueuer, sealer)
	a.secrets = secrets.New(a.store, sealer)
	a.runs = runs.New(runs.Deps{
		Store: a.store, Plans: a.plans, Log: log, Hub: a.hub, Bus: a.bus, Enqueuer: enqueuer, Outbox: a.webhooks, Sealer: sealer, Vault: a.secrets,
		Compared: baselines.Recorder{}, Assessor: assessments.Opener{Enqueuer: enqueuer},
	})
	a.failures = failures.New(failures.Deps{Store: a.store, Runs: a.runs, Model: a.llm, Enqueuer: enqueuer})
	a.anomalies = anomalies.New(a.store, a.plans)
	a.assessed = assessments.New(assessments.Deps{
		Store: a.store, Plans: a.plans, Runs: a.runs, Artifacts: a.artifacts, Enqueuer: enqueuer, Model: a.llm, Meter: a.metrics, Failures: a.failures,
		Limits: calibration.Limits{Kappa: a.cfg.LLM.JudgeKappa, Items: a.cfg.LLM.JudgeItems},
	})
	a.generated = a.openGeneration(enqueuer)
	a.baselines = baselines.New(baselines.Deps{Store: a.store, Artifacts: a.artifacts, Runs: a.runs})
	a.schedules = schedules.New(schedules.Deps{Store: a.store, Plans: a.plans, Runs: a.runs, Logger: a.logger})
	a.triggers = triggers.New(triggers.Deps{Store: a.store, Plans: a.plans, Runs: a.runs, Sealer: sealer})
	a.metrics.Queues(func(ctx context.Context) (map[string]int64, error) {
		return jobs.QueueDepths(store.AllProjects(ctx), a.store.Pool)
	})
	a.sessions = browsersessions.New(browsersessions.Deps{Store: a.store, Enqueuer: enqueuer, Vault: a.secrets, Slots: a.runs, Bus: a.bus, Hub: a.hub})
	_, err = a.auth.EnsureProject(ctx)
	return err
}

func (a *App) openWebhooks(enqueuer *jobs.Enqueuer, sealer *seal.Sealer) *webhooks.Service {
	client := webhooks.Client(a.policy.Dialer(10 * time.Second).DialContext)
	a.onClose("webhooks", func(context.Context) error { client.CloseIdleConnections(); return nil })
	options := a.cfg.Webhooks
	options.PublicURL, options.AllowHTTP = a.cfg.PublicURL, a.cfg.Egress == egress.Dev
	return webhooks.New(webhooks.Deps{
		Store: a.store, Enqueuer: enqueuer, Sealer: sealer, Client: client, Options: options,
	})
}

func (a *App) openSealer() (*seal.Sealer, error) {
	if a.cfg.SecretKey != "" {
		return seal.Parse(a.cfg.SecretKey)
	}
	return seal.FromFile(a.folder.join(keyFile))
}

func (a *App) artifactsURL() string {
	if a.cfg.ArtifactsURL != "" {
		return a.cfg.ArtifactsURL
	}
	return a.folder.join("artifacts")
}

func (a *App) buildHost(context.Context) error {
	if !a.cfg.Workers {
		return nil
	}
	list := a.cfg.Executors
	if list == nil {
		var err error
		if list, err = a.realExecutors(); err != nil {
			return err
		}
	}
	host, err := jobs.NewHost(jobs.HostConfig{
		Pool: a.store.Pool, Runs: a.runs, Workers: a.workers, Teams: a.teams, Sessions: a.sessions, Artifacts: a.artifacts,
		Webhooks: a.webhooks, Breakers: a.breakers, Baselines: a.acceptedBaselines(), Assessed: a.assessed, Analyses: a.failures, Generated: a.generated, Hub: a.hub, Bus: a.bus,
		AuditLog: a.auth, AuditFor: time.Duration(a.cfg.AuditDays) * 24 * time.Hour, Spends: a.spends,
		Executors: list, Meter: a.metrics, Slots: a.cfg.Slots(), Fit: a.cfg.Fitting(), Labels: a.cfg.Labels, Gather: a.cfg.LoadTeamWithin, Version: a.cfg.Version, Logger: a.logger,
	})
	a.host = host
	return err
}

// TokenValid reports whether a token is accepted by this process.
func (a *App) TokenValid(ctx context.Context, token string) bool {
	_, err := a.auth.Authenticate(ctx, token)
	return err == nil
}

// Migrate brings a database up to date and returns the migrations that it ran.
func Migrate(ctx context.Context, databaseURL string) ([]string, error) {
	s, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return nil, err
	}
	ran, _, err := migration.Apply(ctx, s.DB, s.Pool)
	return ran, errors.Join(err, s.Close())
}
