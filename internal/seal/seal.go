package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/semantest/semantest/internal/apperr"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// Sealer encrypts and decrypts with one key.
type Sealer struct{ aead cipher.AEAD }

// New returns a sealer for a key of KeySize bytes.
func New(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, apperr.Invalid("secretKey", "the secret key must have %d bytes, not %d; make one with: openssl rand -base64 32", KeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare the secret key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare the secret key: %w", err)
	}
	return &Sealer{aead: aead}, nil
}

// Parse reads a key from its base64 form.
func Parse(text string) (*Sealer, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the secret key is not base64; make one with: openssl rand -base64 32")
	}
	return New(key)
}

// FromFile reads the key in a file, and makes both on first use. Processes that
// come first together get the same key.
func FromFile(path string) (*Sealer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the secret key cannot be kept in %s", path)
	}
	s, err := Parse(string(text))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the file %s holds no usable secret key", path)
	}
	return s, nil
}

// create writes a fresh key to a file, unless another process was faster. The
// name is given to the file only once its content is complete.
func create(path string) (err error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	// CreateTemp makes files that only their owner can read.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Seal encrypts plain. The context (such as a run's id) must be the same when
// it is opened, so that sealed bytes cannot be moved elsewhere.
func (s *Sealer) Seal(plain []byte, context string) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(context)) //nolint:gosec // it makes a random nonce of its own //nolint:gosec // the cipher draws the nonce itself
}

// Open decrypts what Seal returned.
func (s *Sealer) Open(sealed []byte, context string) ([]byte, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(context))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable,
			"a secret cannot be opened: every process needs the same SEMANTEST_SECRET_KEY")
	}
	return plain, nil
}
