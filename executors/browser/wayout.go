package browser

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/egress/proxy"
)

// wayOut is a case's session with the proxy by which its page reaches anything;
// none where pages are not held back.
type wayOut struct{ session *proxy.Session }

func openWay(way *proxy.Proxy) wayOut {
	if way == nil {
		return wayOut{}
	}
	return wayOut{way.Open()}
}

func (w wayOut) close() {
	if w.session != nil {
		w.session.Close()
	}
}

// wayOut starts the proxy of all browsers. Only one start is under way at a time.
func (p *pool) wayOut() (*proxy.Proxy, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.opts.Egress == nil || p.way != nil || p.closed {
		return p.way, nil
	}
	way, err := proxy.Start(p.opts.Egress, proxy.Options{})
	p.way = way
	return way, err
}

// shut ends the ways out of pages that nobody has come for.
func (i *instance) shut() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for pg := range i.pages {
		pg.out.close()
	}
}

// count is how many problems there have been.
func (w wayOut) count() int {
	if w.session == nil {
		return 0
	}
	return w.session.Count()
}

// problems lists what could not be reached since there were so many problems.
func (w wayOut) problems(after int) []proxy.Problem {
	if w.session == nil {
		return nil
	}
	return w.session.Problems(after)
}

func (w wayOut) last(after int) (proxy.Problem, bool) {
	all := w.problems(after)
	if len(all) == 0 {
		return proxy.Problem{}, false
	}
	return all[len(all)-1], true
}

// shown returns why the page shows no page of the target, but one that says that
// it was not reached.
func (st *step) shown() (proxy.Problem, bool) {
	url, _, _ := strings.Cut(look(st.page, func(s *state) string { return s.url }), "#")
	for _, p := range slices.Backward(st.page.out.problems(0)) {
		if p.Address == url || p.Tunnel && p.Address == "https://"+targetOf(url) {
			return p, true
		}
	}
	return proxy.Problem{}, false
}

// notReached says why goto has failed.
func (st *step) notReached(address string, p proxy.Problem) error {
	var why string
	switch p.Reason {
	case proxy.Denied, proxy.Busy:
		return executors.Errorf("%s cannot be opened: %s", address, p.Sentence)
	case proxy.Broken:
		return st.silent(p.Address, executors.Failf("%s did not open: the server answered nothing", address))
	case proxy.Invalid:
		return executors.Failf("%s did not open: %s", address, p.Sentence)
	case proxy.NoHost:
		why = "there is no host of that name"
	case proxy.NotResolved:
		why = "its name could not be resolved"
	case proxy.Refused:
		why = "nothing listens there"
	case proxy.NoAnswer:
		why = "nothing answers there"
	default:
		why = "no connection could be made"
	}
	if target := targetOf(p.Address); target != targetOf(address) {
		why += ": at " + target + ", where it leads"
	}
	return &executors.Unreachable{Target: targetOf(p.Address), Err: executors.Errorf("%s cannot be reached: %s", address, why)}
}

// tellWhyEmpty adds to what failed in a step that its page was not reached.
func (st *step) tellWhyEmpty(err error) {
	p, ok := st.shown()
	if !ok {
		return
	}
	because := "; the page was not reached: " + p.Sentence
	if f, ok := errors.AsType[*executors.Failure](err); ok {
		f.Message += because
		return
	}
	for i := range st.report.Checks {
		if c := &st.report.Checks[i]; !c.Passed {
			c.Message += because
			return
		}
	}
}

// noteProblems tells of a step what its page could not reach.
func (st *step) noteProblems() {
	var said []string
	for _, p := range st.page.out.problems(st.mark) {
		sentence := short(p.Sentence, 300)
		if !slices.Contains(said, sentence) && len(said) < maxSaid {
			said = append(said, sentence)
		}
	}
	if len(said) > 0 {
		st.report.Set("notReached", said)
	}
}

// maxSaid is how many problems are told of one step.
const maxSaid = 10

// forbiddenError ends a case whose page has left the web.
type forbiddenError struct{ address string }

func (e *forbiddenError) Error() string {
	return fmt.Sprintf("the page opened %s: only http and https addresses are allowed", short(e.address, 200))
}

// guard ends a page that shows something else than the web. The browser keeps
// pages from it; should one find a way, its case gets no further.
func (pg *page) guard(p driver.Page, address string) {
	if !ofTheWeb(address) {
		pg.forbid(p, address)
	}
}

func (pg *page) forbid(p driver.Page, address string) {
	if pg.gone.Err() != nil {
		return
	}
	pg.vanish(&forbiddenError{address})
	p.Abandon()
}

// ofTheWeb reports whether a page may show what is at an address.
func ofTheWeb(address string) bool {
	scheme, rest, _ := strings.Cut(address, ":")
	switch strings.ToLower(scheme) {
	case "", "http", "https", "data", "blob", "chrome-error":
		return true
	case "about":
		return strings.HasPrefix(rest, "blank") || strings.HasPrefix(rest, "srcdoc")
	}
	return false
}
