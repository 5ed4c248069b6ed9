package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers with all metrics in Prometheus' text format, or another one that
// the client asks for. It knows no permissions: who may read it is the caller's
// business.
func (s *Set) Handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{
		ErrorLog: warnings{logger}, ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	})
}

// warnings tells what could not be gathered.
type warnings struct{ logger *slog.Logger }

// Println implements promhttp.Logger.
func (w warnings) Println(v ...any) { w.logger.Warn("some metrics could not be read", "error", v) }
