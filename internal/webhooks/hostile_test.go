package webhooks_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/webhooks"
)

// endless writes for as long as somebody takes it.
func endless(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		chunk := strings.Repeat("lots of it ", 10_000)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}
}

// trickle sends its headers and then never ends.
func trickle(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "just a moment")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

func breakOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestHostileReceivers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer    http.HandlerFunc
		delivered bool
		status    int
		problem   string
	}{
		"never answers":             {hang, false, 0, "the receiver did not answer within 1s"},
		"ends no body":              {trickle(200), true, 200, ""},
		"ends no body of a failure": {trickle(500), false, 500, "the receiver answered 500 Internal Server Error: just a moment"},
		"endless body":              {endless(200), true, 200, ""},
		"endless body of a failure": {endless(400), false, 400, "the receiver answered 400 Bad Request: lots of it"},
		"breaks off":                {breakOff, false, 0, "the receiver cannot be reached: EOF"},
		"huge headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Junk", strings.Repeat("x", 1<<20))
			w.WriteHeader(http.StatusOK)
		}, false, 0, "the receiver cannot be reached: net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded"},
		"redirects to the cloud's metadata": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}, false, 302, "the receiver answered 302 Found; redirects are not followed"},
		"informs without end": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				w.Header().Set("Link", strings.Repeat("x", 1000))
				w.WriteHeader(http.StatusEarlyHints)
			}
			w.WriteHeader(http.StatusOK)
		}, false, 0, "the receiver cannot be reached: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, egress.Dev, webhooks.Options{Timeout: time.Second})
			r := newReceiver(t, tt.answer)
			hook, _ := w.hook(t, r.URL)
			d := w.ping(t, hook.ID)
			if len(d.Tries) != 1 {
				t.Fatalf("%d tries", len(d.Tries))
			}
			try := d.Tries[0]
			if (d.Status == webhookdelivery.StatusDelivered) != tt.delivered || try.Status != tt.status ||
				!strings.HasPrefix(try.Error, tt.problem) || tt.problem == "" && try.Error != "" {
				t.Errorf("%s after %+v", d.Status, try)
			}
			if len(try.Error) > 400 {
				t.Errorf("the log keeps %d bytes", len(try.Error))
			}
		})
	}
}

func TestAddressesThatAreNotAllowedAreGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode egress.Mode
		url  string
	}{
		{egress.Dev, "http://169.254.169.254/latest/meta-data"},
		{egress.Dev, "http://[fe80::1]/"},
		{egress.Public, "https://169.254.169.254/"},
		{egress.Public, "https://127.0.0.1/"},
		{egress.Public, "https://10.0.0.1/"},
		{egress.Public, "https://localhost/"},
	} {
		t.Run(string(tt.mode)+" "+tt.url, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.mode, webhooks.Options{})
			hook, _ := w.hook(t, tt.url)
			d := w.ping(t, hook.ID)
			if d.Status != webhookdelivery.StatusFailed || len(d.Tries) != 1 || !strings.Contains(d.Tries[0].Error, "egress policy") || len(w.queue.jobs) != 0 {
				t.Errorf("%s after %+v, then %d jobs", d.Status, d.Tries, len(w.queue.jobs))
			}
		})
	}
}

// The address may hold a token; a failure to reach it must not repeat it.
func TestTheLogDoesNotRepeatTheAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	r := newReceiver(t)
	r.Close()
	hook, _ := w.hook(t, r.URL+"/hidden-token?key=hidden-key")
	d := w.ping(t, hook.ID)
	if e := d.Tries[0].Error; !strings.Contains(e, "refused") || strings.Contains(e, "hidden") {
		t.Errorf("the log says %q", e)
	}
}

// A worker that is told to end says nothing about the receiver.
func TestAnInterruptedTryCountsForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	r := newReceiver(t, hang)
	hook, secret := w.hook(t, r.URL)
	d, err := w.SendTest(w.mine, hook.ID)
	if err != nil {
		t.Fatal(err)
	}
	job := w.queue.take(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Deliver(ctx, job) }()
	r.next(t, secret)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted with %v", err)
	}
	if row := w.delivery(t, d.ID); row.Status != webhookdelivery.StatusPending || len(row.Tries) != 0 {
		t.Errorf("%s after %+v", row.Status, row.Tries)
	}
	if err := w.Deliver(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	r.next(t, secret)
	if row := w.delivery(t, d.ID); row.Status != webhookdelivery.StatusDelivered || len(row.Tries) != 1 {
		t.Errorf("%s after %+v", row.Status, row.Tries)
	}
}

// One receiver that hangs must not take the places of all others.
func TestAReceiverHasFewTriesUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, egress.Dev, webhooks.Options{})
	r := newReceiver(t, hang, hang, hang, hang)
	hook, secret := w.hook(t, r.URL)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 4)
	for range 5 {
		if _, err := w.SendTest(w.mine, hook.ID); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		job := w.queue.take(t)
		go func() { ended <- w.Deliver(ctx, job) }()
	}
	r.take(t, secret, 4)
	fifth := w.queue.take(t)
	if err := w.Deliver(t.Context(), fifth); !errors.Is(err, webhooks.ErrBusy) {
		t.Errorf("the fifth try: %v", err)
	}
	cancel()
	for range 4 {
		<-ended
	}
	if err := w.Deliver(t.Context(), fifth); err != nil {
		t.Errorf("with room again: %v", err)
	}
	r.next(t, secret)
}
