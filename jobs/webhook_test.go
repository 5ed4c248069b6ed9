package jobs_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// pinged makes a webhook and sends it a ping.
func pinged(t *testing.T, s *apptest.Server, url string) {
	t.Helper()
	out := s.Query(t, `mutation($url: String!) { createWebhook(input: {url: $url}) { webhook { id } } }`, map[string]any{"url": url})
	id := out["createWebhook"].(map[string]any)["webhook"].(map[string]any)["id"]
	s.Query(t, `mutation($id: ID!) { testWebhook(input: {id: $id}) { delivery { id } } }`, map[string]any{"id": id})
}

func worker(t *testing.T, api *apptest.Server) *apptest.Server {
	t.Helper()
	return apptest.Start(t, apptest.Options{
		Executors: []executors.Executor{fake.New(spec.KindAPI)}, DatabaseURL: api.DatabaseURL, NoAPI: true, SecretKey: key,
	})
}

func came(t *testing.T, requests <-chan string) (id string) {
	t.Helper()
	select {
	case id := <-requests:
		return id
	case <-time.After(time.Minute):
		t.Fatal("no message came")
		return ""
	}
}

// The try of a worker that died is made by another one.
func TestDeliveriesOfLostWorkersAreMade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, heartbeat, fetched string }{
		{"since their worker died", "now() - interval '1 minute'", "now()"},
		{"since the answer to the fetch was lost", "now() + interval '1 hour'", "now() - interval '10 minutes'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			requests := make(chan string, 10)
			receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				requests <- r.Header.Get("webhook-id")
			}))
			defer receiver.Close()
			api := apptest.Start(t, apptest.Options{NoWorkers: true, SecretKey: key})
			pinged(t, api, receiver.URL)
			db, err := store.Open(t.Context(), api.DatabaseURL, store.Options{MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			for _, query := range []string{
				`INSERT INTO workers (id, host, pid, version, slots, status, started_at, heartbeat_at)
				VALUES ('wrk_gone', 'gone', 1, 'test', '{}', 'active', now(), ` + tt.heartbeat + `)`,
				`UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '{wrk_gone}', attempted_at = ` + tt.fetched,
			} {
				if _, err := db.DB.ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			worker(t, api)
			came(t, requests)
		})
	}
}

// A receiver that hangs does not keep a worker from ending; another one tries.
func TestAReceiverThatHangsDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	requests, hang := make(chan string, 10), make(chan bool, 10)
	hang <- true
	close(hang)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the sender is gone
		requests <- r.Header.Get("webhook-id")
		if <-hang {
			<-r.Context().Done()
		}
	}))
	defer receiver.Close()
	api := apptest.Start(t, apptest.Options{NoWorkers: true, SecretKey: key})
	pinged(t, api, receiver.URL)
	first := worker(t, api)
	id := came(t, requests)
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		ended <- first.App.Close(ctx)
	}()
	worker(t, api)
	if again := came(t, requests); again != id {
		t.Errorf("message %s came, then %s", id, again)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
