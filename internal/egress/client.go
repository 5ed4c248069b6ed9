package egress

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Timeouts of a Client. Zero values stand for the defaults in brackets.
type Timeouts struct {
	Connect time.Duration // for one connection, and for its TLS handshake (10 s)
	Header  time.Duration // until the answer begins (30 s)
	Total   time.Duration // for a request with its redirects and the body of the answer (1 min)
}

// maxRedirects is how many redirects a Client follows.
const maxRedirects = 5

// Client returns an HTTP client for what this server itself asks of others. Each
// of its connections is judged by the policy, it asks no proxy of the
// environment, and it follows a few redirects, but none away from HTTPS. How
// much of a body is read is up to the caller. CloseIdleConnections ends it.
func (p *Policy) Client(t Timeouts) *http.Client {
	set(&t.Connect, 10*time.Second)
	set(&t.Header, 30*time.Second)
	set(&t.Total, time.Minute)
	return &http.Client{
		Timeout: t.Total,
		Transport: &http.Transport{
			Proxy:                  nil, // one from the environment would dial past the policy
			DialContext:            p.Dialer(t.Connect).DialContext,
			TLSHandshakeTimeout:    t.Connect,
			ResponseHeaderTimeout:  t.Header,
			MaxResponseHeaderBytes: 64 << 10,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           50,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
		},
		CheckRedirect: checkRedirect,
	}
}

func checkRedirect(to *http.Request, before []*http.Request) error {
	from := before[len(before)-1].URL.Scheme
	switch scheme := to.URL.Scheme; {
	case scheme != "https" && scheme != "http":
		return fmt.Errorf("a redirect to an address of the scheme %q is not followed", scheme)
	case from == "https" && scheme != "https":
		return errors.New("a redirect from https to http is not followed")
	case len(before) > maxRedirects:
		return fmt.Errorf("it redirects more than %d times", maxRedirects)
	}
	return nil
}

func set(d *time.Duration, byDefault time.Duration) {
	if *d <= 0 {
		*d = byDefault
	}
}
