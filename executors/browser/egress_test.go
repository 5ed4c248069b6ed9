package browser_test

import (
	"testing"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// behind returns an executor whose pages go out by a policy.
func behind(t *testing.T, mode egress.Mode) (*browser.Executor, *egress.Policy) {
	t.Helper()
	policy, err := egress.New(mode)
	if err != nil {
		t.Fatal(err)
	}
	e := browser.New(browser.Options{Egress: policy})
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, policy
}

func TestEgressDev(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Dev)
	page := site.put(`<h1>Here</h1>`)
	for range 2 {
		performTask(t, e, task(open(page), expect(spec.Expect{Visible: new(role("heading", "Here"))}))).passes(t)
	}
}

func TestEgressPublic(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Public)
	for _, address := range []string{"http://169.254.169.254/", "https://10.0.0.1/", site.server.URL, "http://nowhere.invalid/", "https://nowhere.invalid/"} {
		r := performTask(t, e, task(open(address)))
		t.Log(address, r.outcome, r.err)
	}
}
