package e2e

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/cli/client"
)

// control is no secret. It goes wherever the secrets go, and must be found in
// each place in which they are looked for: that proves that there is a look.
const control = "visible-control-4711"

// planted are the values of secrets, each peculiar in its way.
var planted = map[string]string{
	"PROJECT": `pr"oj/é\密+🔑&<x>%41 end`,
	"LONG":    strings.Repeat("Lq8/Zr+t\\\"w&<7>é", 200) + "end",
	"STARTED": `st'art:ed/"quoted"+a=b`,
	"STAGING": "staging-só-0815",
}

const plantedPlan = `version: "1"
name: Planted ` + control + `
environment: staging
secrets: [PROJECT, LONG, STARTED, STAGING]
env: {CONTROL: ` + control + `, ADDRESS: "/mirror?in=${{ STAGING }}"}
cases:
  - id: api-` + control + `
    kind: api
    steps:
      - http:
          method: POST
          url: /mirror
          query: {q: ["${{ PROJECT }}", "${{ CONTROL }}"]}
          headers: {X-Say: "${{ STARTED }}", X-Control: "${{ CONTROL }}", Authorization: "Basic ${{ STARTED }}"}
          json: {a: "${{ PROJECT }}", l: "${{ LONG }}", s: "${{ STAGING }}", c: "${{ CONTROL }}"}
        capture: {back: {jsonpath: $.sent.a}}
        check:
          - {status: 200}
          - {jsonpath: $.sent.a, equals: "not ${{ PROJECT }}"}
          - {jsonpath: $.sent.l, equals: "${{ CONTROL }}"}
          - {body: {contains: "never ${{ STAGING }} ${{ CONTROL }}"}}
          - {header: X-Said, equals: "no ${{ STARTED }}"}
  - id: captured
    kind: api
    steps:
      - http: {method: POST, url: /mirror, json: {a: "${{ PROJECT }}"}}
        capture: {back: {jsonpath: $.sent.a}}
      - http: {url: /mirror, query: {q: "again ${{ back }}"}}
        check: [{status: 201}]
  - id: form
    kind: api
    steps:
      - http: {method: POST, url: /mirror, form: {a: "${{ PROJECT }}", s: "${{ STARTED }}"}}
        check: [{status: 201}]
  - id: redirected
    kind: api
    steps:
      - http: {url: /hop, query: {q: "${{ PROJECT }}", s: "${{ STAGING }}"}}
        check: [{status: 201}]
  - id: unreachable
    kind: api
    steps:
      - http: {url: "http://127.0.0.1:1/${{ STAGING }}"}
  - id: address
    kind: api
    steps:
      - http: {url: "${{ ADDRESS }}"}
        check: [{status: 201}]
  - id: page
    kind: browser
    steps:
      - goto: /page
      - fill: {label: Password, value: "${{ PROJECT }}"}
      - fill: {label: Token, value: "${{ STAGING }} ${{ CONTROL }}"}
      - expect: {text: "#o", equals: "nothing like ${{ STARTED }}"}
        timeout: 2s
`

// TestPlantedSecretsAreFoundNowhere plants secrets wherever the product takes
// them, lets a hostile target throw them back in every way, and then looks
// through everything that is kept, shown or sent.
func TestPlantedSecretsAreFoundNowhere(t *testing.T) {
	t.Parallel()
	room, db, redis, mirror, hook := newRoom(t), database(t), startRedis(t), openMirror(t), openReceiver(t)
	traffic := monitor(t, redis)
	const password = `pass"wörd/of the admin+1`
	env := []string{"SEMANTEST_DATABASE_URL=" + db, "SEMANTEST_REDIS_URL=" + redis.URL(), "SEMANTEST_ADMIN_PASSWORD=" + password}
	admin := run(t, launch{room: room, args: []string{"token", "create", "--permission", "admin"}, env: env})
	s := serve(t, launch{room: room, args: []string{"--log-level", "debug", "--egress", "dev"}, env: env})
	token := strings.TrimSpace(admin.stdout)
	c := clientOf(t, s.URL, token)

	values := map[string]string{"the server's token": s.Token, "the administrator's token": token, "the administrator's password": password}
	var signedIn struct {
		Login struct{ AccessToken, RefreshToken string }
	}
	err := c.Do(t.Context(), `mutation($p: String!) { login(input: {email: "admin@localhost", password: $p}) { accessToken refreshToken } }`,
		map[string]any{"p": password}, &signedIn)
	if err != nil || signedIn.Login.RefreshToken == "" {
		t.Fatalf("sign in: %v", err)
	}
	values["an access token"], values["a refresh token"] = signedIn.Login.AccessToken, signedIn.Login.RefreshToken
	for name, value := range planted {
		values[name] = value
		if name == "STARTED" {
			continue
		}
		environment := map[string]string{"STAGING": "staging"}[name]
		if err := c.SetSecret(t.Context(), name, environment, value); err != nil {
			t.Fatal(err)
		}
	}
	values["the webhook's secret"] = strings.TrimPrefix(createWebhook(t, c, hook.URL), "whsec_")
	values["the trigger's secret"] = strings.TrimPrefix(createTrigger(t, c), "whsec_")

	runID, err := c.StartRun(t.Context(), client.Start{
		Source: plantedPlan, Variables: map[string]string{"BASE_URL": mirror.URL}, Secrets: map[string]string{"STARTED": planted["STARTED"]}, Key: "planted",
	})
	if err != nil {
		t.Fatal(err)
	}
	events, err := json.Marshal(follow(t, c, runID))
	if err != nil {
		t.Fatal(err)
	}
	mirror.assertSaw(t, planted)
	hook.await(t)
	refused := refusals(t, c)
	shown, err := json.Marshal(fetchRun(t, c, runID))
	if err != nil {
		t.Fatal(err)
	}
	office := newRoom(t)
	reports := run(t, launch{room: office, args: []string{"report", runID, "--remote", s.URL, "--token", s.Token, "--reporter", "html,json,junit"}})
	if reports.code != 0 {
		t.Fatalf("the reports: %s", reports.stderr)
	}
	p := places{"events": events, "the run in the graph": shown, "refusals": refused, "webhook deliveries": hook.all(), "redis keys": redisKeys(t, redis)}
	p["redis traffic"] = traffic()
	p["server log"] = []byte(s.stderr.text())
	p["database"] = sqlDump(t, db)
	p.decodeBytea(t, db)
	p.files(t, room)
	p.files(t, office)
	p.assertNowhere(t, values)
	p.assertEverywhere(t, "worker started", "server log") // nothing that a run carries comes into it
	p.assertEverywhere(t, control, "events", "the run in the graph", "webhook deliveries", "redis traffic", "database",
		"refusals", "report.html", "result.json", "junit.xml", "artifacts")
}

// mirror is a target that gives back all that it is sent, in every way.
type mirror struct {
	*httptest.Server
	mu   sync.Mutex
	seen strings.Builder
}

func openMirror(t testing.TB) *mirror {
	t.Helper()
	m := &mirror{}
	mux := http.NewServeMux()
	mux.HandleFunc("/hop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/mirror?"+r.URL.RawQuery, http.StatusFound)
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>Page</title><label>Password <input id="p"></label><label>Token <input id="k"></label><output id="o">nothing</output>
<script>
const say = e => {
  o.textContent = p.value + " | " + k.value + " | " + btoa(unescape(encodeURIComponent(p.value)));
  console.error("typed " + p.value + " " + encodeURIComponent(p.value) + " " + JSON.stringify(JSON.stringify(p.value)) + " " + k.value);
  document.title = p.value; history.replaceState(null, "", "/page?p=" + encodeURIComponent(p.value) + "&k=" + encodeURIComponent(k.value));
  fetch("/mirror?p=" + encodeURIComponent(p.value), {method: "POST", body: p.value + k.value});
  setTimeout(() => { throw new Error("page error with " + p.value) });
};
p.oninput = say; k.oninput = say;
</script>`)
	})
	mux.HandleFunc("/mirror", m.answer)
	m.Server = httptest.NewServer(mux)
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	query, _ := url.QueryUnescape(r.URL.RawQuery)
	all := fmt.Sprint(query, "\n", r.Header.Get("X-Say"), "\n", r.Header.Get("Authorization"), "\n", string(body))
	if form, err := url.QueryUnescape(string(body)); err == nil {
		all += "\n" + form
	}
	var sent any
	if json.Unmarshal(body, &sent) == nil {
		all += fmt.Sprint("\n", sent)
	}
	m.mu.Lock()
	m.seen.WriteString(all)
	m.mu.Unlock()
	w.Header().Set("X-Said", r.Header.Get("X-Say"))
	w.Header().Set("X-Query", r.URL.RawQuery)
	w.Header().Set("Set-Cookie", "session="+url.QueryEscape(query))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusTeapot)
	quoted, _ := json.Marshal(all)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"sent": sent, "all": all, "quoted": string(quoted), "html": html.EscapeString(all), "query": url.QueryEscape(all), "path": url.PathEscape(all),
		"small": strings.ToLower(url.QueryEscape(query)), "hex": hex.EncodeToString([]byte(all)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(all))),
		"base64": []string{
			base64.StdEncoding.EncodeToString([]byte(all)), base64.URLEncoding.EncodeToString([]byte("x" + all)), base64.StdEncoding.EncodeToString([]byte("xy" + all)),
			base64.RawURLEncoding.EncodeToString(quoted),
		},
	})
}

// assertSaw proves that the secrets have arrived, so that there was something to
// hide.
func (m *mirror) assertSaw(t testing.TB, values map[string]string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, value := range values {
		if !strings.Contains(m.seen.String(), value) {
			t.Errorf("the target has not been sent %s", name)
		}
	}
}

// receiver keeps what webhooks send.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got strings.Builder
}

func openReceiver(t testing.TB) *receiver {
	t.Helper()
	h := &receiver{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		h.mu.Lock()
		defer h.mu.Unlock()
		_, _ = fmt.Fprintf(&h.got, "%s %s\n%v\n%s\n", r.Method, r.URL, r.Header, body)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *receiver) all() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return []byte(h.got.String())
}

// await returns when the end of the run was told.
func (h *receiver) await(t testing.TB) {
	t.Helper()
	waitFor(t, "the end of the run was told", func() bool { return strings.Contains(string(h.all()), "test.execution.failed") })
}

func createWebhook(t testing.TB, c *client.Client, address string) string {
	t.Helper()
	var out struct{ CreateWebhook struct{ Secret string } }
	do(t, c, `mutation($url: String!) { createWebhook(input: {url: $url}) { secret } }`, map[string]any{"url": address}, &out)
	return out.CreateWebhook.Secret
}

func createTrigger(t testing.TB, c *client.Client) string {
	t.Helper()
	var plan struct {
		CreatePlan struct{ Plan struct{ ID string } }
	}
	do(t, c, `mutation($s: String!) { createPlan(input: {source: $s}) { plan { id } } }`, map[string]any{"s": plantedPlan}, &plan)
	var out struct{ CreateTrigger struct{ Secret string } }
	do(t, c, `mutation($p: ID!) { createTrigger(input: {planId: $p, name: "t"}) { secret } }`, map[string]any{"p": plan.CreatePlan.Plan.ID}, &out)
	return out.CreateTrigger.Secret
}

// refusals gives the graph secrets in ways that it refuses, and returns what it
// says.
func refusals(t testing.TB, c *client.Client) []byte {
	t.Helper()
	var out strings.Builder
	for _, name := range []string{control + " not a name", "1"} {
		err := c.SetSecret(t.Context(), name, "", planted["PROJECT"])
		fmt.Fprintln(&out, err)
	}
	fmt.Fprintln(&out, c.SetSecret(t.Context(), "TOO_LONG", "", strings.Repeat(planted["STAGING"], 5000)))
	for _, secrets := range []map[string]string{{"STARTED": ""}, {"UNKNOWN": planted["STARTED"]}} {
		_, err := c.StartRun(t.Context(), client.Start{Source: plantedPlan, Secrets: secrets, Variables: map[string]string{"PROJECT": planted["PROJECT"]}, Key: "refused"})
		fmt.Fprintln(&out, err)
	}
	return []byte(out.String())
}

func do(t testing.TB, c *client.Client, query string, variables map[string]any, out any) {
	t.Helper()
	if err := c.Do(context.WithoutCancel(t.Context()), query, variables, out); err != nil {
		t.Fatal(err)
	}
}
