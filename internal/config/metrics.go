package config

import (
	"net"

	"github.com/semantest/semantest/internal/apperr"
)

// Metrics configures who may read what a process counts: serve and work.
type Metrics struct {
	MetricsListen string `name:"metrics-listen" env:"SEMANTEST_METRICS_LISTEN" placeholder:"ADDRESS" help:"Address of a listener of its own for GET /metrics, such as 127.0.0.1:9464. Whoever reaches it may read it. Default: none."`
	MetricsPath   bool   `name:"metrics-path" env:"SEMANTEST_METRICS_PATH" help:"Answer GET /metrics at the address of the API too, for tokens with the permission instance. The numbers are those of the whole process, whatever the project of the token."`
}

// Validate names the setting that makes no sense.
func (m Metrics) Validate() error {
	if m.MetricsListen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(m.MetricsListen); err != nil {
		return apperr.Invalid("metricsListen", "%q is no address to listen on; write it as 127.0.0.1:9464", m.MetricsListen)
	}
	return nil
}
