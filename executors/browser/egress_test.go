package browser_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/egresstest"
	"github.com/semantest/semantest/internal/spec"
)

// behind returns an executor whose pages go out by a policy, which allows the
// site of the tests in any case.
func behind(t *testing.T, mode egress.Mode) (*browser.Executor, *egress.Policy) {
	t.Helper()
	policy, err := egress.New(mode)
	if err != nil {
		t.Fatal(err)
	}
	list, err := egress.ParseAllowed([]string{strings.TrimPrefix(site.server.URL, "http://")})
	if err != nil {
		t.Fatal(err)
	}
	policy.Allow(list)
	e := browser.New(browser.Options{Egress: policy})
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, policy
}

// canary is a server that a page must not reach. It counts connections.
type canary struct {
	net.Listener
	connections atomic.Int64
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &canary{Listener: l}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}),
	}
	go func() { _ = server.Serve(c) }()
	t.Cleanup(func() { _ = server.Close() })
	return c
}

func (c *canary) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.connections.Add(1)
	}
	return conn, err
}

// attacks are ways in which a page asks for HOST, a canary of its own.
var attacks = map[string]string{
	"img":             `new Image().src = 'http://HOST/'`,
	"script":          `add('script', {src: 'http://HOST/'})`,
	"stylesheet":      `add('link', {rel: 'stylesheet', href: 'http://HOST/'})`,
	"background":      `document.body.style.backgroundImage = 'url(http://HOST/)'`,
	"font":            `new FontFace('f', 'url(http://HOST/)').load().catch(() => {})`,
	"video":           `add('video', {src: 'http://HOST/', preload: 'auto'})`,
	"object":          `add('object', {data: 'http://HOST/'})`,
	"iframe":          `add('iframe', {src: 'http://HOST/'})`,
	"srcdoc":          `add('iframe', {srcdoc: '<img src="http://HOST/">'})`,
	"fetch":           `fetch('http://HOST/').catch(() => {})`,
	"fetch no-cors":   `fetch('http://HOST/', {mode: 'no-cors', method: 'POST', body: 'x'}).catch(() => {})`,
	"fetch https":     `fetch('https://HOST/').catch(() => {})`,
	"xhr":             `{ const x = new XMLHttpRequest(); x.open('GET', 'http://HOST/'); x.send() }`,
	"beacon":          `navigator.sendBeacon('http://HOST/', 'x')`,
	"event source":    `new EventSource('http://HOST/')`,
	"websocket":       `new WebSocket('ws://HOST/')`,
	"websocket wss":   `new WebSocket('wss://HOST/')`,
	"redirect":        `fetch('REDIRECT?http://HOST/', {mode: 'no-cors'}).catch(() => {})`,
	"redirect frame":  `add('iframe', {src: 'REDIRECT?http://HOST/'})`,
	"refresh":         `add('iframe', {srcdoc: '<meta http-equiv=refresh content="0;url=http://HOST/">'})`,
	"window":          `window.open('http://HOST/')`,
	"link":            `add('a', {href: 'http://HOST/', target: 'other'}).click()`,
	"download":        `add('a', {href: 'http://HOST/', download: 'x', target: 'fetched'}).click()`,
	"form":            `{ const f = add('form', {action: 'http://HOST/', method: 'post', target: 'formed'}); f.submit() }`,
	"worker":          `new Worker(URL.createObjectURL(new Blob(["fetch('http://HOST/').catch(() => {})"])))`,
	"service worker":  `navigator.serviceWorker.register('SERVICE?http://HOST/')`,
	"prefetch":        `add('link', {rel: 'prefetch', href: 'http://HOST/'})`,
	"by a name":       `new Image().src = 'http://localhost:' + 'HOST'.split(':')[1]`,
	"by one number":   `new Image().src = 'http://2130706433:' + 'HOST'.split(':')[1]`,
	"by a short form": `new Image().src = 'http://127.1:' + 'HOST'.split(':')[1]`,
}

// hints may be followed or not.
var hints = map[string]string{
	"preconnect":   `add('link', {rel: 'preconnect', href: 'https://HOST/'})`,
	"dns-prefetch": `add('link', {rel: 'dns-prefetch', href: 'https://HOST/'})`,
	"prerender":    `add('script', {type: 'speculationrules', textContent: '{"prerender": [{"urls": ["http://HOST/"]}]}'})`,
}

// attack returns a page that does all of it, each to a canary of its own.
func attack(t *testing.T) (path string, canaries, hinted map[string]*canary) {
	t.Helper()
	redirect := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.RawQuery)
		w.WriteHeader(http.StatusFound)
	})
	service := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = fmt.Fprintf(w, "fetch(%q).catch(() => {})", r.URL.RawQuery)
	})
	canaries, hinted = map[string]*canary{}, map[string]*canary{}
	var script strings.Builder
	write := func(from map[string]string, to map[string]*canary) {
		for name, code := range from {
			c := newCanary(t)
			to[name] = c
			code = strings.NewReplacer("HOST", c.Addr().String(), "REDIRECT", redirect, "SERVICE", service).Replace(code)
			_, _ = fmt.Fprintf(&script, "try { %s } catch (e) { console.log(%q, e) }\n", code, name)
		}
	}
	write(hints, hinted)
	write(attacks, canaries)
	return site.put(`<h1>Attack</h1><script>
		const add = (tag, properties) => { const e = document.createElement(tag); Object.assign(e, properties); document.body.append(e); return e; };
		onload = () => {` + script.String() + `}</script>`), canaries, hinted
}

// stay keeps a page open until the test has seen enough.
func stay(t *testing.T, e *browser.Executor, steps ...spec.BrowserStep) (leave func()) {
	t.Helper()
	long := within(5*time.Minute, spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(4 * time.Minute)}})
	return stayTask(t, e, task(append(steps, long)...))
}

func stayTask(t *testing.T, e *browser.Executor, task executors.Task) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		performUntil(ctx, t, e, task)
	}()
	return func() { cancel(); <-done }
}

// TestAttacksReachTheirTargetInDevMode shows that the attacks are ones: without
// it, the next test would prove nothing.
func TestAttacksReachTheirTargetInDevMode(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Dev)
	path, canaries, _ := attack(t)
	defer stay(t, e, open(path))()
	for name, c := range canaries {
		eventually(t, "the page reaches its target by "+name, func() bool { return c.connections.Load() > 0 })
	}
}

func TestAttacksReachNothingInPublicMode(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Public)
	path, canaries, hinted := attack(t)
	defer stay(t, e, open(path))()
	for name, c := range canaries {
		want := "does not allow " + c.Addr().String() + ";"
		eventually(t, "the proxy refuses "+name, func() bool { return strings.Contains(browser.Refusals(e), want) })
	}
	maps.Copy(canaries, hinted)
	for name, c := range canaries {
		if n := c.connections.Load(); n > 0 {
			t.Errorf("%s reached its target with %d connections", name, n)
		}
	}
}

// TestOwnEndpointsAreDeniedInDevMode lists them as the app does.
func TestOwnEndpointsAreDeniedInDevMode(t *testing.T) {
	t.Parallel()
	e, policy := behind(t, egress.Dev)
	path, canaries, _ := attack(t)
	for _, c := range canaries {
		policy.Deny(c.Addr().(*net.TCPAddr).AddrPort())
	}
	defer stay(t, e, open(path))()
	for name, c := range canaries {
		want := "does not allow " + c.Addr().String() + ";"
		eventually(t, "the proxy refuses "+name, func() bool { return strings.Contains(browser.Refusals(e), want) })
		if n := c.connections.Load(); n > 0 {
			t.Errorf("%s reached its target with %d connections", name, n)
		}
	}
}

func TestGotoSaysWhatThePolicyRefuses(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Public)
	inside := newCanary(t)
	port := inside.Addr().(*net.TCPAddr).Port
	redirect := site.handle(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+inside.Addr().String()+"/x", http.StatusFound)
	})
	secure := site.handle(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+inside.Addr().String()+"/x", http.StatusFound)
	})
	for _, tt := range []struct{ name, address, want string }{
		{"loopback", fmt.Sprintf("http://127.0.0.1:%d/", port), fmt.Sprintf("the egress policy (public) does not allow 127.0.0.1:%d", port)},
		{"loopback with TLS", fmt.Sprintf("https://127.0.0.1:%d/", port), fmt.Sprintf("the egress policy (public) does not allow 127.0.0.1:%d", port)},
		{"loopback of IPv6", fmt.Sprintf("http://[::1]:%d/", port), fmt.Sprintf("the egress policy (public) does not allow [::1]:%d", port)},
		{"loopback mapped to IPv6", fmt.Sprintf("http://[::ffff:127.0.0.1]:%d/", port), "the egress policy (public) does not allow"},
		{"unspecified", fmt.Sprintf("http://0.0.0.0:%d/", port), "the egress policy (public) does not allow"},
		{"private", "http://10.0.0.1/", "the egress policy (public) does not allow 10.0.0.1:80"},
		{"metadata", "http://169.254.169.254/latest/meta-data/", "the egress policy (public) does not allow 169.254.169.254:80; it is an address of cloud metadata"},
		{"metadata with TLS", "https://169.254.169.254/", "the egress policy (public) does not allow 169.254.169.254:443"},
		{"by a redirect", redirect, fmt.Sprintf("the egress policy (public) does not allow 127.0.0.1:%d", port)},
		{"by a redirect to TLS", secure, fmt.Sprintf("the egress policy (public) does not allow 127.0.0.1:%d", port)},
	} {
		r := performTask(t, e, task(open(tt.address))).want(t, spec.OutcomeErrored)
		if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, r.err, tt.want)
		}
	}
	if n := inside.connections.Load(); n > 0 {
		t.Errorf("the canary had %d connections", n)
	}
}

// TestAClickThatLeadsInsideSaysSo fails in a later step, which finds nothing.
func TestAClickThatLeadsInsideSaysSo(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Public)
	page := site.put(`<a href="http://10.0.0.1/admin">Inside</a>`)
	r := performTask(t, e, task(open(page), click(role("link", "Inside")),
		within(2*time.Second, expect(spec.Expect{Visible: new(role("heading", "Admin"))})))).want(t, spec.OutcomeFailed)
	if want := "the page was not reached: the egress policy (public) does not allow 10.0.0.1:80"; r.err == nil || !strings.Contains(r.err.Error(), want) {
		t.Errorf("got %v, want %s", r.err, want)
	}
}

// TestRebinding loads a page by a name that leads to cloud metadata afterwards.
func TestRebinding(t *testing.T) {
	t.Parallel()
	e, policy := behind(t, egress.Public)
	policy.ResolveWith(egresstest.Resolver(t, [4]byte{127, 0, 0, 1}, [4]byte{169, 254, 169, 254}))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(site.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	page := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // the next request needs a connection of its own
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<link rel=icon href=data:,><h1>Rebound</h1><script>onload = () => fetch('/latest/meta-data')
			.then(async (r) => { document.querySelector('h1').textContent = r.status + await r.text() })</script>`))
	})
	performTask(t, e, task(open("http://rebind.test:"+port+page),
		expect(spec.Expect{Text: new(css("h1")), Matcher: spec.Matcher{Contains: &spec.Value{V: "does not allow 169.254.169.254:" + port}}}))).passes(t)
}

// TestWebRTCSendsNothing lets a page ask name and relay servers of WebRTC on
// this machine for its address.
func TestWebRTCSendsNothing(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Public)
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var packets atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buf := make([]byte, 1500); ; packets.Add(1) {
			if _, _, err := udp.ReadFrom(buf); err != nil {
				return
			}
		}
	}()
	relay := newCanary(t)
	page := site.put(fmt.Sprintf(`<h1>Asking</h1><p></p><script>
		const p = new RTCPeerConnection({iceServers: [{urls: 'stun:%[1]s'}, {urls: ['turn:%[1]s', 'turn:%[2]s?transport=tcp'], username: 'u', credential: 'c'}]});
		p.createDataChannel('x');
		p.onicecandidate = (e) => { if (e.candidate) document.querySelector('p').textContent += e.candidate.candidate };
		p.onicegatheringstatechange = () => { if (p.iceGatheringState === 'complete') document.querySelector('h1').textContent = 'Complete' };
		p.createOffer().then((o) => p.setLocalDescription(o));</script>`, udp.LocalAddr(), relay.Addr()))
	performTask(t, e, task(open(page), within(50*time.Second, text(css("h1"), "Complete")), text(css("p"), ""))).passes(t)
	_ = udp.Close()
	<-ended
	if packets.Load() > 0 || relay.connections.Load() > 0 {
		t.Errorf("the servers got %d packets and %d connections, want none", packets.Load(), relay.connections.Load())
	}
}

// TestOtherSchemes lets pages ask for what is not of the web.
func TestOtherSchemes(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Dev)
	for _, address := range []string{
		"file:///etc/passwd", "chrome://version", "chrome://settings", "view-source:" + site.server.URL, "view-source:file:///etc/passwd", "devtools://devtools/bundled/inspector.html",
		"chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/index.html", "ftp://127.0.0.1/x", "filesystem:" + site.server.URL + "/temporary/x",
		"chrome-untrusted://terminal", "about:version",
	} {
		redirect := site.handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", address)
			w.WriteHeader(http.StatusFound)
		})
		page := site.put(fmt.Sprintf(`<h1>Here</h1><a href=%[1]q>Link</a><a href=%[1]q target=_blank id=blank>Blank</a><iframe src=%[1]q></iframe><object data=%[1]q></object><script>
			onload = async () => {
				const said = [];
				const opened = window.open(%[1]q);
				await fetch(%[1]q).then(() => said.push('fetched'), () => {});
				await fetch('%[2]s').then(() => said.push('redirected'), () => {});
				try { location.href = %[1]q } catch {}
				document.querySelector('a').click(); document.querySelector('#blank').click();
				for (const w of [opened, ...Array.from(frames)]) { try { if (w && /root:/.test(w.document.body.innerText)) said.push('read') } catch {} }
				document.querySelector('h1').textContent = said.length ? said.join() : 'Nothing';
			}</script>`, address, redirect))
		r := performTask(t, e, task(open(page), text(css("h1"), "Nothing"), expect(spec.Expect{URL: &spec.Matcher{Equals: &spec.Value{V: site.server.URL + page}}})))
		// The browser does nothing, or shows an empty page that the executor refuses.
		if ended := r.outcome == spec.OutcomeErrored && strings.Contains(r.err.Error(), "only http and https addresses are allowed"); !ended && r.outcome != spec.OutcomePassed {
			t.Errorf("%s: %s, %v, %+v", address, r.outcome, r.err, r.Events())
		}
		r = performTask(t, e, task(open(redirect)))
		if r.outcome == spec.OutcomePassed {
			t.Errorf("a redirect to %s opened it", address)
		}
	}
}

// TestTheProxyIsForPagesOnly asks it without the credentials of a page.
func TestTheProxyIsForPagesOnly(t *testing.T) {
	t.Parallel()
	e, _ := behind(t, egress.Dev)
	if err := e.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	inside := newCanary(t)
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(browser.ProxyURL(e)), TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	defer client.CloseIdleConnections()
	for _, address := range []string{"http://" + inside.Addr().String(), "https://" + inside.Addr().String()} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode != http.StatusProxyAuthRequired {
				t.Errorf("%s without credentials: %s", address, res.Status)
			}
		}
	}
	if n := inside.connections.Load(); n > 0 {
		t.Errorf("the canary had %d connections", n)
	}
	// A page cannot ask the proxy for the proxy either.
	r := performTask(t, e, task(open(browser.ProxyURL(e).String()))).want(t, spec.OutcomeErrored)
	if want := "it is an endpoint of this server itself"; r.err == nil || !strings.Contains(r.err.Error(), want) {
		t.Errorf("got %v, want %s", r.err, want)
	}
}
