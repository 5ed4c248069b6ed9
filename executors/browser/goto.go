package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

// open performs goto: it returns when the page has loaded.
func (st *step) open(ref string) error {
	address, err := st.address(ref)
	if err != nil {
		return err
	}
	pg := st.page
	pg.update(func(s *state) { s.seen = nil })
	var res cdppage.NavigateResult
	err = pg.send(st.ctx, cdppage.Navigate.Method, cdppage.NavigateParams{URL: address}, &res)
	switch {
	case err != nil && st.late(err):
		st.stopLoading()
		return st.silent(address, st.gaveUp(executors.TimedOutf("%s did not answer within %s", address, st.limit)))
	case err != nil:
		if e, ok := errors.AsType[*cdproto.Error](err); ok {
			return executors.Errorf("%s cannot be opened: %s", address, oneLine(e.Message))
		}
		return err
	case res.IsDownload:
		return executors.Failf("%s is a download and no page", address)
	case res.ErrorText != "":
		if p, ok := st.page.out.last(st.mark); ok && p.Tunnel {
			return st.notReached(address, p)
		}
		return st.unreachable(address, res.ErrorText)
	case res.LoaderID == "": // another place in the same document
		return nil
	}
	err = pg.await(st.ctx, func(s *state) bool { return s.seen[res.LoaderID] && s.reached["load"] })
	if p, ok := st.shown(); ok {
		return st.notReached(address, p)
	}
	st.answered[targetOf(address)] = true
	if err != nil {
		if st.late(err) {
			st.stopLoading()
			return st.gaveUp(executors.TimedOutf("%s did not finish loading within %s", address, st.limit))
		}
		return err
	}
	return st.measure()
}

// stopLoading frees the page for what follows, such as a picture of it.
func (st *step) stopLoading() {
	devtools.Post(st.page.session, cdppage.StopLoading, struct{}{})
	devtools.Post(st.page.session, runtime.TerminateExecution, struct{}{})
}

// address resolves where to go. Only the web is open to a plan: the browser
// would show files of this machine, too.
func (st *step) address(ref string) (string, error) {
	if strings.TrimSpace(ref) == "about:blank" {
		return "about:blank", nil
	}
	if u, err := url.Parse(strings.TrimSpace(ref)); err == nil && u.IsAbs() && u.Scheme != "http" && u.Scheme != "https" {
		return "", executors.Errorf("%s cannot be opened: only http and https addresses are allowed", short(ref, 200))
	}
	address, err := st.task.Scope.ResolveURL(ref)
	if err != nil {
		return "", executors.Errorf("the address %s cannot be used: %w", short(ref, 200), err)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", executors.Errorf("%s cannot be opened: only http and https addresses are allowed", short(address, 200))
	}
	return address, nil
}

// answerLimit is how long goto waits for what is good to know and decides
// nothing.
const answerLimit = 500 * time.Millisecond

// measure tells how long the page took to load, by its own clock. A page whose
// script is busy by now has loaded all the same.
func (st *step) measure() error {
	ctx, cancel := context.WithTimeout(st.ctx, answerLimit)
	defer cancel()
	var t struct {
		Load   float64 `json:"load"`
		Status int     `json:"status"`
	}
	if _, err := st.page.call(ctx, "timing", nil, &t); err != nil {
		if st.late(err) && st.ctx.Err() == nil {
			return nil
		}
		return err
	}
	if t.Load > 0 {
		st.report.Set("loadMs", t.Load)
		st.sink.Emit(executors.Metric{Name: "page_load", Unit: "ms", Value: t.Load, At: time.Now()})
	}
	if t.Status > 0 {
		st.report.Set("status", t.Status)
	}
	return nil
}

// netErrors are the ways in which a target cannot be reached. What is not here
// was answered by the target, and wrongly. Those with own say nothing of the
// target: they are this machine's.
var netErrors = []struct {
	prefix, sentence string
	own              bool
}{
	{"net::ERR_NAME_NOT_RESOLVED", "there is no host of that name", false},
	{"net::ERR_NAME_RESOLUTION_FAILED", "its name could not be resolved", false},
	{"net::ERR_CONNECTION_REFUSED", "nothing listens there", false},
	{"net::ERR_CONNECTION_RESET", "the connection was reset", false},
	{"net::ERR_CONNECTION_CLOSED", "the connection was closed", false},
	{"net::ERR_CONNECTION_TIMED_OUT", "nothing answers there", false},
	{"net::ERR_CONNECTION", "no connection could be made", false},
	{"net::ERR_TIMED_OUT", "nothing answers there", false},
	{"net::ERR_ADDRESS_UNREACHABLE", "the address cannot be reached", false},
	{"net::ERR_ADDRESS_INVALID", "the address is not valid", true},
	{"net::ERR_INTERNET_DISCONNECTED", "this machine has no network", true},
	{"net::ERR_NETWORK", "the network failed", true},
	{"net::ERR_PROXY", "the proxy failed", true},
	{"net::ERR_TUNNEL_CONNECTION_FAILED", "the proxy refused the connection", true},
	{"net::ERR_CERT", "its certificate is not trusted", false},
	{"net::ERR_SSL", "no secure connection could be made", false},
	{"net::ERR_UNSAFE_PORT", "the browser refuses that port", true},
}

func (st *step) unreachable(address, errorText string) error {
	for _, e := range netErrors {
		if strings.HasPrefix(errorText, e.prefix) {
			f := executors.Errorf("%s cannot be reached: %s (%s)", address, e.sentence, errorText)
			if e.own {
				return f
			}
			return &executors.Unreachable{Target: targetOf(address), Err: f}
		}
	}
	why := "the browser reports " + errorText
	switch errorText {
	case "net::ERR_TOO_MANY_REDIRECTS":
		why = fmt.Sprintf("it redirects without end (%s)", errorText)
	case "net::ERR_EMPTY_RESPONSE":
		return st.silent(address, executors.Failf("%s did not open: the server answered nothing (%s)", address, errorText))
	case "net::ERR_ABORTED":
		why = fmt.Sprintf("the server sent no page, or the page stopped it (%s)", errorText)
	}
	return executors.Failf("%s did not open: %s", address, why)
}

// silent marks a failure when its target has answered nothing of the attempt.
// One that has answered has trouble with this page, and is not away.
func (st *step) silent(address string, f *executors.Failure) error {
	if target := targetOf(address); !st.answered[target] {
		return &executors.Unreachable{Target: target, Err: f}
	}
	return f
}

func targetOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "" // it was parsed before
	}
	return executors.TargetOf(u)
}
