package app_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store/storetest"
)

const counted = `
version: "1"
name: Counted
env: {BASE_URL: "http://secret-target.test:1"}
cases:
  - {id: secret-good, kind: api, tags: [ok], steps: [{http: /secret-path}]}
  - {id: secret-bad, kind: api, tags: [fake.fail], steps: [{http: /secret-path}]}
`

func counting(t *testing.T, m config.Metrics) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), app.Config{
		Server:  config.Server{DatabaseURL: storetest.URL(t), DataDir: t.TempDir(), DrainTimeout: time.Second},
		Metrics: m, Listen: "127.0.0.1:0", Workers: true, Executors: []executors.Executor{fake.New(spec.KindAPI)},
		Egress: egress.Dev, Version: "test", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeApp(t, a) })
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, address, token string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// TestMetricsOfARun performs a run on a real server and reads what it counted, as
// Prometheus does.
func TestMetricsOfARun(t *testing.T) {
	t.Parallel()
	a := counting(t, config.Metrics{MetricsListen: "127.0.0.1:0"})
	token, err := a.NewLocalToken(t.Context(), "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(a.URL(), token)
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.StartRun(t.Context(), client.Start{Source: counted})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Follow(t.Context(), id, 30*time.Second, func(client.Event) {}); err != nil {
		t.Fatal(err)
	}
	var made any
	if err := c.Do(t.Context(), `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, map[string]any{"id": id}, &made); err != nil {
		t.Fatal(err)
	}

	status, text := get(t, a.MetricsURL(), "")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	got, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if status != http.StatusOK || err != nil {
		t.Fatalf("the answer is %d: %v", status, err)
	}
	for _, want := range []struct {
		family, labels string
		n              float64
	}{
		{"test_executions_total", "kind=api outcome=passed", 1},
		{"test_executions_total", "kind=api outcome=failed", 1},
		{"test_duration_seconds", "kind=api", 2},
		{"active_tests_count", "kind=api", 0},
		{"queue_depth", "queue=case_api", 0},
		{"test_quality_scores", "criterion=overall judge=rules", 1},
		{"test_quality_scores", "criterion=functionality judge=rules", 1},
	} {
		if n, ok := numberOf(got[want.family], want.labels); !ok || n != want.n {
			t.Errorf("%s{%s} is %v (there: %t), want %v", want.family, want.labels, n, ok, want.n)
		}
	}
	if n, _ := numberOf(got["http_requests_total"], "method=POST service=graphql status_code=200"); n < 2 {
		t.Errorf("%v requests were counted, want the start of the run and its assessment", n)
	}
	if _, ok := numberOf(got["active_connections"], "service=api type=live"); !ok {
		t.Error("sockets and streams are not counted")
	}
	for _, leak := range []string{"secret", "prj_", "run_", token} {
		if strings.Contains(string(text), leak) {
			t.Errorf("the metrics hold %q", leak)
		}
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		// The name is what operators' dashboards ask for.
		if p.Metric != "active_tests_count" || !strings.Contains(p.Text, "_count") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	if _, page := get(t, a.URL()+"/metrics", token); bytes.Contains(page, []byte("test_executions_total")) {
		t.Error("the API's address answers with metrics, although nobody asked for that")
	}
}

func TestMetricsForAdministrators(t *testing.T) {
	t.Parallel()
	a := counting(t, config.Metrics{MetricsPath: true})
	if a.MetricsURL() != "" {
		t.Errorf("there is a listener at %s, although nobody asked for one", a.MetricsURL())
	}
	for name, c := range map[string]struct {
		permissions []string
		anonymous   bool
		want        int
	}{
		"nobody":                               {nil, true, http.StatusUnauthorized},
		"a member":                             {[]string{"tests:read"}, false, http.StatusForbidden},
		"an administrator of a project":        {[]string{"admin"}, false, http.StatusForbidden},
		"an administrator of the installation": {[]string{"instance"}, false, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := ""
			if !c.anonymous {
				var err error
				if token, err = a.NewLocalToken(t.Context(), "test", 0, c.permissions...); err != nil {
					t.Fatal(err)
				}
			}
			status, body := get(t, a.URL()+"/metrics", token)
			if told := bytes.Contains(body, []byte("active_connections")); status != c.want || told != (c.want == http.StatusOK) {
				t.Errorf("the answer is %d, want %d:\n%.300s", status, c.want, body)
			}
		})
	}
}

// numberOf is the value of a counter or gauge, or how many a histogram has seen.
func numberOf(f *dto.MetricFamily, labels string) (float64, bool) {
	for _, m := range f.GetMetric() {
		var have []string
		for _, l := range m.GetLabel() {
			have = append(have, l.GetName()+"="+l.GetValue())
		}
		if strings.Join(have, " ") != labels {
			continue
		}
		switch {
		case m.Counter != nil:
			return m.Counter.GetValue(), true
		case m.Histogram != nil:
			return float64(m.Histogram.GetSampleCount()), true
		}
		return m.GetGauge().GetValue(), true
	}
	return 0, false
}
