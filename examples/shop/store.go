package shop

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxLines         = 20 // of a cart or order
	maxQuantity      = 20 // of one line
	ordersPerSession = 20 // that a session can list
)

// store holds everything that changes. One lock guards it all: its work is a
// few map operations, and one order of events is what watchers rely on.
type store struct {
	settings  settings
	catalogue catalogue
	publish   func(orderEvent) // called under the lock; must not block

	mu       sync.Mutex
	sessions *simplelru.LRU[string, *session] // least recently used goes first
	orders   *simplelru.LRU[string, *order]   // oldest goes first: read with Peek only
	reviews  *simplelru.LRU[string, *review]  // oldest goes first: read with Peek only
	owners   uint64
	numbers  int
}

// session is one visitor's state, guarded by the store's lock.
type session struct {
	id     string
	owner  uint64 // survives a change of id
	cart   []line
	fault  Fault // empty: none was chosen
	user   *account
	orders []string // ids, oldest first
}

func newStore(set settings, publish func(orderEvent)) *store {
	return &store{
		settings: set, catalogue: newCatalogue(), publish: publish, numbers: 1000,
		sessions: newLRU[*session](set.maxSessions),
		orders:   newLRU[*order](set.maxOrders),
		reviews:  newLRU[*review](set.maxReviews),
	}
}

func newLRU[V any](size int) *simplelru.LRU[string, V] {
	c, err := simplelru.NewLRU[string, V](size, nil)
	if err != nil {
		panic(err) // only a size below 1, which no option lets through
	}
	return c
}

// find returns the session of that id, or nil.
func (s *store) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess, _ := s.sessions.Get(id)
	return sess
}

func (s *store) begin() (*session, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owners++
	sess := &session{id: newID("ses"), owner: s.owners}
	s.sessions.Add(sess.id, sess)
	return sess, sess.id
}

// rename gives the session a new id; the old one is worth nothing from then on.
func (s *store) rename(sess *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.Remove(sess.id)
	sess.id = newID("ses")
	s.sessions.Add(sess.id, sess)
	return sess.id
}

func (s *store) setFault(sess *session, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.fault = f
}

func (s *store) faultOf(sess *session) Fault {
	if sess == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return sess.fault
}

func (s *store) setUser(sess *session, a *account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.user = a
}

func (s *store) userOf(sess *session) *account {
	if sess == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return sess.user
}

func (s *store) product(sku string) (*product, error) {
	if p := s.catalogue.bySKU[sku]; p != nil {
		return p, nil
	}
	return nil, notFound(fmt.Sprintf("There is no product %.40q.", sku))
}

// newID returns an id that cannot be guessed, because knowing an order's id is
// the right to see it.
func newID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()) }
