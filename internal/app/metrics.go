package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
)

// metricsPath is where Prometheus looks.
const metricsPath = "/metrics"

// listenMetrics opens the listener that is for metrics alone.
func (a *App) listenMetrics(ctx context.Context) error {
	if a.cfg.Metrics.MetricsListen == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Metrics.MetricsListen)
	if err != nil {
		return apperr.Wrap(err, apperr.InvalidInput, "cannot listen on %s for metrics; choose another address with --metrics-listen", a.cfg.Metrics.MetricsListen)
	}
	a.metricsListener = l
	a.onClose("metrics listener", func(context.Context) error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// serveMetrics begins to answer on it.
func (a *App) serveMetrics() {
	if a.metricsListener == nil {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+metricsPath, a.metrics.Handler(a.logger))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	go func() {
		if err := server.Serve(a.metricsListener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("the listener for metrics has ended unexpectedly: %w", err))
		}
	}()
	a.onClose("metrics", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			return server.Close()
		}
		return nil
	})
}

// MetricsURL is the address of the metrics on their own listener; empty without
// one.
func (a *App) MetricsURL() string {
	if a.metricsListener == nil {
		return ""
	}
	return "http://" + a.metricsListener.Addr().String() + metricsPath
}

// metricsForAdmins answers at the address of the API. The numbers are of all
// projects, so that an administrator of one alone may not read them.
func (a *App) metricsForAdmins() http.Handler {
	metrics := a.metrics.Handler(a.logger)
	return a.authenticated(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := auth.Require(r.Context(), auth.Instance); err != nil {
			a.refuse(w, r, err)
			return
		}
		metrics.ServeHTTP(w, r)
	}))
}
