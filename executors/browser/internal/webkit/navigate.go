package webkit

import (
	"context"
	"net/http"
	"strings"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Navigate implements driver.Navigator.
func (pg *Page) Navigate(ctx context.Context, url string) (driver.Navigation, error) {
	if err := pg.begin(ctx); err != nil {
		return driver.Navigation{}, err
	}
	before := pg.showing()
	err := pg.do(ctx, http.MethodPost, "/url", object{"url": url}, nil)
	if refused(err, "invalid argument") {
		return driver.Navigation{}, &driver.LoadError{Fault: driver.FaultRefused, Why: err.Error()}
	}
	if err != nil {
		return driver.Navigation{}, err
	}
	if isPlaceIn(url, before.URL) {
		_, err := pg.awaitSeen(ctx, func(s seen) bool { return s.URL == url })
		return driver.Navigation{}, err
	}
	now, err := pg.awaitSeen(ctx, func(s seen) bool { return s.Mark != before.Mark })
	if err == nil && now.URL == "about:blank" && url != now.URL { // where the browser says what went wrong
		return driver.Navigation{}, loadError(now.Text)
	}
	return driver.Navigation{Load: now.Mark}, err
}

// loadErrors are the ways in which a target cannot be reached. What is not here
// was answered by the target, and wrongly.
var loadErrors = []struct {
	sign, why string
	fault     driver.Fault
}{
	{"Error resolving", "there is no host of that name", driver.FaultAway},
	{"Could not connect", "nothing listens there", driver.FaultAway},
	{"Connection refused", "nothing listens there", driver.FaultAway},
	{"timed out", "nothing answers there", driver.FaultAway},
	{"Connection terminated unexpectedly", "the server answered nothing", driver.FaultSilent},
	{"TLS", "no secure connection could be made", driver.FaultAway},
	{"certificate", "its certificate is not trusted", driver.FaultAway},
	{"roxy", "the proxy refused the connection", driver.FaultMachine},
	{"restricted network port", "the browser refuses that port", driver.FaultMachine},
	{"redirections", "it redirects without end", driver.FaultAnswer},
}

func loadError(text string) *driver.LoadError {
	for _, e := range loadErrors {
		if strings.Contains(text, e.sign) {
			return &driver.LoadError{Fault: e.fault, Why: e.why, Text: text}
		}
	}
	if text == "" { // it says nothing of what it would not even ask for
		return &driver.LoadError{Fault: driver.FaultMachine, Why: "the browser shows an empty page, as it does where it refuses the port"}
	}
	return &driver.LoadError{Fault: driver.FaultAnswer, Why: "the browser reports " + text}
}

// begin sees to it that the page is watched, and knows what it shows.
func (pg *Page) begin(ctx context.Context) error {
	if err := pg.poll(ctx); err != nil {
		return err
	}
	pg.watch()
	return nil
}

// isPlaceIn reports whether an address is another place in the document of
// another one.
func isPlaceIn(url, shown string) bool {
	document, place, ok := strings.Cut(url, "#")
	showing, _, _ := strings.Cut(shown, "#")
	return ok && place != "" && document == showing
}

// Reload implements driver.Navigator.
func (pg *Page) Reload(ctx context.Context) (driver.Navigation, error) {
	return pg.move(ctx, "/refresh")
}

// Travel implements driver.Navigator.
func (pg *Page) Travel(ctx context.Context, entries int) (driver.Navigation, error) {
	var n driver.Navigation
	for ; entries < 0; entries++ {
		var err error
		if n, err = pg.move(ctx, "/back"); err != nil {
			return n, err
		}
	}
	for ; entries > 0; entries-- {
		var err error
		if n, err = pg.move(ctx, "/forward"); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (pg *Page) move(ctx context.Context, command string) (driver.Navigation, error) {
	if err := pg.begin(ctx); err != nil {
		return driver.Navigation{}, err
	}
	before := pg.showing()
	if err := pg.do(ctx, http.MethodPost, command, nil, nil); err != nil {
		return driver.Navigation{}, err
	}
	now, err := pg.awaitSeen(ctx, func(s seen) bool { return s.Mark != before.Mark || s.URL != before.URL })
	if err != nil || now.Mark == before.Mark {
		return driver.Navigation{}, err
	}
	return driver.Navigation{Load: now.Mark}, nil
}

// StopLoading implements driver.Navigator.
func (pg *Page) StopLoading() {
	pg.wg.Go(func() {
		// It is of use to what follows only; what follows tells of the error.
		_ = pg.script(pg.stopped, "sync", "window.stop()", nil, nil)
	})
}
