package browser_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestConformance(t *testing.T) {
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	page := site.put(greeting)
	never := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	secretive := site.put(`<title>T</title><input id=i><p id=p></p><script>
		i.oninput = () => { p.textContent = i.value; console.error('typed ' + i.value); history.pushState(0, '', '?token=' + i.value); alert(i.value); document.title = i.value }</script>`)
	picture := spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "page"}}
	of := func(steps ...spec.BrowserStep) func(testing.TB) executors.Task {
		return func(testing.TB) executors.Task { return task(steps...) }
	}
	executortest.Run(t, executortest.Harness{
		New:       func(testing.TB) executors.Executor { return browser.New(browser.Options{Egress: policy}) },
		Passing:   of(open(page), fill(spec.Locator{Label: "Name"}, "Ada"), click(role("button", "Greet")), text(css("#out"), "Hello, Ada")),
		Failing:   of(open(page), within(300*time.Millisecond, click(role("button", "Pay"))), picture),
		Slow:      of(within(time.Minute, open(never)), picture),
		Erroring:  of(open("http://127.0.0.1:1/"), picture),
		Attaching: of(open(page), picture, spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "all", FullPage: true}}),
		Secret: func(testing.TB) executors.Task {
			task := task(open(secretive), fill(css("#i"), "${{ TOKEN }}"),
				within(300*time.Millisecond, text(css("#p"), "not ${{ TOKEN }}")))
			task.Scope = spec.NewScope(map[string]any{"BASE_URL": site.server.URL}, map[string]string{"TOKEN": executortest.SecretValue})
			return task
		},
	})
}
