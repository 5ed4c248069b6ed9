package metrics

import (
	"bufio"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Requests counts what next answers. The service is the part of the API, never a
// path, which a client may choose.
func (s *Set) Requests(service string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		watched := &response{ResponseWriter: w}
		defer func() {
			method := methodOf(r)
			s.requests.WithLabelValues(service, method, strconv.Itoa(watched.code())).Inc()
			if !watched.lasting() {
				s.answered.WithLabelValues(service, method).Observe(time.Since(began).Seconds())
			}
		}()
		next.ServeHTTP(watched, r)
	})
}

// methods are those that a label names; a client may make up others.
var methods = map[string]string{
	http.MethodGet: "GET", http.MethodHead: "HEAD", http.MethodPost: "POST", http.MethodPut: "PUT",
	http.MethodPatch: "PATCH", http.MethodDelete: "DELETE", http.MethodOptions: "OPTIONS",
}

func methodOf(r *http.Request) string {
	if m, ok := methods[r.Method]; ok {
		return m
	}
	return other
}

// response remembers how a request was answered.
type response struct {
	http.ResponseWriter
	status   int
	hijacked bool
}

// WriteHeader implements http.ResponseWriter.
func (r *response) WriteHeader(status int) {
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *response) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Hijack implements http.Hijacker: who takes a connection over answers by itself.
func (r *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	r.hijacked = err == nil
	return c, rw, err
}

// Unwrap lets http.ResponseController find what else the writer can do.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *response) code() int {
	switch {
	case r.hijacked:
		return http.StatusSwitchingProtocols
	case r.status == 0:
		return http.StatusOK
	}
	return r.status
}

// lasting reports whether the answer goes on for as long as somebody listens.
func (r *response) lasting() bool {
	return r.hijacked || strings.HasPrefix(r.Header().Get("Content-Type"), "text/event-stream")
}
