package transport

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"

	"github.com/semantest/semantest/internal/apperr"
)

const (
	subprotocol     = "graphql-transport-ws"
	handshakeWithin = 10 * time.Second

	// maxIntroduction is how large a message may be before the session is known,
	// in bytes: whoever has no token must not fill the memory.
	maxIntroduction = 64 << 10
)

type webSocket struct{ live *Live }

// Supports implements graphql.Transport.
func (webSocket) Supports(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// Do implements graphql.Transport. It returns after the handshake, so that what
// the HTTP server holds for a request is free.
func (t webSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	l := t.live
	if !offers(r, subprotocol) {
		refuse(w, http.StatusBadRequest, apperr.InvalidInput, "the WebSocket subprotocol "+subprotocol+" must be asked for")
		return
	}
	if !l.mayOpen(r) {
		refuse(w, http.StatusForbidden, apperr.Forbidden, "a page of this origin may not open a socket here")
		return
	}
	now := time.Now()
	c := &conn{live: l, exec: exec, handshake: context.WithoutCancel(r.Context()), opened: now, pinged: now}
	c.heard.Store(now.UnixNano())
	c.frames.most = min(l.o.MessageSize, maxIntroduction)
	c.busy = true // until the handshake is done
	if !l.enter(c) {
		refuseBusy(w)
		return
	}
	if err := c.upgrade(w, r); err != nil {
		c.gone()
	}
}

// upgrade answers the handshake and starts the reader.
func (c *conn) upgrade(w http.ResponseWriter, r *http.Request) error {
	deflate := wsflate.Extension{Parameters: wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}}
	conn, rw, _, err := ws.HTTPUpgrader{
		Timeout: handshakeWithin, Header: w.Header(),
		Protocol: func(p string) bool { return p == subprotocol },
		Negotiate: func(o httphead.Option) (httphead.Option, error) {
			accepted, err := deflate.Negotiate(o)
			if err != nil {
				return httphead.Option{}, nil //nolint:nilerr // an offer that can't be read is one not made
			}
			return accepted, nil
		},
	}.Upgrade(r, w)
	c.mu.Lock()
	c.net = conn
	if err != nil || c.closed { // closed by a Shutdown meanwhile
		c.mu.Unlock()
		return errHandshake
	}
	_, c.frames.deflates = deflate.Accepted()
	if c.raw = rawOf(conn); c.raw != nil {
		c.busy, c.fd = false, descriptor(c.raw)
		_ = LimitUnsent("", "", c.raw) // more memory for some is no reason to refuse all
	} else {
		c.more = make(chan struct{}, 1)
		go c.pump()
	}
	c.mu.Unlock()
	if n := rw.Reader.Buffered(); n > 0 {
		early, err := rw.Reader.Peek(n)
		if err != nil {
			return err
		}
		early = slices.Clone(early)
		go func() {
			c.received(early)
			go c.read()
		}()
		return nil
	}
	go c.read()
	return nil
}

var errHandshake = &broken{closeProtocol, "the handshake failed"}

func offers(r *http.Request, protocol string) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for _, p := range strings.Split(line, ",") {
			if strings.TrimSpace(p) == protocol {
				return true
			}
		}
	}
	return false
}

// mayOpen keeps pages of others from using a browser's credentials. Programs
// send no origin.
func (l *Live) mayOpen(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(l.o.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

func refuseBusy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	refuse(w, http.StatusServiceUnavailable, apperr.Unavailable, "the server has as many connections as it may; try again later")
}

// refuse answers in the form that every GraphQL client reads.
func refuse(w http.ResponseWriter, status int, code apperr.Code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encodeJSON(map[string]any{ // the client may be gone
		"errors": []any{map[string]any{"message": message, "extensions": map[string]any{"code": code}}},
	}))
}
