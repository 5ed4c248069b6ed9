package firefox

import (
	"context"
	"strings"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// noContent is what a navigation ends with that brings no document.
const noContent = "NS_BINDING_ABORTED"

// Navigate implements driver.Navigator.
func (pg *Page) Navigate(ctx context.Context, url string) (driver.Navigation, error) {
	pg.mu.Lock()
	pg.download = false
	within := isPlaceIn(url, pg.url)
	pg.mu.Unlock()
	pg.root().allow(url)
	var res struct {
		Navigation string `json:"navigation"`
	}
	err := pg.call(ctx, "browsingContext.navigate", object{"url": url, "wait": "none"}, &res)
	e, ok := asRefusal(err)
	switch {
	case (ok || err == nil) && pg.hasDownload():
		return driver.Navigation{}, &driver.LoadError{Fault: driver.FaultDownload, Why: "it is a download and no page"}
	case ok:
		return driver.Navigation{}, loadError(e)
	case err != nil || within:
		return driver.Navigation{}, err
	}
	return driver.Navigation{Load: res.Navigation}, nil
}

// isPlaceIn reports whether an address is another place in the document of
// another one.
func isPlaceIn(url, shown string) bool {
	document, place, ok := strings.Cut(url, "#")
	showing, _, _ := strings.Cut(shown, "#")
	return ok && place != "" && document == showing
}

func (pg *Page) hasDownload() bool {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	return pg.download
}

// Reload implements driver.Navigator.
func (pg *Page) Reload(ctx context.Context) (driver.Navigation, error) {
	var res struct {
		Navigation string `json:"navigation"`
	}
	err := pg.call(ctx, "browsingContext.reload", object{"wait": "none"}, &res)
	if e, ok := asRefusal(err); ok {
		return driver.Navigation{}, loadError(e)
	}
	return driver.Navigation{Load: res.Navigation}, err
}

// Travel implements driver.Navigator.
func (pg *Page) Travel(ctx context.Context, entries int) (driver.Navigation, error) {
	pg.mu.Lock()
	arrived := make(chan driver.Navigation, 1)
	pg.arrival = arrived
	pg.mu.Unlock()
	err := pg.call(ctx, "browsingContext.traverseHistory", object{"delta": entries}, nil)
	if refused(err, "no such history entry") {
		return driver.Navigation{}, driver.ErrNoHistory
	}
	if err != nil {
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

// arrive tells Travel, if it waits. The caller holds pg.mu.
func (pg *Page) arrive(n driver.Navigation) {
	if pg.arrival != nil {
		pg.arrival <- n
		pg.arrival = nil
	}
}

// StopLoading implements driver.Navigator.
func (pg *Page) StopLoading() {
	pg.browser.conn.post("script.evaluate", object{
		"expression": "window.stop()", "target": object{"context": pg.context()}, "awaitPromise": false,
	})
}

// loadErrors are the ways in which a target cannot be reached. What is not here
// was answered by the target, and wrongly.
var loadErrors = map[string]struct {
	why   string
	fault driver.Fault
}{
	"dnsNotFound":                        {"there is no host of that name", driver.FaultAway},
	"NS_ERROR_UNKNOWN_HOST":              {"there is no host of that name", driver.FaultAway},
	"connectionFailure":                  {"nothing listens there", driver.FaultAway},
	"NS_ERROR_CONNECTION_REFUSED":        {"nothing listens there", driver.FaultAway},
	"netReset":                           {"the connection was reset", driver.FaultAway},
	"NS_ERROR_NET_RESET":                 {"the connection was reset", driver.FaultAway},
	"netInterrupt":                       {"the connection was closed", driver.FaultAway},
	"netTimeout":                         {"nothing answers there", driver.FaultAway},
	"netEmptyResponse":                   {"the server answered nothing", driver.FaultSilent},
	"NS_ERROR_NET_EMPTY_RESPONSE":        {"the server answered nothing", driver.FaultSilent},
	"nssFailure2":                        {"no secure connection could be made", driver.FaultAway},
	"nssBadCert":                         {"its certificate is not trusted", driver.FaultAway},
	"netOffline":                         {"this machine has no network", driver.FaultMachine},
	"proxyResolveFailure":                {"the proxy failed", driver.FaultMachine},
	"proxyConnectFailure":                {"the proxy refused the connection", driver.FaultMachine},
	"NS_ERROR_PROXY_CONNECTION_REFUSED":  {"the proxy refused the connection", driver.FaultMachine},
	"NS_ERROR_PROXY_FORBIDDEN":           {"the proxy refused the connection", driver.FaultMachine},
	"NS_ERROR_PROXY_BAD_GATEWAY":         {"the proxy refused the connection", driver.FaultMachine},
	"NS_ERROR_PROXY_SERVICE_UNAVAILABLE": {"the proxy refused the connection", driver.FaultMachine},
	"deniedPortAccess":                   {"the browser refuses that port", driver.FaultMachine},
	"NS_ERROR_REDIRECT_LOOP":             {"it redirects without end", driver.FaultAnswer},
	"redirectLoop":                       {"it redirects without end", driver.FaultAnswer},
	noContent:                            {"the server sent no page, or the page stopped it", driver.FaultAnswer},
}

func loadError(e *remoteError) *driver.LoadError {
	text := strings.TrimPrefix(e.Message, "Error: ")
	if e.Code == "invalid argument" {
		return &driver.LoadError{Fault: driver.FaultRefused, Why: text}
	}
	if known, ok := loadErrors[text]; ok {
		return &driver.LoadError{Fault: known.fault, Why: known.why, Text: text}
	}
	return &driver.LoadError{Fault: driver.FaultAnswer, Why: "the browser reports " + text}
}
