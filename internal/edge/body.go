package edge

import (
	"io"
	"net/http"
	"time"
)

// BodyLimits say how slowly a body may come. Zero values stand for the defaults
// in brackets.
type BodyLimits struct {
	Grace time.Duration // for whatever comes first (20 s)
	Rate  int           // bytes a second after that, on average (8 KiB)
}

// slowBodies cuts off clients that send a byte now and then, to hold what the
// server keeps for a request.
func slowBodies(l BodyLimits, next http.Handler) http.Handler {
	if l.Grace <= 0 {
		l.Grace = 20 * time.Second
	}
	if l.Rate <= 0 {
		l.Rate = 8 << 10
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: r.Body, limits: l, connection: http.NewResponseController(w), begun: time.Now()}
		if err := b.extend(); err != nil { // no network connection, as in some tests
			next.ServeHTTP(w, r)
			return
		}
		r.Body = b
		next.ServeHTTP(w, r)
	})
}

// body moves the deadline of its connection on as bytes come.
type body struct {
	io.ReadCloser
	limits     BodyLimits
	connection *http.ResponseController
	begun      time.Time
	got        int64
	due        time.Time
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	switch {
	case err == io.EOF:
		// An answer may take longer than the request: a stream's has no end.
		_ = b.connection.SetReadDeadline(time.Time{}) // fails only when there is no connection any more
	case err == nil:
		_ = b.extend() // as above
	}
	return n, err
}

// extend sets the deadline, at most once a second.
func (b *body) extend() error {
	due := b.begun.Add(b.limits.Grace + time.Duration(b.got)*time.Second/time.Duration(b.limits.Rate))
	if due.Sub(b.due) < time.Second && !b.due.IsZero() {
		return nil
	}
	b.due = due
	return b.connection.SetReadDeadline(due)
}
