package app

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/executors/llm"
	"github.com/semantest/semantest/executors/load"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/migration"
)

// database is the name of ours in the embedded Postgres.
const database = "semantest"

func (a *App) startPostgres(ctx context.Context) error {
	if a.cfg.DatabaseURL != "" {
		return nil
	}
	options := embedded.PostgresOptions{Throwaway: a.cfg.Ephemeral, Logger: a.logger}
	if !a.cfg.Ephemeral {
		options.DataDir = a.cfg.Server.Folder()
	}
	pg, err := embedded.StartPostgres(ctx, options)
	if err != nil {
		return err
	}
	a.folder = folder(pg.DataDir())
	closing := make(chan struct{})
	a.onClose("postgres", func(ctx context.Context) error { close(closing); return pg.Stop(ctx) })
	go func() {
		select {
		case <-closing:
		case <-pg.Done():
			a.fail(errors.Join(errors.New("the embedded Postgres has ended unexpectedly"), pg.Err()))
		}
	}()
	if err := pg.CreateDatabase(ctx, database, ""); err != nil && !exists(err) {
		return err
	}
	a.cfg.DatabaseURL = pg.URL(database)
	return nil
}

func exists(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == "42P04"
}

func (a *App) startRedis(ctx context.Context) error {
	if a.cfg.RedisURL == "" {
		mini, err := embedded.StartRedis(ctx)
		if err != nil {
			return err
		}
		a.onClose("redis", func(context.Context) error { mini.Close(); return nil })
		a.cfg.RedisURL, a.ownRedis = mini.URL(), true
	}
	o, err := redis.ParseURL(a.cfg.RedisURL)
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "the Redis address is not valid; use redis://host:6379/0")
	}
	// Redis only hastens things, so nobody waits for it long.
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	o.MaxRetries = 1
	quietRedis.Do(func() { redis.SetLogger(noLog{}) })
	client := redis.NewClient(o)
	a.redis = client
	a.onClose("redis client", func(context.Context) error { return client.Close() })
	if err := client.Ping(ctx).Err(); err != nil {
		a.logger.Warn("redis does not answer; live events arrive by polling", "error", err)
	}
	return nil
}

// quietRedis keeps go-redis from writing to standard error on its own: whether
// Redis answers is logged by the bus, once.
var quietRedis sync.Once

type noLog struct{}

func (noLog) Printf(context.Context, string, ...any) {}

func (a *App) openStore(ctx context.Context) error {
	role, err := a.migrate(ctx)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, a.cfg.DatabaseURL, store.Options{MaxConns: 16, Role: role})
	if err != nil {
		return err
	}
	a.store = s
	a.onClose("database", func(context.Context) error { return s.Close() })
	return nil
}

// migrate brings the database up to date as its owner, and returns the role as
// which the process serves: none where the user of its address is not the owner.
func (a *App) migrate(ctx context.Context) (role string, err error) {
	address := cmp.Or(a.cfg.OwnerURL, a.cfg.DatabaseURL)
	owner, err := store.Open(ctx, address, store.Options{MaxConns: 2})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, owner.Close()) }()
	ran, role, err := migration.Apply(ctx, owner.DB, owner.Pool)
	for _, name := range ran {
		a.logger.Debug("migration applied", "name", name)
	}
	switch {
	case err != nil || a.cfg.OwnerURL != "":
		return "", err
	case role == "":
		a.logger.Warn("the database's owner may not make the role " + store.Role + ", so it serves itself; row-level security binds it unless it is a superuser")
	}
	return role, nil
}

func (a *App) realExecutors() ([]executors.Executor, error) {
	hosts, err := load.ParseHosts(a.cfg.LoadHosts)
	if err != nil {
		return nil, err
	}
	exchanges := api.New(a.policy)
	return []executors.Executor{
		exchanges,
		browser.New(browser.Options{Path: a.cfg.Browser, Firefox: a.cfg.Firefox, WebKit: a.cfg.WebKit, Egress: a.policy, Model: a.llm, Log: a.logger}),
		contract.New(a.policy),
		llm.New(a.policy, a.llm, a.llm.Prices()),
		load.New(exchanges, a.policy, load.Limits{
			MaxUsers: a.cfg.LoadMaxVUs, MaxDuration: a.cfg.LoadMaxDuration, MaxRamp: a.cfg.LoadMaxRamp, Hosts: hosts,
			K6: a.cfg.K6, K6Allowed: a.cfg.K6Allowed,
		}),
	}, nil
}
