//go:build linux

package viewers

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// viewer is one connection. Once it is open the loop owns it, under the crowd's
// lock.
type viewer struct {
	fd      int   // -1 when there is none
	last    int64 // number of the last event
	stalled bool
	woken   bool // a stalled one that reads now
	code    int  // it was closed with; 0 while it is open

	event, id []byte // in each message with an event
	rest      []byte // of an unfinished frame
	message   []byte // of an unfinished message
}

const (
	abnormal  = 1006 // the code of a connection that ended without a close frame
	readBytes = 256 << 10
	atOnce    = 256

	// wakeful is for how long the loop asks again and again after something came.
	// If it slept between the frames of one event, each write of the server would
	// pay for waking it, which no server pays for viewers on other machines.
	wakeful = time.Millisecond
)

func (c *Crowd) loop() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buf := make([]byte, readBytes)
	ready := make([]unix.EpollEvent, atOnce)
	var last time.Duration // when something came
	for !c.closing.Load() {
		patience := 50 // milliseconds
		if time.Since(c.began)-last < wakeful {
			patience = 0
		}
		n, err := unix.EpollWait(c.epoll, ready, patience)
		if errors.Is(err, unix.EINTR) || err == nil && n == 0 {
			continue
		}
		last = time.Since(c.began)
		c.mu.Lock()
		if err != nil {
			c.failLocked(fmt.Errorf("wait for sockets: %w", err))
			c.mu.Unlock()
			return
		}
		for _, e := range ready[:n] {
			c.read(&c.viewers[e.Fd], buf)
		}
		c.mu.Unlock()
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

// read takes what has come for a viewer.
func (c *Crowd) read(v *viewer, buf []byte) {
	if v.fd < 0 {
		return
	}
	if v.stalled && !v.woken {
		c.ended(v, errEnded) // only its end wakes the loop
		return
	}
	n, err := unix.Read(v.fd, buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
	case err != nil:
		c.ended(v, err)
	case n == 0:
		c.ended(v, errEnded)
	default:
		c.take(v, buf[:n])
	}
}

func (c *Crowd) take(v *viewer, b []byte) {
	if len(v.rest) > 0 {
		b = append(v.rest, b...)
	}
	now := time.Since(c.began)
	used, err := frames(b, func(fin bool, op byte, payload []byte) error {
		return c.frame(v, now, fin, op, payload)
	})
	if err != nil {
		c.ended(v, err)
		return
	}
	if v.rest = append(v.rest[:0], b[used:]...); len(v.rest) == 0 {
		v.rest = nil
	}
}

func (c *Crowd) frame(v *viewer, now time.Duration, fin bool, op byte, payload []byte) error {
	switch op {
	case opPing:
		return answer(v, opPong, payload)
	case opPong:
		return nil
	case opClose:
		v.code = closeCode(payload)
		return fmt.Errorf("the server closed with %d: %s", v.code, payload[min(2, len(payload)):])
	case opText, opContinue:
	default:
		return fmt.Errorf("the server sent a frame of kind %d", op)
	}
	if !fin || len(v.message) > 0 {
		if v.message = append(v.message, payload...); !fin {
			return nil
		}
		payload = v.message
		v.message = v.message[:0]
	}
	if c.o.Protocol == GraphQL {
		return c.text(v, now, payload)
	}
	for line := range bytes.SplitSeq(payload, []byte{'\n'}) { // Centrifuge puts several messages into one
		if err := c.text(v, now, line); err != nil {
			return err
		}
	}
	return nil
}

// text takes a message.
func (c *Crowd) text(v *viewer, now time.Duration, message []byte) error {
	if !bytes.Contains(message, v.event) {
		if pong := c.o.Protocol.pongFor(message); pong != nil {
			return answer(v, opText, pong)
		}
		if bytes.Contains(message, []byte(`"error"`)) || bytes.Contains(message, []byte(`"complete"`)) {
			return fmt.Errorf("the server sent %.300q", message)
		}
		return nil
	}
	if !bytes.Contains(message, v.id) {
		return fmt.Errorf("a message has another id than %s: %.300q", v.id, message)
	}
	n, err := numberOf(message)
	if err != nil {
		return fmt.Errorf("%w: %.300q", err, message)
	}
	if n != v.last+1 {
		return fmt.Errorf("event %d followed event %d", n, v.last)
	}
	v.last = n
	if v.stalled {
		return nil
	}
	if c.recording {
		if sent := c.stamps[n%stampRing].Load(); sent > 0 && c.arrived%c.every == 0 {
			c.latencies = append(c.latencies, now-time.Duration(sent))
		}
		c.arrived++
	}
	c.events.Add(1)
	c.bytes.Add(int64(len(message)))
	return nil
}

// ended takes a connection away. Those that read must not end.
func (c *Crowd) ended(v *viewer, err error) {
	if v.code == 0 {
		v.code = abnormal
	}
	_ = unix.Close(v.fd) // takes it out of the set too
	v.fd, v.rest, v.message = -1, nil, nil
	if broken := errors.Is(err, errEnded) || errors.Is(err, unix.ECONNRESET) || v.code != abnormal; v.stalled && broken {
		return // as it should be
	}
	c.failLocked(fmt.Errorf("a viewer that had seen event %d: %w", v.last, err))
}

// answer writes a small frame. What the socket does not take is lost: nobody
// here sends much.
func answer(v *viewer, op byte, payload []byte) error {
	if _, err := unix.Write(v.fd, appendFrame(nil, op, payload)); err != nil && !errors.Is(err, unix.EAGAIN) {
		return fmt.Errorf("answer the server: %w", err)
	}
	return nil
}

// State is how a crowd stands.
type State struct {
	Reading int         // open connections of those who read from the start, or resumed
	Stalled int         // open ones of those who do not
	Woken   int         // open ones of those who do again
	Closed  map[int]int // how many were closed, by code; 1006 without a close frame
	Lowest  int64       // number of the last event of the slowest that reads
}

// State returns how the crowd stands.
func (c *Crowd) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{Closed: map[int]int{}, Lowest: -1}
	for i := range c.viewers {
		v := &c.viewers[i]
		switch {
		case v.fd < 0:
			s.Closed[v.code]++
		case v.woken:
			s.Woken++
		case v.stalled:
			s.Stalled++
		default:
			s.Reading++
			if s.Lowest < 0 || v.last < s.Lowest {
				s.Lowest = v.last
			}
		}
	}
	return s
}

// Ended returns the viewers whose connection was closed.
func (c *Crowd) Ended() (indexes []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.viewers {
		if c.viewers[i].fd < 0 {
			indexes = append(indexes, i)
		}
	}
	return indexes
}
