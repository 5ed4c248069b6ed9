package cdp

import (
	"context"
	"errors"
	"strings"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Navigate implements driver.Navigator.
func (pg *Page) Navigate(ctx context.Context, url string) (driver.Navigation, error) {
	var res cdppage.NavigateResult
	err := pg.Send(ctx, cdppage.Navigate.Method, cdppage.NavigateParams{URL: url}, &res)
	switch {
	case err != nil:
		if e, ok := errors.AsType[*cdproto.Error](err); ok {
			return driver.Navigation{}, &driver.LoadError{Fault: driver.FaultRefused, Why: e.Message}
		}
		return driver.Navigation{}, err
	case res.IsDownload:
		return driver.Navigation{}, &driver.LoadError{Fault: driver.FaultDownload, Why: "it is a download and no page"}
	case res.ErrorText != "":
		return driver.Navigation{}, loadError(res.ErrorText)
	}
	return driver.Navigation{Load: string(res.LoaderID)}, nil
}

// Reload implements driver.Navigator.
func (pg *Page) Reload(ctx context.Context) (driver.Navigation, error) {
	return pg.move(ctx, func() error {
		return pg.Send(ctx, cdppage.Reload.Method, cdppage.ReloadParams{}, nil)
	})
}

// Travel implements driver.Navigator.
func (pg *Page) Travel(ctx context.Context, entries int) (driver.Navigation, error) {
	var h cdppage.GetNavigationHistoryResult
	if err := pg.Send(ctx, cdppage.GetNavigationHistory.Method, cdp.Empty{}, &h); err != nil {
		return driver.Navigation{}, err
	}
	to := int(h.CurrentIndex) + entries
	// The first entry is the blank page that the case began with.
	if to < 1 || to >= len(h.Entries) || h.Entries[to] == nil {
		return driver.Navigation{}, driver.ErrNoHistory
	}
	return pg.move(ctx, func() error {
		return pg.Send(ctx, cdppage.NavigateToHistoryEntry.Method, cdppage.NavigateToHistoryEntryParams{EntryID: h.Entries[to].ID}, nil)
	})
}

// move waits for the document that a command brings, which its answer does not
// name, or for another place in the one that is shown.
func (pg *Page) move(ctx context.Context, command func() error) (driver.Navigation, error) {
	arrived := make(chan driver.Navigation, 1)
	pg.mu.Lock()
	pg.arrival = arrived
	pg.mu.Unlock()
	if err := command(); err != nil {
		return driver.Navigation{}, err
	}
	select {
	case n := <-arrived:
		return n, nil
	case <-ctx.Done():
		return driver.Navigation{}, ctx.Err()
	case <-pg.life.Done():
		return driver.Navigation{}, context.Cause(pg.life)
	}
}

// arrive tells move, if it waits.
func (pg *Page) arrive(n driver.Navigation) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	if pg.arrival != nil {
		pg.arrival <- n
		pg.arrival = nil
	}
}

// StopLoading implements driver.Navigator.
func (pg *Page) StopLoading() {
	devtools.Post(pg.session, cdppage.StopLoading, cdp.Empty{})
	devtools.Post(pg.session, runtime.TerminateExecution, cdp.Empty{})
}

// netErrors are the ways in which a target cannot be reached. What is not here
// was answered by the target, and wrongly.
var netErrors = []struct {
	prefix, why string
	fault       driver.Fault
}{
	{"net::ERR_NAME_NOT_RESOLVED", "there is no host of that name", driver.FaultAway},
	{"net::ERR_NAME_RESOLUTION_FAILED", "its name could not be resolved", driver.FaultAway},
	{"net::ERR_CONNECTION_REFUSED", "nothing listens there", driver.FaultAway},
	{"net::ERR_CONNECTION_RESET", "the connection was reset", driver.FaultAway},
	{"net::ERR_CONNECTION_CLOSED", "the connection was closed", driver.FaultAway},
	{"net::ERR_CONNECTION_TIMED_OUT", "nothing answers there", driver.FaultAway},
	{"net::ERR_CONNECTION", "no connection could be made", driver.FaultAway},
	{"net::ERR_TIMED_OUT", "nothing answers there", driver.FaultAway},
	{"net::ERR_ADDRESS_UNREACHABLE", "the address cannot be reached", driver.FaultAway},
	{"net::ERR_ADDRESS_INVALID", "the address is not valid", driver.FaultMachine},
	{"net::ERR_INTERNET_DISCONNECTED", "this machine has no network", driver.FaultMachine},
	{"net::ERR_NETWORK", "the network failed", driver.FaultMachine},
	{"net::ERR_PROXY", "the proxy failed", driver.FaultMachine},
	{"net::ERR_TUNNEL_CONNECTION_FAILED", "the proxy refused the connection", driver.FaultMachine},
	{"net::ERR_CERT", "its certificate is not trusted", driver.FaultAway},
	{"net::ERR_SSL", "no secure connection could be made", driver.FaultAway},
	{"net::ERR_UNSAFE_PORT", "the browser refuses that port", driver.FaultMachine},
	{"net::ERR_TOO_MANY_REDIRECTS", "it redirects without end", driver.FaultAnswer},
	{"net::ERR_EMPTY_RESPONSE", "the server answered nothing", driver.FaultSilent},
	{"net::ERR_ABORTED", "the server sent no page, or the page stopped it", driver.FaultAnswer},
}

func loadError(text string) *driver.LoadError {
	for _, e := range netErrors {
		if strings.HasPrefix(text, e.prefix) {
			return &driver.LoadError{Fault: e.fault, Why: e.why, Text: text}
		}
	}
	return &driver.LoadError{Fault: driver.FaultAnswer, Why: "the browser reports " + text}
}
