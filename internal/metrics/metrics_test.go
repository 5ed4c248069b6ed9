package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/semantest/semantest/internal/metrics"
)

// scrape reads a set as Prometheus does.
func scrape(t *testing.T, s *metrics.Set) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	s.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	parser := expfmt.NewTextParser(model.LegacyValidation)
	out, err := parser.TextToMetricFamilies(w.Body)
	if w.Code != http.StatusOK || err != nil {
		t.Fatalf("the answer is %d: %v", w.Code, err)
	}
	return out
}

// value is that of the counter or gauge with these labels, as name=value; -1 where
// there is none.
func value(f *dto.MetricFamily, labels ...string) float64 {
	for _, m := range f.GetMetric() {
		var have []string
		for _, l := range m.GetLabel() {
			have = append(have, l.GetName()+"="+l.GetValue())
		}
		if strings.Join(have, " ") != strings.Join(labels, " ") {
			continue
		}
		if m.Counter != nil {
			return m.Counter.GetValue()
		}
		return m.GetGauge().GetValue()
	}
	return -1
}

func TestCases(t *testing.T) {
	t.Parallel()
	s := metrics.New()
	s.CaseBegan("api")
	s.CaseBegan("api")
	s.CaseEnded("api", "failed", 7*time.Second)
	got := scrape(t, s)
	if n := value(got["active_tests_count"], "kind=api"); n != 1 {
		t.Errorf("%v cases are under way, want 1", n)
	}
	if n := value(got["test_executions_total"], "kind=api", "outcome=failed"); n != 1 {
		t.Errorf("%v cases failed, want 1", n)
	}
	h := got["test_duration_seconds"].GetMetric()[0].GetHistogram()
	if h.GetSampleSum() != 7 || h.GetBucket()[1].GetCumulativeCount() != 0 || h.GetBucket()[2].GetCumulativeCount() != 1 {
		t.Errorf("7 s are told as %v", h)
	}
}

// A label never takes more values than a few, whatever it is given.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	s := metrics.New()
	for i := range 1000 {
		s.Generated(strings.Repeat("a", 1+i%40), fmt.Sprintf("prj_%d", i), "Completed")
		s.Scored("rules", "https://shop.test/"+strings.Repeat("x", i), 0.5)
	}
	s.Generated("not told", "", "completed")
	got := scrape(t, s)
	if n := len(got["ai_generations_total"].GetMetric()); n != 17 {
		t.Errorf("there are %d series of generations, want 16 and other", n)
	}
	if n := value(got["ai_generations_total"], "generator=other", "outcome=completed", "source=aaaaaaaaaaaaaaaa"); n != 25 {
		t.Errorf("the sixteenth source has %v generations, want 25", n)
	}
	if n := len(got["test_quality_scores"].GetMetric()); n != 1 {
		t.Errorf("there are %d series of scores, want other alone", n)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	s := metrics.New()
	server := httptest.NewServer(s.Requests("graphql", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
		case "/socket":
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = c.Close()
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/nothing":
		default:
			_, _ = io.WriteString(w, "ok")
		}
	})))
	t.Cleanup(server.Close)
	for _, c := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/nothing"}, {"POST", "/missing"}, {"GET", "/stream"}, {"GET", "/socket"}, {"BREW", "/"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, server.URL+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := server.Client().Do(req)
		if err != nil {
			if c.path == "/socket" {
				continue
			}
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	server.Close() // waits for the handlers
	got := scrape(t, s)
	for _, want := range []struct {
		method, status string
		n              float64
	}{{"GET", "200", 3}, {"GET", "101", 1}, {"POST", "404", 1}, {"other", "200", 1}} {
		if n := value(got["http_requests_total"], "method="+want.method, "service=graphql", "status_code="+want.status); n != want.n {
			t.Errorf("%s with %s: %v requests, want %v", want.method, want.status, n, want.n)
		}
	}
	var timed uint64
	for _, m := range got["http_request_duration_seconds"].GetMetric() {
		timed += m.GetHistogram().GetSampleCount()
	}
	if timed != 4 {
		t.Errorf("%d answers were timed, want 4: a stream and a socket last as long as somebody listens", timed)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	s := metrics.New()
	tell := s.Connections("api")
	for _, state := range []http.ConnState{http.StateNew, http.StateActive, http.StateNew, http.StateNew, http.StateHijacked, http.StateClosed} {
		tell(nil, state)
	}
	live := 5
	s.Live("api", func() int { return live })
	got := scrape(t, s)
	if n := value(got["active_connections"], "service=api", "type=http"); n != 1 {
		t.Errorf("%v connections are open, want 1", n)
	}
	if n := value(got["active_connections"], "service=api", "type=live"); n != 5 {
		t.Errorf("%v sockets and streams are open, want 5", n)
	}
}

// What the database does not tell is left out, and the rest is there.
func TestQueues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		depths map[string]int64
		err    error
		want   float64
	}{
		"told":              {map[string]int64{"case_api": 3}, nil, 3},
		"not to be reached": {nil, errors.New("the database is away"), -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked := metrics.New(), 0
			s.Queues(func(ctx context.Context) (map[string]int64, error) {
				if _, bounded := ctx.Deadline(); !bounded {
					t.Error("a scrape waits for the database for good")
				}
				asked++
				return c.depths, c.err
			})
			s.CaseBegan("api")
			scrape(t, s)
			got := scrape(t, s)
			if n := value(got["queue_depth"], "queue=case_api"); n != c.want {
				t.Errorf("the depth is %v, want %v", n, c.want)
			}
			if n := value(got["active_tests_count"], "kind=api"); n != 1 {
				t.Errorf("%v cases are under way, want 1", n)
			}
			if asked != 1 {
				t.Errorf("two scrapes asked the database %d times", asked)
			}
		})
	}
}
