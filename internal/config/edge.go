package config

import (
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/edge"
)

// Edge configures how the API stands in the network: serve.
type Edge struct {
	CORSOrigins    []string `name:"cors-origins" env:"SEMANTEST_CORS_ORIGINS" placeholder:"ORIGIN,..." help:"Origins of other pages that may use the API and open its sockets, such as https://dashboard.example; * alone lets all pages use it, without cookies. Default: none."`
	TLSCert        string   `name:"tls-cert" env:"SEMANTEST_TLS_CERT" placeholder:"FILE" help:"Certificate in PEM, with those between it and the authority; the API then speaks TLS. It is read anew when it changes."`
	TLSKey         string   `name:"tls-key" env:"SEMANTEST_TLS_KEY" placeholder:"FILE" help:"Key of the certificate, in PEM."`
	TrustedProxies []string `name:"trusted-proxies" env:"SEMANTEST_TRUSTED_PROXIES" placeholder:"CIDR,..." help:"Addresses and networks of proxies in front of the API, whose X-Forwarded-For, -Proto and -Host are believed. Default: none."`
}

// Validate names the first setting that makes no sense.
func (e Edge) Validate() error {
	if err := edge.CheckOrigins(e.CORSOrigins); err != nil {
		return err
	}
	if (e.TLSCert == "") != (e.TLSKey == "") {
		return apperr.Invalid("tlsCert", "TLS needs both a certificate and its key: give --tls-cert and --tls-key")
	}
	_, err := edge.ParseProxies(e.TrustedProxies)
	return err
}
