package load

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// program is what a virtual user does in an iteration.
type program struct {
	body  []*act
	steps []*step // those of the body that speak with the target, in the order of the plan
	// own says that users have variables of their own.
	own bool
}

// step is one request of an iteration.
type step struct {
	index   int
	title   string
	source  spec.APIStep
	timeout time.Duration
	asks    []string // what each of its checks asks, as thresholds name them
	varies  varies
	keep    bool  // somebody looks at the body
	talk    *talk // messages go over a connection; nil for a request

	// ready is the step with everything filled in, where it is the same for
	// all users.
	ready *ready
}

// varies says how often a step has to be filled in.
type varies int

const (
	never         varies = iota
	withUser             // once for each virtual user
	withIteration        // in each iteration
)

// ready is a step that can be sent.
type ready struct {
	request *executors.HTTPRequest
	origin  string
	wire    []byte // the request as it is written
	checks  []check
	judged  []judgement
}

// judgement is one check that is left to Exchanges, or all captures with the
// index -1.
type judgement struct {
	index int
	step  spec.APIStep
}

// compile prepares the steps of a load and fills in what never varies.
func (r *run) compile() (err error) {
	r.program.body, err = r.acts(r.task.Case.Load.Steps, r.words())
	return err
}

// step prepares a step that speaks with the target.
func (r *run) step(source spec.APIStep, w *words) (*step, error) {
	index := len(r.program.steps)
	s := &step{index: index, title: cmp.Or(source.Title(), "step "+strconv.Itoa(index+1)), source: source,
		timeout: source.Timeout.Or(r.task.Use.StepTimeout.Or(defaultStepTimeout))}
	r.program.steps = append(r.program.steps, s)
	for _, c := range source.Checks {
		s.asks = append(s.asks, question(c))
		s.keep = s.keep || c.Body != nil || !isPlain(c)
	}
	for _, c := range source.Capture {
		s.keep = s.keep || c.Header == "" && c.Cookie == "" && !c.Status
	}
	s.varies = w.of(spec.References(source), w.shared)
	r.program.own = r.program.own || s.varies != never || len(source.Captured()) > 0
	if source.HTTP == nil {
		return s, r.conversation(s)
	}
	if s.varies == never {
		var err error
		if s.ready, err = r.prepare(s, r.task); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// prepare fills in a step with the variables of a task's scope.
func (r *run) prepare(s *step, task executors.Task) (*ready, error) {
	filled, err := spec.Expand(task.Scope, s.source)
	if err != nil {
		return nil, executors.Errorf("the step %q cannot be filled in: %w", s.title, err)
	}
	if filled.HTTP == nil {
		return nil, executors.Errorf("the step %q is not http, and a load can perform no other", s.title)
	}
	request, err := r.executor.exchanges.Prepare(task, *filled.HTTP)
	if err != nil {
		return nil, err
	}
	if err := r.allowed(request.URL); err != nil {
		return nil, err
	}
	if !names(filled.HTTP.Headers, "Accept-Encoding") && !names(task.Use.Headers, "Accept-Encoding") {
		request.Header.Set("Accept-Encoding", "gzip") // what an answer can be decoded from
	}
	out := &ready{request: request, origin: originOf(request.URL), wire: wire(request, "")}
	for i, c := range filled.Checks {
		own, ok := compileCheck(i, c, s.varies != withIteration)
		if ok {
			out.checks = append(out.checks, own)
		} else {
			out.judged = append(out.judged, judgement{i, spec.APIStep{HTTP: filled.HTTP, Checks: []spec.Check{c}}})
		}
	}
	if len(filled.Capture) > 0 {
		out.judged = append(out.judged, judgement{-1, spec.APIStep{HTTP: filled.HTTP, Capture: filled.Capture}})
	}
	return out, nil
}

func names(headers map[string]string, name string) bool {
	for given := range headers {
		if strings.EqualFold(given, name) {
			return true
		}
	}
	return false
}

// allowed refuses targets on which no load may be put.
func (r *run) allowed(u *url.URL) error {
	if r.executor.anyHost || r.bounds.Hosts.contain(u) {
		return nil
	}
	return executors.Errorf("this server may not put load on %s; an administrator can list it in --load-hosts (SEMANTEST_LOAD_HOSTS), or grant it to the project", executors.TargetOf(u))
}

func originOf(u *url.URL) string { return u.Scheme + "://" + executors.TargetOf(u) }

// wire writes a request as HTTP/1.1 does, with cookies beside its own.
func wire(r *executors.HTTPRequest, cookies string) []byte {
	var b bytes.Buffer
	target := r.URL.RequestURI()
	host := cmp.Or(r.Header.Get("Host"), r.URL.Host)
	b.WriteString(r.Method + " " + target + " HTTP/1.1\r\nHost: " + clean(host) + "\r\n")
	for _, name := range slices.Sorted(keysOf(r.Header)) {
		switch name {
		case "Host", "Content-Length", "Transfer-Encoding", "Connection":
			continue // said by whoever owns the connection
		case "Cookie":
			if cookies != "" {
				cookies = strings.Join(r.Header[name], "; ") + "; " + cookies
				continue
			}
		}
		for _, value := range r.Header[name] {
			b.WriteString(name + ": " + clean(value) + "\r\n")
		}
	}
	if cookies != "" {
		b.WriteString("Cookie: " + clean(cookies) + "\r\n")
	}
	if len(r.Body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		b.WriteString("Content-Length: " + strconv.Itoa(len(r.Body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ", "\x00", "")

// clean keeps a variable's value from adding headers of its own.
func clean(value string) string { return lineBreaks.Replace(value) }

func keysOf(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range h {
			if !yield(k) {
				return
			}
		}
	}
}

// redirected is the request that follows an answer, nil where none does.
func redirected(r *executors.HTTPRequest, a *answer) (*executors.HTTPRequest, error) {
	switch a.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := string(a.header.Peek("Location"))
	if !r.Follow || location == "" {
		return nil, nil
	}
	to, err := r.URL.Parse(location)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" {
		return nil, errRedirect
	}
	next := &executors.HTTPRequest{Method: r.Method, URL: to, Header: r.Header.Clone(), Body: r.Body, Follow: true}
	next.Header.Del("Host")
	if to.Host != r.URL.Host {
		for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization"} {
			next.Header.Del(name)
		}
	}
	if a.status != http.StatusTemporaryRedirect && a.status != http.StatusPermanentRedirect {
		next.Body = nil
		next.Header.Del("Content-Type")
		if next.Method != http.MethodHead {
			next.Method = http.MethodGet
		}
	}
	return next, nil
}
