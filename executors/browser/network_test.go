package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

func route(r spec.Route) spec.BrowserStep { return spec.BrowserStep{Route: &r} }

func to(url string) spec.RequestPattern { return spec.RequestPattern{URL: url} }

// asking is a page that asks for an address and shows what comes.
func asking(url string) string {
	return fmt.Sprintf(`<button onclick="ask()">Ask</button><p id=log>-</p><script>
		const ask = async (init) => { log.textContent = '…'; try { const r = await fetch('%s', init); log.textContent = r.status + ' ' + (r.headers.get('x-kind') || '') + ' ' + await r.text() } catch (e) { log.textContent = e.name } }</script>`, url)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	api := site.handle(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "real %s %s %s", r.Method, r.Header.Get("X-Test"), body)
	})
	ask := click(role("button", "Ask"))
	tests := map[string]struct {
		route spec.Route
		steps []spec.BrowserStep
	}{
		"a status":           {spec.Route{RequestPattern: to(api), Status: new(503)}, []spec.BrowserStep{ask, logged("503")}},
		"JSON and headers":   {spec.Route{RequestPattern: to("**" + api), JSON: &spec.Value{V: map[string]any{"a": int64(1)}}, Headers: map[string]string{"X-Kind": "made"}}, []spec.BrowserStep{ask, logged(`200 made {"a":1}`)}},
		"a text":             {spec.Route{RequestPattern: spec.RequestPattern{Matches: api + "$"}, Body: new("made up")}, []spec.BrowserStep{ask, logged("200 made up")}},
		"a file":             {spec.Route{RequestPattern: to(api), File: "file://answer.txt"}, []spec.BrowserStep{ask, logged("200 of a file")}},
		"stopped":            {spec.Route{RequestPattern: to(api), Abort: "refused"}, []spec.BrowserStep{ask, logged("TypeError")}},
		"changed":            {spec.Route{RequestPattern: to(api), Change: &spec.RequestChange{Method: "POST", Headers: map[string]string{"X-Test": "yes"}, Body: new("hello")}}, []spec.BrowserStep{ask, logged("200 real POST yes hello")}},
		"delayed":            {spec.Route{RequestPattern: to(api), Delay: spec.Duration(400 * time.Millisecond)}, []spec.BrowserStep{ask, within(150*time.Millisecond, logged("…")), logged("200 real GET")}},
		"once":               {spec.Route{RequestPattern: to(api), Status: new(500), Times: new(1)}, []spec.BrowserStep{ask, logged("500"), ask, logged("200 real GET")}},
		"another method":     {spec.Route{RequestPattern: spec.RequestPattern{URL: api, Method: "POST"}, Status: new(500)}, []spec.BrowserStep{ask, logged("200 real GET")}},
		"another address":    {spec.Route{RequestPattern: to(api + "/more"), Status: new(500)}, []spec.BrowserStep{ask, logged("200 real GET")}},
		"removed":            {spec.Route{RequestPattern: to(api), Status: new(500)}, []spec.BrowserStep{route(spec.Route{RequestPattern: to(api), Remove: true}), ask, logged("200 real GET")}},
		"the last one first": {spec.Route{RequestPattern: to("**"), Status: new(500)}, []spec.BrowserStep{route(spec.Route{RequestPattern: to(api), Status: new(404)}), ask, logged("404")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := task(append([]spec.BrowserStep{open(site.put(asking(api))), route(tt.route)}, tt.steps...)...)
			task.Files = fstest.MapFS{"answer.txt": {Data: []byte("of a file")}}
			performTask(t, shared, task).passes(t)
		})
	}
	t.Run("a whole page, and another origin", func(t *testing.T) {
		t.Parallel()
		perform(t, route(spec.Route{RequestPattern: to("https://made.test/**"), Body: new("<title>Made</title>"), Headers: map[string]string{"Content-Type": "text/html"}}),
			open("https://made.test/x"), expect(spec.Expect{Title: new(equals("Made"))})).passes(t)
	})
	t.Run("in frames and tabs", func(t *testing.T) {
		t.Parallel()
		inner := site.put(asking(api))
		page := site.put(`<iframe src="` + elsewhere(inner) + `"></iframe><a href="` + inner + `" target=_blank>Tab</a>`)
		f := css("iframe")
		perform(t, route(spec.Route{RequestPattern: to("**" + api), Body: new("made")}), open(page), click(in(f, role("button", "Ask"))), text(in(f, css("#log")), "200 made"),
			click(spec.Locator{Text: "Tab"}), tab(spec.Tab{Switch: new(1)}), ask, logged("200 made")).passes(t)
	})
	t.Run("what waits at the end", func(t *testing.T) {
		t.Parallel()
		on(t, asking(api), route(spec.Route{RequestPattern: to(api), Delay: spec.Duration(time.Minute)}), ask).passes(t)
	})
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	api := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Kind", "order")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"id": 7, "state": "PAID", "lines": [1, 2]}`))
	})
	page := asking(api) + `<button onclick="ask({method: 'POST', body: JSON.stringify({sku: 'A1'})})">Send</button><button onclick="setTimeout(ask, 300)">Later</button>`
	response := func(a spec.AwaitedResponse) spec.BrowserStep {
		a.RequestPattern = to(api)
		return spec.BrowserStep{AwaitResponse: &a}
	}
	request := func(a spec.AwaitedRequest) spec.BrowserStep { return spec.BrowserStep{AwaitRequest: &a} }
	json := func(path string, m spec.Matcher) []spec.JSONCheck {
		return []spec.JSONCheck{{JSONPath: path, Matcher: m}}
	}
	later, send := click(role("button", "Later")), click(role("button", "Send"))
	status := equals(int64(201))
	made := func(times spec.Matcher) spec.BrowserStep {
		return expect(spec.Expect{Request: &spec.MadeRequests{RequestPattern: to("**" + api), Times: &times}})
	}
	tests := map[string]struct {
		steps []spec.BrowserStep
		err   string
	}{
		"a response":         {[]spec.BrowserStep{later, response(spec.AwaitedResponse{Status: &status, Headers: map[string]spec.Matcher{"X-Kind": equals("order")}})}, ""},
		"its JSON":           {[]spec.BrowserStep{later, response(spec.AwaitedResponse{JSON: append(json("$.state", equals("PAID")), json("$.lines[*]", spec.Matcher{Length: new(2)})...)})}, ""},
		"its body":           {[]spec.BrowserStep{send, response(spec.AwaitedResponse{Body: new(contains("PAID"))})}, ""},
		"captured":           {[]spec.BrowserStep{send, response(spec.AwaitedResponse{Capture: map[string]string{"order": "$.id"}}), open("/p?${{ order }}")}, "/p?7"},
		"came before":        {[]spec.BrowserStep{send, logged(`201 order {"id": 7, "state": "PAID", "lines": [1, 2]}`), response(spec.AwaitedResponse{})}, ""},
		"of an earlier step": {[]spec.BrowserStep{send, hover(css("#log")), within(300*time.Millisecond, response(spec.AwaitedResponse{}))}, "no response to " + api + " came within 300ms; the page has asked for nothing"},
		"another status":     {[]spec.BrowserStep{send, within(500*time.Millisecond, response(spec.AwaitedResponse{Status: new(equals(int64(200)))}))}, "status should equal 200, but is 201"},
		"another JSON":       {[]spec.BrowserStep{send, within(500*time.Millisecond, response(spec.AwaitedResponse{JSON: json("$.state", equals("OPEN"))}))}, `jsonpath $.state should equal "OPEN", but is "PAID"`},
		"nothing to capture": {[]spec.BrowserStep{send, response(spec.AwaitedResponse{Capture: map[string]string{"x": "$.none"}})}, "has nothing at $.none for the variable x"},
		"a request":          {[]spec.BrowserStep{send, request(spec.AwaitedRequest{RequestPattern: spec.RequestPattern{URL: api, Method: "POST"}, JSON: json("$.sku", equals("A1")), Headers: map[string]spec.Matcher{"Content-Type": contains("text/plain")}})}, ""},
		"no such request":    {[]spec.BrowserStep{send, within(300*time.Millisecond, request(spec.AwaitedRequest{RequestPattern: to("/none")}))}, "no request to /none came within 300ms; the last ones were POST"},
		"how many":           {[]spec.BrowserStep{send, later, made(equals(int64(2)))}, ""},
		"none":               {[]spec.BrowserStep{expect(spec.Expect{Request: &spec.MadeRequests{RequestPattern: to("/none"), Times: new(equals(int64(0)))}})}, ""},
		"too many":           {[]spec.BrowserStep{send, logged(`201 order {"id": 7, "state": "PAID", "lines": [1, 2]}`), within(300*time.Millisecond, made(equals(int64(0))))}, "should equal 0, but is 1"},
		"of a route":         {[]spec.BrowserStep{route(spec.Route{RequestPattern: to(api), Status: new(418)}), send, response(spec.AwaitedResponse{Status: new(equals(int64(418)))})}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := on(t, page, tt.steps...)
			if tt.err == "" {
				r.passes(t)
				return
			}
			if name == "captured" { // an address that holds what was captured
				steps := r.Steps()
				if got := fmt.Sprint(steps[len(steps)-1].Detail["url"]); !strings.HasSuffix(got, tt.err) {
					t.Errorf("got %s (%v)", got, r.err)
				}
				return
			}
			if r.want(t, spec.OutcomeFailed); r.err == nil || !strings.Contains(r.err.Error(), tt.err) {
				t.Errorf("got %v", r.err)
			}
		})
	}
}
