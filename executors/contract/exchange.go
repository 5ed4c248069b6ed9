package contract

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	connectTimeout = 10 * time.Second
	maxHeaderBytes = 256 << 10
	maxBodyBytes   = 4 << 20 // of an answer, after decompression
)

// client sends the requests of one attempt and leaves nothing behind.
type client struct {
	http *http.Client

	transport *http.Transport // of http
	base      *url.URL
	headers   map[string]string // of every request
	auth      []credential
	plan      *spec.Auth // use.auth of the plan, filled in
	tokens    httpauth.Tokens
	scope     *spec.Scope
	timeout   time.Duration

	mu      sync.Mutex
	left    int // requests that may still be sent
	sent    int
	reached bool
	conns   map[net.Conn]struct{}
}

// credential is what one security scheme asks for.
type credential struct {
	scheme scheme
	secret string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
	broken string // why there is no whole answer; then the rest is not set
	late   bool   // it did not come in time
}

func newClient(ctx context.Context, policy *egress.Policy, timeout time.Duration, budget int) *client {
	c := &client{timeout: timeout, left: budget, conns: map[net.Conn]struct{}{}}
	dialer := policy.Dialer(connectTimeout)
	c.transport = &http.Transport{
		Proxy: nil, // a proxy would dial past the egress policy
		// net/http lets a dial go on after its request; the attempt's end stops it.
		DialContext: func(dial context.Context, network, address string) (net.Conn, error) {
			dial, cancel := context.WithCancel(dial)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			return c.track(dialer.DialContext(dial, network, address))
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		DisableCompression:     true, // decoded here, within bounds
		MaxIdleConnsPerHost:    atOnce,
		IdleConnTimeout:        4 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     c.transport,
	}
	return c
}

type trackedConn struct {
	net.Conn
	client *client
}

func (c *client) track(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	t := &trackedConn{conn, c}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns[t] = struct{}{}
	return t, nil
}

// Close implements net.Conn.
func (t *trackedConn) Close() error {
	t.client.mu.Lock()
	delete(t.client.conns, t)
	t.client.mu.Unlock()
	return t.Conn.Close()
}

func (c *client) close() {
	c.http.CloseIdleConnections()
	c.mu.Lock()
	var open []net.Conn
	for conn := range c.conns {
		open = append(open, conn)
	}
	c.mu.Unlock()
	for _, conn := range open {
		_ = conn.Close() // nobody is left to whom an error would matter
	}
}

// errSpent says that the budget of requests is used up.
var errSpent = errors.New("the budget of requests is used up")

func (c *client) spend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left <= 0 {
		return errSpent
	}
	c.left--
	c.sent++
	return nil
}

func (c *client) count() (sent, left int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent, c.left
}

// play sends requests one after the other as one visitor with one cookie jar;
// an error says that the last one could not be sent or judged.
func (c *client) play(ctx context.Context, requests []*Request) ([]*answer, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	var answers []*answer
	for _, r := range requests {
		path, err := bound(r, answers)
		if err != nil {
			return answers, err
		}
		a, err := c.send(ctx, r, path, jar)
		if err != nil {
			return answers, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// errUnbound says that an earlier answer lacks what a later request needs.
var errUnbound = errors.New("the answer before has no id to go on with")

func bound(r *Request, answers []*answer) (string, error) {
	path := r.Path
	for _, b := range r.Bind {
		if b.Step >= len(answers) {
			return "", errUnbound
		}
		id, ok := answers[b.Step].id(b)
		if !ok {
			return "", errUnbound
		}
		path = strings.ReplaceAll(path, "{"+b.Name+"}", url.PathEscape(id))
	}
	return path, nil
}

func (a *answer) id(b Bind) (string, bool) {
	if b.Header != "" {
		u, err := url.Parse(a.header.Get(b.Header))
		if err != nil {
			return "", false
		}
		parts := strings.Split(strings.TrimRight(u.Path, "/"), "/")
		return parts[len(parts)-1], parts[len(parts)-1] != ""
	}
	v, ok := a.json()
	if ok {
		v, ok = at(v, b.Pointer)
	}
	switch v.(type) {
	case string, json.Number:
		return plainText(v), ok && plainText(v) != ""
	}
	return "", false
}

// json decodes the body, with numbers as they are written.
func (a *answer) json() (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, false
	}
	_, err := dec.Token()
	return v, errors.Is(err, io.EOF)
}

func (c *client) send(ctx context.Context, r *Request, path string, jar http.CookieJar) (*answer, error) {
	if err := c.spend(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, r, path)
	if err != nil {
		return nil, err
	}
	for _, cookie := range jar.Cookies(req.URL) {
		req.AddCookie(cookie)
	}
	began := time.Now()
	res, err := c.visitor(r.Auth).Do(req)
	if err != nil {
		return c.failed(ctx, req.URL, err)
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is given up
	c.mu.Lock()
	c.reached = true
	c.mu.Unlock()
	jar.SetCookies(req.URL, res.Cookies())
	a := &answer{status: res.StatusCode, header: res.Header}
	if a.body, err = readBody(res); err != nil {
		if parent := context.Cause(ctx); parent != nil && !errors.Is(parent, context.DeadlineExceeded) {
			return nil, parent
		}
		a.broken = err.Error()
		if ctx.Err() != nil {
			a.broken, a.late = fmt.Sprintf("the body of the answer did not end within %s", c.timeout), true
		}
	}
	a.took = time.Since(began)
	return a, nil
}

func readBody(res *http.Response) ([]byte, error) {
	var from io.Reader = res.Body
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			return nil, fmt.Errorf("the answer says that it is gzip and is not")
		}
		from = z
	}
	data, err := io.ReadAll(io.LimitReader(from, maxBodyBytes+1))
	switch {
	case len(data) > maxBodyBytes:
		return nil, fmt.Errorf("the body of the answer is larger than %d MiB", maxBodyBytes>>20)
	case err != nil:
		return nil, fmt.Errorf("the body of the answer broke off: %s", excerpt.Of(oneLine(err.Error()), 200))
	}
	return data, nil
}

func (c *client) request(ctx context.Context, r *Request, path string) (*http.Request, error) {
	data := []byte(r.Body)
	if r.Base64 {
		var err error
		if data, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, executors.Errorf("the body of the request is not base64: %w", err)
		}
	}
	address := strings.TrimRight(c.base.String(), "/") + path
	query := r.Query
	header := http.Header{}
	for k, v := range c.headers {
		header.Set(k, v)
	}
	for k, v := range r.Headers {
		header.Set(k, v)
	}
	for _, cr := range c.auth {
		if r.Auth != authGiven {
			cr.strip(header) // what the plan's headers say of who sends it
		}
		query = cr.apply(header, query, r.Auth)
	}
	if query != "" {
		address += "?" + query
	}
	var body io.Reader
	if len(data) > 0 {
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, executors.Errorf("the request cannot be made: %w", err)
	}
	req.Header = header
	if err := c.authorize(ctx, req, r.Auth, data); err != nil {
		return nil, err
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "semantest")
	}
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	return req, nil
}

// apply adds a credential to a request, a wrong one, or none at all.
func (cr credential) apply(header http.Header, query, how string) string {
	value := cr.secret
	switch {
	case how == authWrong:
		value = wrongSecret
	case how == authNone, value == "":
		return query
	}
	s := cr.scheme
	switch {
	case s.kind == "apiKey" && s.in == "query":
		pair := url.QueryEscape(s.name) + "=" + url.QueryEscape(value)
		return strings.TrimPrefix(query+"&"+pair, "&")
	case s.kind == "apiKey" && s.in == "cookie":
		header.Add("Cookie", s.name+"="+value)
	case s.kind == "apiKey":
		header.Set(s.name, value)
	case s.http == "basic":
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(value)))
	default:
		header.Set("Authorization", "Bearer "+value)
	}
	return query
}

// strip takes away what the plan's headers say of who sends a request.
func (cr credential) strip(header http.Header) {
	switch {
	case cr.scheme.kind == "apiKey" && cr.scheme.in == "header":
		header.Del(cr.scheme.name)
	case cr.scheme.kind == "apiKey" && cr.scheme.in == "cookie":
		header.Del("Cookie")
	case cr.scheme.kind != "apiKey":
		header.Del("Authorization")
	}
}
