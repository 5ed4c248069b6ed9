package llm_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/semantest/semantest/internal/spec"
)

// TestWebhook lets a service of the user's own judge.
func TestWebhook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, keys string
		status     int
		answers    string
		outcome    spec.Outcome
		says       string
	}{
		{"yes", "", 200, `{"pass": true}`, spec.OutcomePassed, ""},
		{"no", "", 200, `{"pass": false, "reason": "too\nlong"}`, spec.OutcomeFailed, "the webhook says: too long"},
		{"turned around", "not", 200, `{"pass": false}`, spec.OutcomePassed, ""},
		{"turned around and yes", "not", 200, `{"pass": true}`, spec.OutcomeFailed, "should not pass webhook"},
		{"the plan's threshold", ", threshold: 0.9", 200, `{"pass": true, "score": 0.8}`, spec.OutcomeFailed, "the webhook says no"},
		{"a score beyond 1", "", 200, `{"pass": true, "score": 8}`, spec.OutcomeErrored, "the score 8 is not between 0 and 1"},
		{"no verdict", "", 200, `{"score": 1}`, spec.OutcomeErrored, "webhook: it should answer"},
		{"a page", "", 200, `<html>`, spec.OutcomeErrored, "and answered <html>"},
		{"an error", "", 500, `boom`, spec.OutcomeErrored, "webhook: no judgement came: the target answered 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var asked struct {
					Output  string
					Context struct{ Prompt string }
				}
				data, _ := io.ReadAll(r.Body)
				if err := json.Unmarshal(data, &asked); err != nil || asked.Output != reply || asked.Context.Prompt != "How long" {
					t.Errorf("the webhook is asked %s", data)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.answers)
			}))
			t.Cleanup(service.Close)
			app := chat(t, func(string, int64) string { return reply })
			kind, more := "webhook", tt.keys
			if more == "not" {
				kind, more = "not-webhook", ""
			}
			r := execute(t, newExecutor(t, nil), taskOf(t, app.URL,
				chatTarget+"\nprompt: How long\nassert: [{type: "+kind+", value: \""+service.URL+"\""+more+"}]", fstest.MapFS{}))
			if r.outcome != tt.outcome || !strings.Contains(r.says(), tt.says) {
				t.Errorf("%s: %s, want %s: %s", r.outcome, r.says(), tt.outcome, tt.says)
			}
		})
	}
}

// TestWebhookWithoutAddress says so before anything is asked.
func TestWebhookWithoutAddress(t *testing.T) {
	t.Parallel()
	app := chat(t, func(string, int64) string {
		t.Error("the application is asked")
		return reply
	})
	r := execute(t, newExecutor(t, nil), taskOf(t, app.URL, chatTarget+"\nprompt: How long\nassert: [{type: webhook, value: judge.test}]", fstest.MapFS{}))
	if r.outcome != spec.OutcomeErrored || !strings.Contains(r.says(), "webhook needs an address as its value") {
		t.Errorf("%s: %s", r.outcome, r.says())
	}
}
