package api

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"google.golang.org/grpc/status"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/httpauth"
	"github.com/semantest/semantest/internal/excerpt"
)

// response is what came back, or as much of it as came.
type response struct {
	status  int
	proto   string
	header  http.Header
	url     string // of the answer, after redirects; without a password
	cookies []*http.Cookie
	body    []byte // decoded; of one that was kept while it came only the beginning
	passed  *passing
	hops    []string
	timings timings

	certificate *x509.Certificate // of the target, nil without TLS
	grpc        *status.Status    // of a gRPC call
	tree        *markup           // the body as HTML or XML, once it was asked for
	treeErr     error
	snapshots   []snapshotted
	diffs       []named // what differed

	decoded bool // the body has been read as JSON, or was found not to be
	json    any
	jsonErr error
	shape   shape
}

// timings in the order in which they pass. Duration is from sending to the last
// byte; the connection is not part of it.
type timings struct {
	dns, connect, tls, firstByte, duration, total time.Duration
}

func (r *response) answered() bool { return r.status != 0 }

var errTooManyRedirects = errors.New("too many redirects")

// exchange sends a request and reads its answer. The response is never nil; it
// holds what was seen before the error, which is a Failure with its sentence.
func (a *attempt) exchange(ctx context.Context, out *request, receive receiver) (in *response, err error) {
	x := &exchange{ctx: ctx, started: time.Now(), phase: phaseConnect}
	ctx = context.WithValue(httptrace.WithClientTrace(ctx, x.trace()), exchangeKey{}, x)
	defer func() { a.archive.add(out, in, x.started, err) }()
	if out.upload != nil {
		defer out.upload.close()
	}
	if err := a.authorize(ctx, out); err != nil {
		return &response{}, err
	}
	resp, in, err := a.send(ctx, out)
	if err != nil {
		return in, a.explain(err, out, x)
	}
	x.enter(phaseBody)
	err = receive(ctx, resp, in)
	if closeErr := resp.Body.Close(); err == nil && closeErr != nil {
		err = closeErr
	}
	in.timings = x.finish()
	if err != nil {
		return in, a.explain(err, out, x)
	}
	return in, nil
}

// send sends a request, follows redirects, and returns the answer with its body
// unread. The response is never nil.
func (a *attempt) send(ctx context.Context, out *request) (*http.Response, *response, error) {
	in := &response{}
	req, err := http.NewRequestWithContext(ctx, out.method, out.url.String(), bytes.NewReader(out.body))
	if err != nil {
		return nil, in, err
	}
	if out.upload != nil {
		req.ContentLength = out.upload.size
		req.GetBody = func() (io.ReadCloser, error) { return a.openUpload(out.upload), nil }
		req.Body = a.openUpload(out.upload)
	} else if len(out.body) == 0 {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }, 0
	}
	req.Header = out.header.Clone()
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	if out.chunked {
		req.ContentLength = -1
	}
	transport := a.roundTripper()
	if out.via != nil {
		transport = out.via
	}
	if out.auth != nil && out.auth.Digest != nil {
		transport = httpauth.Digest(*out.auth.Digest, transport)
	}
	client := http.Client{Transport: transport, Jar: a.jar, CheckRedirect: in.redirects(out.follow)}
	resp, err := client.Do(req)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		err = errors.Join(switched(excerpt.Of(resp.Header.Get("Upgrade"), maxName)), resp.Body.Close())
	}
	if err != nil {
		return nil, in, err
	}
	a.answered.add(executors.TargetOf(resp.Request.URL))
	in.status, in.proto, in.header = resp.StatusCode, resp.Proto, resp.Header
	in.url = resp.Request.URL.Redacted()
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		in.certificate = resp.TLS.PeerCertificates[0]
	}
	in.cookies = append(a.jar.Cookies(resp.Request.URL), resp.Cookies()...)
	return resp, in, nil
}

// switched is the protocol that a target changed to although nobody asked for it.
type switched string

func (s switched) Error() string { return "changed to " + string(s) }

func (r *response) redirects(follow bool) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if !follow {
			return http.ErrUseLastResponse
		}
		if len(via) > maxRedirects {
			return errTooManyRedirects
		}
		r.hops = append(r.hops, req.URL.Redacted())
		return nil
	}
}

var errBodyTooLarge = errors.New("the body is too large")

// readBody reads and decodes a body up to the limit. What was read before an
// error is returned with it.
func readBody(resp *http.Response) ([]byte, error) {
	// The raw bytes are limited too: gzip can go on for ever without giving any.
	raw := &io.LimitedReader{R: resp.Body, N: maxBodyBytes + 1}
	encoding := resp.Header.Get("Content-Encoding")
	r, done, err := decoder(encoding, raw)
	if err != nil {
		return nil, err
	}
	defer done()
	var b bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= 1<<20 {
		b.Grow(int(n) + bytes.MinRead)
	}
	_, err = b.ReadFrom(io.LimitReader(r, maxBodyBytes+1))
	if b.Len() > maxBodyBytes || raw.N <= 0 {
		b.Truncate(min(b.Len(), maxBodyBytes))
		return b.Bytes(), errBodyTooLarge
	}
	if encoding != "" && b.Len() == 0 && raw.N == maxBodyBytes+1 && errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil // no body at all
	}
	return b.Bytes(), undecodable(encoding, err)
}

type phase int

// The phases of an exchange, to say what it was waiting for.
const (
	phaseConnect phase = iota
	phaseAnswer
	phaseBody
)

// exchange follows the connection of one request. The callbacks of httptrace
// come from other goroutines, and may come late.
type exchange struct {
	ctx     context.Context // of the step
	started time.Time

	mu        sync.Mutex
	phase     phase
	dnsAt     time.Time
	connectAt time.Time
	tlsAt     time.Time
	sentAt    time.Time // of the first request, where there are redirects
	gotConnAt time.Time // of the last request
	firstAt   time.Time
	t         timings
}

func (x *exchange) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { x.enter(phaseConnect) },
		DNSStart:     func(httptrace.DNSStartInfo) { x.mark(&x.dnsAt) },
		DNSDone:      func(httptrace.DNSDoneInfo) { x.add(&x.t.dns, &x.dnsAt) },
		ConnectStart: func(string, string) { x.mark(&x.connectAt) },
		ConnectDone:  func(string, string, error) { x.add(&x.t.connect, &x.connectAt) },
		GotConn: func(httptrace.GotConnInfo) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.gotConnAt, x.phase = time.Now(), phaseAnswer
			if x.sentAt.IsZero() {
				x.sentAt = x.gotConnAt
			}
		},
		GotFirstResponseByte: func() { x.mark(&x.firstAt) },
	}
}

func (x *exchange) enter(p phase) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.phase = p
}

func (x *exchange) mark(at *time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	*at = time.Now()
}

func (x *exchange) add(d *time.Duration, since *time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !since.IsZero() {
		*d += time.Since(*since)
	}
}

// waitingFor says what the exchange was doing.
func (x *exchange) waitingFor() phase {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.phase
}

// finish returns the timings, after the last byte.
func (x *exchange) finish() timings {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	t := x.t
	t.total = now.Sub(x.started)
	if !x.sentAt.IsZero() {
		t.duration = now.Sub(x.sentAt)
	}
	if x.firstAt.After(x.gotConnAt) {
		t.firstByte = x.firstAt.Sub(x.gotConnAt)
	}
	return t
}
