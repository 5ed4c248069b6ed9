package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
)

// Limits of connections that messages come over.
const (
	maxMessage    = 1 << 20 // bytes of one message
	maxPending    = 32      // messages that wait to be looked at; the target is not read beyond
	maxStreams    = 50      // connections that a case holds open
	maxShown      = 100     // messages in the detail of a step
	defaultWithin = 5 * time.Second
)

// message is what arrives over a connection.
type message struct {
	data   []byte
	binary bool
	header http.Header // the fields of an event
}

// ended says that no further message comes. Code is that of a WebSocket, 0 for
// a stream that has none; lost says that the target broke the connection off or
// the protocol.
type ended struct {
	code   int
	reason string
	lost   string
}

func (e *ended) Error() string {
	switch {
	case e.lost != "":
		return e.lost
	case e.code == 0:
		return "the target ended the stream"
	case e.reason != "":
		return fmt.Sprintf("the target closed the connection with code %d (%s)", e.code, e.reason)
	}
	return fmt.Sprintf("the target closed the connection with code %d", e.code)
}

// stream is an open connection. A goroutine of its own reads it, so that what
// arrives between two steps is there for the next one.
type stream struct {
	name     string // of the target, for sentences
	messages chan message
	stop     chan struct{}
	stopped  sync.Once
	reader   sync.WaitGroup
	shut     func() // breaks the connection off

	send func(ctx context.Context, m message) error               // nil for a stream that only listens
	bye  func(ctx context.Context, code int, reason string) error // nil likewise

	using sync.Mutex // by one step at a time
	back  []message  // looked at and put back
	end   error      // why there are no more; read it after messages is closed
}

func newStream(name string, shut func()) *stream {
	return &stream{name: name, messages: make(chan message, maxPending), stop: make(chan struct{}), shut: shut}
}

// read starts the goroutine: next is called until it returns an error.
func (s *stream) read(next func() (message, error)) {
	s.reader.Go(func() {
		defer close(s.messages)
		for {
			m, err := next()
			if errors.Is(err, errNoMessage) {
				continue
			}
			if err != nil {
				s.end = err
				return
			}
			select {
			case s.messages <- m:
			case <-s.stop: // the rest is read and dropped, so that an orderly end is seen
			}
		}
	})
}

// errNoMessage is what a protocol keeps to itself.
var errNoMessage = errors.New("no message")

// next waits for a message. The error is that of ctx, or says how the stream
// ended.
func (s *stream) next(ctx context.Context) (message, error) {
	if len(s.back) > 0 {
		m := s.back[0]
		s.back = s.back[1:]
		return m, nil
	}
	select {
	case m, ok := <-s.messages:
		if !ok {
			return message{}, s.end
		}
		return m, nil
	default:
	}
	select {
	case m, ok := <-s.messages:
		if !ok {
			return message{}, s.end
		}
		return m, nil
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}

// close ends the connection and waits for its goroutine.
func (s *stream) close() {
	s.stopped.Do(func() {
		close(s.stop)
		s.shut()
	})
	s.reader.Wait()
}

// streams are the open connections of an attempt, by name.
type streams struct {
	mu   sync.Mutex
	open map[string]*stream
}

func (s *streams) keep(name string, conn *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[name] != nil {
		return executors.Errorf("a connection named %s is open already", name)
	}
	if len(s.open) >= maxStreams {
		return executors.Errorf("the case holds more than %d connections open", maxStreams)
	}
	if s.open == nil {
		s.open = map[string]*stream{}
	}
	s.open[name] = conn
	return nil
}

func (s *streams) get(name string) (*stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if conn := s.open[name]; conn != nil {
		return conn, nil
	}
	return nil, executors.Errorf("no connection named %s is open: a step before must open it with as: %s", name, name)
}

func (s *streams) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var closing sync.WaitGroup
	for _, conn := range s.open {
		closing.Go(conn.close)
	}
	closing.Wait()
	s.open = nil
}
