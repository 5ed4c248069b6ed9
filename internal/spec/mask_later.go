package spec

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Bounds of the secrets that come up while a case runs. They come from a target,
// which could send more than a process can look for.
const (
	maxLaterSecrets = 1000
	maxLaterBytes   = 256 << 10 // of all of them
	maxLaterSecret  = 64 << 10  // of one
)

// Errors of AddSecret, as the end of a sentence.
var (
	ErrSecretTooLarge = errors.New("it is larger than 64 KiB, the most that can be kept secret")
	ErrTooManySecrets = errors.New("the case has more than 1000 secrets, or more than 256 KiB of them")
)

// AddSecret hides a value from now on, as if it had been a secret from the
// start: in this scope and in all that are forked from it or that it was forked
// from. It is safe for concurrent use, also beside Mask. A value that is known
// already, or shorter than 3 bytes, changes nothing.
func (s *Scope) AddSecret(value string) error { return s.later.add(value) }

// laterSecrets are secrets that come up while a case runs, such as an access
// token. Readers see a list that never changes; the last of the list is the only
// one that grows, by being replaced, so that a thousand secrets do not cost a
// million forms.
type laterSecrets struct {
	masks atomic.Pointer[[]*masks]

	mu    sync.Mutex
	known map[string]bool
	bytes int
	tail  []string // secrets of the last element of masks
}

// maxTail is how many secrets are prepared together.
const maxTail = 32

func (l *laterSecrets) add(value string) error {
	if len(value) < minSecret {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.known[value]:
		return nil
	case len(value) > maxLaterSecret:
		return ErrSecretTooLarge
	case len(l.known) >= maxLaterSecrets, l.bytes+len(value) > maxLaterBytes:
		return ErrTooManySecrets
	}
	if l.known == nil {
		l.known = map[string]bool{}
	}
	l.known[value] = true
	l.bytes += len(value)
	var list []*masks
	if old := l.masks.Load(); old != nil {
		list = append(list, *old...)
	}
	if len(l.tail) > 0 && len(l.tail) < maxTail {
		list = list[:len(list)-1]
	} else {
		l.tail = nil
	}
	l.tail = append(l.tail, value)
	list = append(list, masksOf(l.tail))
	l.masks.Store(&list)
	return nil
}

// lists returns everything that is to be hidden now.
func (s *Scope) lists() []*masks {
	later := s.later.masks.Load()
	switch {
	case later == nil && s.masks == nil:
		return nil
	case later == nil:
		return []*masks{s.masks}
	case s.masks == nil:
		return *later
	}
	return append([]*masks{s.masks}, *later...)
}
