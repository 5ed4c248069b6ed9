package seal

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Reread is how seldom a sealer looks whether its key file has changed. A
// rotation waits longer than that between its steps.
const Reread = time.Second

// Sealer encrypts and decrypts with the keys that this process has now. It may
// be used from several goroutines.
type Sealer struct {
	keys atomic.Pointer[Keys]
	path string // of the key file; empty where the keys came from elsewhere

	mu     sync.Mutex
	looked time.Time
	file   os.FileInfo // as it was read
}

// New returns a sealer for a key of KeySize bytes.
func New(key []byte) (*Sealer, error) {
	keys, err := single(key)
	if err != nil {
		return nil, err
	}
	return With(keys), nil
}

// With returns a sealer that keeps to these keys.
func With(keys *Keys) *Sealer {
	s := new(Sealer)
	s.keys.Store(keys)
	return s
}

// Parse returns a sealer for the keys in a text, as ParseKeys reads it.
func Parse(text string) (*Sealer, error) {
	keys, err := ParseKeys(text)
	if err != nil {
		return nil, err
	}
	return With(keys), nil
}

// FromFile returns a sealer for the keys in a file, and makes both on first use.
// Processes that come first together get the same key. When the file changes,
// the sealer takes the new keys within Reread of being used.
func FromFile(path string) (*Sealer, error) {
	if err := Ensure(path); err != nil {
		return nil, err
	}
	s := &Sealer{path: path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the secret key cannot be kept in %s", path)
	}
	keys, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	s.keys.Store(keys)
	s.file, s.looked = info, time.Now()
	return s, nil
}

// Seal encrypts plain with the primary key. The context (such as a run's id)
// must be the same when it is opened, so that sealed bytes cannot be moved
// elsewhere.
func (s *Sealer) Seal(plain []byte, context string) []byte {
	s.refresh()
	return s.keys.Load().Seal(plain, context)
}

// Open decrypts what Seal returned, with whichever key it takes.
func (s *Sealer) Open(sealed []byte, context string) ([]byte, error) {
	known := s.keys.Load()
	plain, err := known.Open(sealed, context)
	if err == nil {
		return plain, nil
	}
	s.refresh()
	if now := s.keys.Load(); now != known {
		return now.Open(sealed, context)
	}
	return nil, err
}

// refresh takes the keys of a file that has changed. A file that cannot be read
// just now leaves the keys as they are: what they open stays open.
func (s *Sealer) refresh() {
	if s.path == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.looked) < Reread {
		return
	}
	s.looked = time.Now()
	info, err := os.Stat(s.path)
	if err != nil || os.SameFile(info, s.file) && info.ModTime().Equal(s.file.ModTime()) && info.Size() == s.file.Size() {
		return
	}
	if keys, err := ReadFile(s.path); err == nil {
		s.keys.Store(keys)
		s.file = info
	}
}
