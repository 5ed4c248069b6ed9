package webkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/child"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	// maxAnswer is the most bytes of one answer: enough for the picture of a long
	// page, and a bound for what a page can make us hold.
	maxAnswer = 128 << 20

	startLimit = 60 * time.Second
	tries      = 3 // of ports that somebody else may take
)

// object is a JSON object.
type object = map[string]any

// refusal is what the driver answers to a command that it refuses.
type refusal struct {
	Code    string `json:"error"`
	Message string `json:"message"`
}

func (e *refusal) Error() string { return e.Code + ": " + e.Message }

func refused(err error, codes ...string) bool {
	e, ok := errors.AsType[*refusal](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}

// session is a process of WebKit's driver with its one session. It is safe for
// concurrent use.
type session struct {
	*child.Process
	client *http.Client
	base   string // http://127.0.0.1:port/session/id
	own    netip.AddrPort
}

// newSession starts the driver, and by it a browser that goes out by the proxy,
// where there is one.
func (b *Browser) newSession(ctx context.Context, proxy string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var err error
	for range tries {
		var s *session
		if s, err = b.startDriver(); err != nil {
			return nil, err
		}
		if err = s.begin(ctx, b.capabilities(proxy)); err == nil {
			return s, nil
		}
		err = errors.Join(err, s.Close())
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func (b *Browser) capabilities(proxy string) object {
	always := object{
		"browserName": "MiniBrowser", "pageLoadStrategy": "none", "unhandledPromptBehavior": "ignore",
		"timeouts":                 object{"script": 600_000, "pageLoad": 600_000, "implicit": 0},
		"webkitgtk:browserOptions": object{"binary": b.binary, "args": []string{"--automation"}},
	}
	if proxy != "" {
		host := strings.TrimPrefix(proxy, "http://")
		always["proxy"] = object{"proxyType": "manual", "httpProxy": host, "sslProxy": host, "noProxy": []string{}}
	}
	return object{"capabilities": object{"alwaysMatch": always}}
}

func (b *Browser) startDriver() (*session, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if b.deny != nil {
		b.deny(port)
	}
	process, err := child.Start(child.Spec{
		Path: b.path,
		Args: func(string) []string { return []string{fmt.Sprintf("--port=%d", port.Port()), "--host=127.0.0.1"} },
		Env: []string{
			"DISPLAY=" + b.display.name, "XAUTHORITY=" + b.display.cookie, "GDK_BACKEND=x11", "GTK_THEME=Adwaita", "NO_AT_BRIDGE=1",
			"GSETTINGS_BACKEND=memory", "LIBGL_ALWAYS_SOFTWARE=1",
		},
		UID: account(),
	})
	if err != nil {
		return nil, err
	}
	return &session{
		Process: process, own: port, base: "http://" + port.String(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: 8, MaxIdleConnsPerHost: 8}},
	}, nil
}

// freePort is a port of this machine that nobody listens at just now.
func freePort() (netip.AddrPort, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("finding a port for webkit's driver: %w", err)
	}
	port, err := netip.ParseAddrPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// begin opens the session once the driver listens.
func (s *session) begin(ctx context.Context, capabilities object) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var status struct {
			Ready bool `json:"ready"`
		}
		if err := s.do(ctx, http.MethodGet, "/status", nil, &status); err == nil && status.Ready {
			break
		}
		select {
		case <-tick.C:
		case <-s.Exited():
			return fmt.Errorf("webkit's driver ended at once (%s) and printed %q", s.Reason(), s.LastLine())
		case <-ctx.Done():
			return fmt.Errorf("webkit's driver did not answer within %s", startLimit)
		}
	}
	var made struct {
		ID string `json:"sessionId"`
	}
	if err := s.do(ctx, http.MethodPost, "/session", capabilities, &made); err != nil {
		return fmt.Errorf("opening a session: %w", err)
	}
	s.base += "/session/" + made.ID
	return nil
}

// do runs a command and decodes the value of its answer, which may be nil.
func (s *session) do(ctx context.Context, method, path string, body, value any) error {
	var reader io.Reader
	if method == http.MethodPost {
		if body == nil {
			body = object{}
		}
		raw, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encoding a command: %w", err)
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, reader)
	if err != nil {
		return fmt.Errorf("making a command: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := s.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", driver.ErrCrashed, err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Value json.RawMessage `json:"value"`
	}
	limited := &io.LimitedReader{R: res.Body, N: maxAnswer + 1}
	if err := json.NewDecoder(limited).Decode(&answer); err != nil {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case limited.N <= 0:
			return fmt.Errorf("the browser's answer is larger than %d MB", maxAnswer>>20)
		}
		return fmt.Errorf("decoding the browser's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		r := &refusal{}
		if err := json.Unmarshal(answer.Value, r); err != nil {
			return fmt.Errorf("decoding the browser's refusal: %w", err)
		}
		return r
	}
	if value == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Value, value); err != nil {
		return fmt.Errorf("decoding the browser's answer: %w", err)
	}
	return nil
}

// Close ends the driver and its browser.
func (s *session) Close() error {
	err := s.Process.Close()
	s.client.CloseIdleConnections()
	return err
}
