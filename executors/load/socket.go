package load

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/semantest/semantest/executors"
)

const (
	maxMessage   = 1 << 20 // bytes of one message; as in api cases
	socketBuffer = 1 << 10 // what a connection that is held costs, beside its user
	socketOrigin = "a connection that messages come over"
)

// Failures of a connection that messages come over.
var (
	errQuiet         = errors.New("no message arrived in time")
	errMessageLarge  = fmt.Errorf("a message is larger than the limit of %d MiB", maxMessage>>20)
	errNotWebSocket  = errors.New("what came is not valid WebSocket")
	errNoSubprotocol = errors.New("none of the subprotocols was chosen")
	errNoWebSocket   = errors.New("no WebSocket was opened")
)

// closedError says that the target closed the connection.
type closedError struct {
	code   int // 1005 where there is none
	reason string
}

func (e closedError) Error() string {
	return fmt.Sprintf("the target closed the connection with code %d", e.code)
}

// socket is a WebSocket of one virtual user, whose goroutine alone reads it: a
// connection that is held costs no goroutine of its own.
type socket struct {
	*conn
	user *user
	slow time.Duration // a message that has begun may take that long
	said bool          // a close frame was sent
}

// openSocket connects and asks for a WebSocket.
func (u *user) openSocket(request *executors.HTTPRequest, origin string, protocols []string, within time.Duration) (*socket, error) {
	ctx, cancel := context.WithTimeout(u.scenario.killed, within)
	defer cancel()
	c, _, err := u.run.dial(ctx, request.URL, origin)
	if err != nil {
		return nil, err
	}
	c.origin = socketOrigin
	if err := u.wires.add(c); err != nil {
		return nil, err
	}
	s := &socket{conn: c, user: u, slow: within}
	if err := s.upgrade(request, protocols, within); err != nil {
		u.wires.drop(c)
		return nil, err
	}
	return s, nil
}

func (s *socket) upgrade(request *executors.HTTPRequest, protocols []string, within time.Duration) error {
	if err := s.until(time.Now().Add(within)); err != nil {
		return err
	}
	header := request.Header.Clone()
	for name := range header {
		if strings.HasPrefix(name, "Sec-Websocket-") || name == "Connection" || name == "Upgrade" || name == "Accept-Encoding" || name == "Host" {
			header.Del(name)
		}
		for i, value := range header[name] {
			header[name][i] = clean(value)
		}
	}
	target := *request.URL
	target.Scheme = map[string]string{"http": "ws", "https": "wss"}[target.Scheme]
	d := ws.Dialer{Protocols: protocols, Header: ws.HandshakeHeaderHTTP(header), ReadBufferSize: socketBuffer, WriteBufferSize: socketBuffer}
	limited := &headLimited{conn: s.conn, left: maxHeaderBytes}
	buffered, shake, err := d.Upgrade(limited, &url.URL{Scheme: target.Scheme, Host: target.Host, Path: target.Path, RawPath: target.RawPath, RawQuery: target.RawQuery})
	switch status, refused := errors.AsType[ws.StatusError](err); {
	case refused:
		return fmt.Errorf("%w: the answer was %d", errNoWebSocket, int(status))
	case errors.Is(err, errHeaderTooLarge):
		return errHeaderTooLarge
	case isNetwork(err):
		return err
	case err != nil:
		return errNoWebSocket
	case len(protocols) > 0 && shake.Protocol == "":
		return errNoSubprotocol
	}
	limited.left = 1 << 62
	if s.in = buffered; buffered == nil {
		s.in = bufio.NewReaderSize(s.conn, socketBuffer)
	}
	s.user.run.answered.Store(true)
	return nil
}

// headLimited bounds what is read before a connection has become a WebSocket.
type headLimited struct {
	*conn
	left int64
}

// Read implements io.Reader.
func (l *headLimited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errHeaderTooLarge
	}
	n, err := l.conn.Read(p)
	l.left -= int64(n)
	return n, err
}

// until sets a limit for what is read and written, unless the user was killed.
func (s *socket) until(deadline time.Time) error {
	if err := s.SetDeadline(deadline); err != nil {
		return err
	}
	if s.user.wires.isCut() { // its deadline was there before
		return errCut
	}
	return nil
}

// next returns the next message, or errQuiet when none has begun before the
// deadline; then the connection can still be used.
func (s *socket) next(deadline time.Time) (data []byte, binaryMessage bool, err error) {
	held := int64(0)
	defer func() { s.user.run.held.Add(-held) }()
	for begun := false; ; {
		limit := deadline
		if begun {
			limit = time.Now().Add(s.slow)
		}
		if err := s.until(limit); err != nil {
			return nil, false, err
		}
		if _, err := s.in.Peek(1); err != nil {
			if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() && !begun && !s.user.wires.isCut() {
				return nil, false, errQuiet
			}
			return nil, false, err
		}
		if err := s.until(time.Now().Add(s.slow)); err != nil {
			return nil, false, err
		}
		h, err := ws.ReadHeader(s.in)
		switch {
		case err != nil && !isNetwork(err), err == nil && (h.Masked || h.Rsv != 0):
			return nil, false, errNotWebSocket
		case err != nil:
			return nil, false, err
		case h.Length > maxMessage-int64(len(data)):
			return nil, false, errMessageLarge
		case h.OpCode.IsControl():
			if err := s.control(h); err != nil {
				return nil, false, err
			}
			continue
		case begun != (h.OpCode == ws.OpContinuation):
			return nil, false, errNotWebSocket
		}
		if h.Length > keptBodyBytes {
			if s.user.run.held.Add(h.Length) > maxHeldBodies {
				s.user.run.held.Add(-h.Length)
				return nil, false, errTooMuchHeld
			}
			held += h.Length
		}
		if !begun {
			begun, binaryMessage = true, h.OpCode == ws.OpBinary
		}
		part := make([]byte, h.Length)
		if _, err := io.ReadFull(s.in, part); err != nil {
			return nil, false, err
		}
		if data = append(data, part...); h.Fin {
			return data, binaryMessage, nil
		}
	}
}

// control answers what the protocol asks for.
func (s *socket) control(h ws.Header) error {
	if h.Length > ws.MaxControlFramePayloadSize || !h.Fin {
		return errNotWebSocket
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(s.in, payload); err != nil {
		return err
	}
	switch h.OpCode {
	case ws.OpPing:
		return s.frame(ws.NewPongFrame(payload))
	case ws.OpClose:
		end := closedError{code: 1005}
		if len(payload) >= 2 {
			end = closedError{code: int(binary.BigEndian.Uint16(payload)), reason: strings.ToValidUTF8(string(payload[2:]), "\uFFFD")}
		}
		_ = s.bye(1000, "") // the target has gone already
		return end
	}
	return nil
}

// send sends a message.
func (s *socket) send(data []byte, binaryMessage bool) error {
	if err := s.until(time.Now().Add(s.slow)); err != nil {
		return err
	}
	f := ws.NewTextFrame(data)
	if binaryMessage {
		f = ws.NewBinaryFrame(data)
	}
	return s.frame(f)
}

func (s *socket) frame(f ws.Frame) error {
	out, err := ws.CompileFrame(ws.MaskFrame(f))
	if err == nil {
		_, err = s.Write(out)
	}
	return err
}

// bye sends a close frame, once.
func (s *socket) bye(code int, reason string) error {
	if s.said {
		return nil
	}
	s.said = true
	if err := s.until(time.Now().Add(s.slow)); err != nil {
		return err
	}
	return s.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), reason))) //nolint:gosec // a close code has two bytes
}
