package httpauth

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// maxPEM bounds a file with certificates or a key: 1 MiB.
const maxPEM = 1 << 20

// Secure changes a configuration into what the plan says of secure connections.
// Files lie beside the plan; insecure says whether the server allows to take any
// certificate.
func Secure(config *tls.Config, t spec.TLS, files fs.FS, insecure bool) error {
	config.ClientSessionCache = nil // what one plan trusts is nothing to another
	config.ServerName = t.ServerName
	if err := trust(config, t, files); err != nil {
		return err
	}
	if t.Insecure {
		if !insecure {
			return executors.Errorf("use.tls.insecure is refused here: name the authority of the certificate under use.tls.ca, or start the server with --egress dev")
		}
		config.InsecureSkipVerify = true
	}
	return nil
}

// trust reads the certificates and the key.
func trust(config *tls.Config, t spec.TLS, files fs.FS) error {
	if t.CA != "" {
		data, err := readPEM(files, t.CA)
		if err != nil {
			return err
		}
		pool := config.RootCAs
		if pool == nil {
			if pool, err = x509.SystemCertPool(); err != nil {
				pool = x509.NewCertPool()
			}
		}
		pool = pool.Clone()
		if !pool.AppendCertsFromPEM(data) {
			return executors.Errorf("use.tls.ca holds no certificate in PEM form")
		}
		config.RootCAs = pool
	}
	if t.Certificate == "" {
		return nil
	}
	certificate, err := readPEM(files, t.Certificate)
	if err != nil {
		return err
	}
	key, err := readPEM(files, t.Key)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return executors.Errorf("use.tls.certificate and use.tls.key cannot be used: %s", strings.TrimPrefix(oneLine(err.Error()), "tls: "))
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// readPEM is PEM in place or from a file.
func readPEM(files fs.FS, text string) ([]byte, error) {
	if !strings.HasPrefix(text, "file://") {
		return []byte(text), nil
	}
	f, name, err := executors.OpenFile(files, text)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	err = errors.Join(err, f.Close())
	switch {
	case err != nil:
		return nil, executors.Errorf("the file %s cannot be read: %w", name, err)
	case len(data) > maxPEM:
		return nil, executors.Errorf("the file %s is too large: more than %d MiB", name, maxPEM>>20)
	}
	return data, nil
}
