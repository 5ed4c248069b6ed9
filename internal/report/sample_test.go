package report_test

import (
	_ "embed"
	"time"

	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

//go:embed testdata/checkout.png
var checkoutPNG []byte

var begun = time.Date(2026, 3, 9, 6, 0, 12, 345e6, time.UTC)

// sampleRun has one case of each outcome, and everything that a report shows.
func sampleRun() report.Run {
	return report.Run{
		ID: "run_01jnwq3kz8e5p9f2x7m4t6b0ca", Plan: "Checkout", PlanVersion: 7, Environment: "staging", Status: "FAILED",
		StartedAt: begun, FinishedAt: begun.Add(48210 * time.Millisecond),
		URL: "https://semantest.test/runs/run_01jnwq3kz8e5p9f2x7m4t6b0ca", Generator: "semantest 0.1.0", Seed: "42",
		Gates: []report.Gate{
			{Name: "successRate", Limit: "≥ 95 %", Actual: "42.9 %", Message: "3 of 7 cases passed."},
			{Name: "minCases", Passed: true, Limit: "≥ 6", Actual: "7"},
		},
		Assessment: sampleAssessment(),
		Results:    []report.Result{passedCase(), failedBrowserCase(), failedAPICase(), flakyCase(), timedOutCase(), erroredCase(), matrixCase(), skippedCase(), cancelledCase()},
	}
}

// sampleAssessment judges some of the cases, a page and an audit.
func sampleAssessment() *rules.Assessment {
	a := rules.Assess(rules.Input{
		Results: []rules.Result{
			{ID: "res_1", CaseKey: "api.catalogue", Outcome: rules.Passed},
			{ID: "res_2", CaseKey: "ui.checkout", Outcome: rules.Failed, Error: "the button <Pay> is not there", Attempt: 1},
		},
		Vitals: []rules.Vital{{ResultID: "res_1", CaseKey: "vitals.home", Mobile: true, Metric: "LCP", Values: []float64{4000}}},
		Audits: []rules.Audit{{ResultID: "res_1", CaseKey: "a11y.home", Passed: []string{"image-alt"},
			Violations: []rules.Violation{{Rule: "color-contrast", Impact: rules.Serious, Help: "Contrast", Elements: 2, Where: ".price"}}}},
	})
	return &a
}

func passedCase() report.Result {
	at := begun.Add(40 * time.Millisecond)
	return report.Result{
		ID: "res_1", CaseID: "api.catalogue", Name: "The catalogue lists teapots", Kind: spec.KindAPI, Tags: []string{"shop", "smoke"},
		Outcome: spec.OutcomePassed, StartedAt: at, Duration: 184 * time.Millisecond,
		Attempts: []report.Attempt{{
			Number: 1, Outcome: spec.OutcomePassed, StartedAt: at, Duration: 184 * time.Millisecond, Worker: "worker-1",
			Metrics: []report.Metric{{Name: "http_req_duration", Unit: "ms", Value: 171.25}, {Name: "http_body_size", Unit: "By", Value: 4812}},
			Steps: []report.Step{{
				Index: 0, Name: "GET /api/products", Action: "http", Outcome: spec.OutcomePassed, StartedAt: at.Add(2 * time.Millisecond), Duration: 171250 * time.Microsecond,
				Checks: []report.Check{
					{Name: "status equals 200", Passed: true, Expected: "200", Actual: "200"},
					{Name: "jsonpath $.items[0].name equals Brown teapot", Passed: true, Expected: "Brown teapot", Actual: "Brown teapot"},
				},
				Detail: map[string]any{
					"request":  map[string]any{"method": "GET", "url": "https://shop.test/api/products", "headers": map[string]any{"Accept": "application/json"}},
					"response": map[string]any{"status": 200, "headers": map[string]any{"Content-Type": "application/json"}, "body": `{"items":[{"sku":"A1","name":"Brown teapot","price":2400}]}`},
				},
			}},
		}},
	}
}

func failedBrowserCase() report.Result {
	at := begun.Add(50 * time.Millisecond)
	why := "no element has role heading and name Thanks after 5s"
	return report.Result{
		ID: "res_2", CaseID: "ui.checkout", Name: "A customer pays for a teapot", Kind: spec.KindBrowser, Tags: []string{"shop"},
		Outcome: spec.OutcomeFailed, Error: why, StartedAt: at, Duration: 14200 * time.Millisecond,
		URL: "https://semantest.test/results/res_2",
		Attempts: []report.Attempt{
			{Number: 1, Outcome: spec.OutcomeFailed, Error: why, StartedAt: at, Duration: 7 * time.Second, Worker: "worker-1",
				Steps: checkoutSteps(at, why)},
			{Number: 2, Outcome: spec.OutcomeFailed, Error: why, StartedAt: at.Add(7100 * time.Millisecond), Duration: 7100 * time.Millisecond, Worker: "worker-2",
				Steps: checkoutSteps(at.Add(7100*time.Millisecond), why),
				Artifacts: []report.Artifact{
					{Name: "failure.png", Kind: "screenshot", ContentType: "image/png", Size: int64(len(checkoutPNG)), Step: 3, Path: "artifacts/ui.checkout/2/failure.png", Body: checkoutPNG},
					{Name: "console.log", Kind: "console", ContentType: "text/plain", Size: 71, Step: -1, Path: "artifacts/ui.checkout/2/console.log", Body: []byte("error: POST /api/pay 503\nwarning: retry is switched off in this build\n")},
				},
				Logs: []report.Log{
					{Level: "info", Message: "browser context ready", At: at.Add(7140 * time.Millisecond)},
					{Level: "error", Message: "page: POST https://shop.test/api/pay answered 503", At: at.Add(8900 * time.Millisecond)},
				}},
		},
	}
}

func checkoutSteps(at time.Time, why string) []report.Step {
	return []report.Step{
		{Index: 0, Name: "goto /cart", Action: "goto", Outcome: spec.OutcomePassed, StartedAt: at.Add(60 * time.Millisecond), Duration: 820 * time.Millisecond, Detail: map[string]any{"url": "https://shop.test/cart", "title": "Your cart"}},
		{Index: 1, Name: `fill label "E-mail"`, Action: "fill", Outcome: spec.OutcomePassed, StartedAt: at.Add(880 * time.Millisecond), Duration: 96 * time.Millisecond},
		{Index: 2, Name: "click button Pay", Action: "click", Outcome: spec.OutcomePassed, StartedAt: at.Add(980 * time.Millisecond), Duration: 240 * time.Millisecond},
		{Index: 3, Name: "expect heading Thanks to be visible", Action: "expect", Outcome: spec.OutcomeFailed, Error: why, StartedAt: at.Add(1220 * time.Millisecond), Duration: 5 * time.Second,
			Checks: []report.Check{{Name: "heading Thanks is visible", Expected: "visible", Actual: "not found", Message: why}}},
		{Index: 4, Name: "screenshot thanks", Action: "screenshot", Outcome: spec.OutcomeSkipped},
	}
}

func failedAPICase() report.Result {
	at := begun.Add(300 * time.Millisecond)
	why := "2 of 3 checks failed: status equals 201, body equals …"
	return report.Result{
		ID: "res_3", CaseID: "api.order", Name: "An order is accepted", Kind: spec.KindAPI, Tags: []string{"shop"},
		Outcome: spec.OutcomeFailed, Error: why, StartedAt: at, Duration: 912 * time.Millisecond,
		Attempts: []report.Attempt{{
			Number: 1, Outcome: spec.OutcomeFailed, Error: why, StartedAt: at, Duration: 912 * time.Millisecond,
			Metrics: []report.Metric{{Name: "http_req_duration", Unit: "ms", Value: 905.5}},
			Steps: []report.Step{{
				Index: 0, Name: "POST /api/orders", Action: "http", Outcome: spec.OutcomeFailed, Error: why, StartedAt: at.Add(time.Millisecond), Duration: 905500 * time.Microsecond,
				Checks: []report.Check{
					{Name: "duration is less than 1s", Passed: true, Expected: "< 1s", Actual: "905.5ms"},
					{Name: "status equals 201", Expected: "201", Actual: "200"},
					{Name: "header Location matches", Passed: false, Expected: "https://shop.test/orders/8f1c2d", Actual: "https://shop.test/orders/91aa07", Message: "the value differs"},
					{Name: "body equals …", Expected: "{\n  \"id\": 7,\n  \"state\": \"PENDING\",\n  \"lines\": [\n    \"A1\"\n  ]\n}", Actual: "{\n  \"id\": 7,\n  \"state\": \"REJECTED\",\n  \"reason\": \"stock\",\n  \"lines\": [\n    \"A1\"\n  ]\n}"},
				},
				Detail: map[string]any{
					"request": map[string]any{"method": "POST", "url": "https://shop.test/api/orders",
						"headers": map[string]any{"Authorization": "Bearer ***", "Content-Type": "application/json"}, "body": `{"sku":"A1","quantity":1}`},
					"response": map[string]any{"status": 200, "statusText": "OK", "headers": map[string]any{"Content-Type": "application/json", "Server": "shop/3"},
						"body": `{"id":7,"state":"REJECTED","reason":"stock","lines":["A1"]}`, "remoteAddress": "203.0.113.7:443"},
				},
			}},
		}},
	}
}

func flakyCase() report.Result {
	at := begun.Add(1300 * time.Millisecond)
	return report.Result{
		ID: "res_4", CaseID: "ui.search", Name: "Search finds a teapot", Kind: spec.KindBrowser,
		Outcome: spec.OutcomeFlaky, StartedAt: at, Duration: 6400 * time.Millisecond,
		Attempts: []report.Attempt{
			{Number: 1, Outcome: spec.OutcomeFailed, Error: "3 elements match css .card; say which one with nth", StartedAt: at, Duration: 3100 * time.Millisecond,
				Steps: []report.Step{
					{Index: 0, Name: "goto /search?q=teapot", Action: "goto", Outcome: spec.OutcomePassed, StartedAt: at, Duration: 1900 * time.Millisecond},
					{Index: 1, Name: "click .card", Action: "click", Outcome: spec.OutcomeFailed, Error: "3 elements match css .card; say which one with nth", StartedAt: at.Add(1900 * time.Millisecond), Duration: 1200 * time.Millisecond},
				}},
			{Number: 2, Outcome: spec.OutcomePassed, StartedAt: at.Add(3200 * time.Millisecond), Duration: 3200 * time.Millisecond,
				Steps: []report.Step{
					{Index: 0, Name: "goto /search?q=teapot", Action: "goto", Outcome: spec.OutcomePassed, StartedAt: at.Add(3200 * time.Millisecond), Duration: 1500 * time.Millisecond},
					{Index: 1, Name: "click .card", Action: "click", Outcome: spec.OutcomePassed, StartedAt: at.Add(4700 * time.Millisecond), Duration: 1700 * time.Millisecond},
				}},
		},
	}
}

func timedOutCase() report.Result {
	at := begun.Add(7800 * time.Millisecond)
	why := "the case took longer than 30s; raise use.timeout or look at step 1"
	return report.Result{
		ID: "res_5", CaseID: "api.report", Name: "The monthly report is ready", Kind: spec.KindAPI,
		Outcome: spec.OutcomeTimedOut, Error: why, StartedAt: at, Duration: 30 * time.Second,
		Attempts: []report.Attempt{{Number: 1, Outcome: spec.OutcomeTimedOut, Error: why, StartedAt: at, Duration: 30 * time.Second,
			Steps: []report.Step{
				{Index: 0, Name: "GET /api/report", Action: "http", Outcome: spec.OutcomeTimedOut, Error: "no answer came within 30s", StartedAt: at, Duration: 30 * time.Second},
				{Index: 1, Name: "GET /api/report.pdf", Action: "http", Outcome: spec.OutcomeSkipped},
			}}},
	}
}

func erroredCase() report.Result {
	at := begun.Add(14300 * time.Millisecond)
	why := "cannot reach mail.test: connection refused"
	return report.Result{
		ID: "res_6", CaseID: "api.mail", Name: "A receipt is sent", Kind: spec.KindAPI,
		Outcome: spec.OutcomeErrored, Error: why, StartedAt: at, Duration: 12 * time.Millisecond,
		Attempts: []report.Attempt{{Number: 1, Outcome: spec.OutcomeErrored, Error: why, StartedAt: at, Duration: 12 * time.Millisecond,
			Steps: []report.Step{{Index: 0, Name: "GET https://mail.test/inbox", Action: "http", Outcome: spec.OutcomeErrored, Error: why, StartedAt: at, Duration: 11400 * time.Microsecond}}}},
	}
}

func matrixCase() report.Result {
	at := begun.Add(15 * time.Second)
	return report.Result{
		ID: "res_7", CaseID: "ui.home", Name: "The front page greets", Kind: spec.KindBrowser, Matrix: map[string]string{"size": "small", "locale": "de"},
		Outcome: spec.OutcomePassed, StartedAt: at, Duration: 2345 * time.Millisecond,
		Attempts: []report.Attempt{{Number: 1, Outcome: spec.OutcomePassed, StartedAt: at, Duration: 2345 * time.Millisecond,
			Metrics: []report.Metric{{Name: "page_load", Unit: "ms", Value: 1203}},
			Steps: []report.Step{
				{Index: 0, Name: "goto /", Action: "goto", Outcome: spec.OutcomePassed, StartedAt: at, Duration: 1203 * time.Millisecond},
				{Index: 1, Name: "screenshot home", Action: "screenshot", Outcome: spec.OutcomePassed, StartedAt: at.Add(1203 * time.Millisecond), Duration: 400 * time.Millisecond},
			},
			Artifacts: []report.Artifact{{Name: "home.png", Kind: "screenshot", ContentType: "image/png", Size: int64(len(checkoutPNG)), Step: 1, Path: "artifacts/ui.home/1/home.png", Body: checkoutPNG}}}},
	}
}

func skippedCase() report.Result {
	return report.Result{ID: "res_8", CaseID: "ui.wishlist", Name: "A wish list is kept", Kind: spec.KindBrowser, Outcome: spec.OutcomeSkipped, Error: "The feature is switched off on staging."}
}

func cancelledCase() report.Result {
	return report.Result{ID: "res_9", CaseID: "api.archive", Kind: spec.KindAPI, Outcome: spec.OutcomeCancelled, Error: "the run was stopped"}
}
