package edge

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// lookEvery is how often the files of a certificate are looked at, when there
// are handshakes.
const lookEvery = time.Second

// TLS returns the configuration of a server whose certificate and key are in
// files. It takes them anew when they have changed, so that a certificate is
// renewed without a restart; while the new ones are not usable, the old ones
// stay.
func TLS(certFile, keyFile string, logger *slog.Logger) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, logger: logger}
	if err := c.load(c.stamp()); err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the certificate %s and its key %s cannot be used: %v", certFile, keyFile, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

type certificate struct {
	certFile, keyFile string
	logger            *slog.Logger

	mu     sync.Mutex
	now    *tls.Certificate
	looked time.Time
	read   stamp
}

// stamp tells one state of the files from another.
type stamp [2]struct {
	changed time.Time
	size    int64
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.now, nil
	}
	c.looked = time.Now()
	if s := c.stamp(); s != c.read {
		if err := c.load(s); err != nil {
			c.logger.Warn("the renewed certificate cannot be used; the one before is kept", "certificate", c.certFile, "error", err)
		} else {
			c.logger.Info("the certificate was renewed", "certificate", c.certFile)
		}
	}
	return c.now, nil
}

// load reads the files. A state that is not usable is not read again.
func (c *certificate) load(s stamp) error {
	c.read = s
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.now = &pair
	return nil
}

func (c *certificate) stamp() stamp {
	var s stamp
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i].changed, s[i].size = info.ModTime(), info.Size()
		}
	}
	return s
}
