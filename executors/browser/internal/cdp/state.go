package cdp

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Cookies     = (*Page)(nil)
	_ driver.Storage     = (*Page)(nil)
	_ driver.Permissions = (*Page)(nil)
	_ driver.Geolocation = (*Page)(nil)
)

// Cookies implements driver.Cookies.
func (pg *Page) Cookies(ctx context.Context) ([]driver.Cookie, error) {
	got, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), storage.GetCookies, storage.GetCookiesParams{BrowserContextID: pg.contextID})
	if err != nil {
		return nil, err
	}
	out := make([]driver.Cookie, 0, len(got.Cookies))
	for _, c := range got.Cookies {
		one := driver.Cookie{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: string(c.SameSite)}
		if !c.Session && c.Expires > 0 {
			one.Expires = time.UnixMilli(int64(c.Expires * 1000))
		}
		out = append(out, one)
	}
	return out, nil
}

// SetCookies implements driver.Cookies.
func (pg *Page) SetCookies(ctx context.Context, all []driver.Cookie) error {
	params := storage.SetCookiesParams{BrowserContextID: pg.contextID}
	for _, c := range all {
		one := &network.CookieParam{
			Name: c.Name, Value: c.Value, URL: c.URL, Domain: c.Domain, Path: c.Path, Secure: c.Secure, HTTPOnly: c.HTTPOnly,
			SameSite: network.CookieSameSite(c.SameSite),
		}
		if !c.Expires.IsZero() {
			one.Expires = cdp.TimeSinceEpoch(float64(c.Expires.UnixMilli()) / 1000)
		}
		params.Cookies = append(params.Cookies, one)
	}
	_, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), storage.SetCookies, params)
	return err
}

// ClearCookies implements driver.Cookies.
func (pg *Page) ClearCookies(ctx context.Context) error {
	_, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), storage.ClearCookies, storage.ClearCookiesParams{BrowserContextID: pg.contextID})
	return err
}

// Permit implements driver.Permissions.
func (pg *Page) Permit(ctx context.Context, name string, allow bool) error {
	setting := cdpbrowser.PermissionSettingDenied
	if allow {
		setting = cdpbrowser.PermissionSettingGranted
	}
	_, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
		Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: setting, BrowserContextID: pg.contextID,
	})
	return err
}

// SetGeolocation implements driver.Geolocation.
func (pg *Page) SetGeolocation(ctx context.Context, latitude, longitude, accuracy float64) error {
	return pg.Send(ctx, emulation.SetGeolocationOverride.Method,
		emulation.SetGeolocationOverrideParams{Latitude: &latitude, Longitude: &longitude, Accuracy: &accuracy}, nil)
}

// LocalStorage implements driver.Storage.
func (pg *Page) LocalStorage(ctx context.Context, origin string) (map[string]string, error) {
	raw, err := pg.visit(ctx, origin, "function () { return { ...localStorage }; }", nil)
	if err != nil {
		return nil, err
	}
	var items map[string]string
	return items, unmarshal(raw, &items)
}

// SetLocalStorage implements driver.Storage.
func (pg *Page) SetLocalStorage(ctx context.Context, origin string, items map[string]string) error {
	_, err := pg.visit(ctx, origin,
		"function (items) { for (const [key, value] of Object.entries(items)) localStorage.setItem(key, value); return true; }", items)
	return err
}

// visit runs a function in an empty document of an origin, in a tab of its own.
// The document is ours: the origin is not asked for it.
func (pg *Page) visit(ctx context.Context, origin, function string, arg any) (_ json.RawMessage, err error) {
	root := pg.browser.proc.Conn.Root()
	made, err := devtools.Call(ctx, root, target.CreateTarget, target.CreateTargetParams{URL: "about:blank", BrowserContextID: pg.contextID, NewWindow: new(true)})
	if err != nil {
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	defer devtools.Post(root, target.CloseTarget, target.CloseTargetParams(made))
	attached, err := devtools.Call(ctx, root, target.AttachToTarget, target.AttachToTargetParams{TargetID: made.TargetID, Flatten: new(true)})
	if err != nil {
		return nil, fmt.Errorf("attaching to the tab: %w", err)
	}
	var s *devtools.Session
	s = pg.browser.proc.Conn.Attach(attached.SessionID, func(e devtools.Event) {
		if ev, ok := devtools.Decode(e, fetch.RequestPaused); ok && e.Method == fetch.RequestPaused.Method {
			devtools.Post(s, fetch.FulfillRequest, fetch.FulfillRequestParams{
				RequestID: ev.RequestID, ResponseCode: 200, ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "text/html"}},
			})
		}
	})
	defer s.Close()
	steps := []*devtools.Pending{
		s.Start(fetch.Enable.Method, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}}),
	}
	if err := pg.all(ctx, steps); err != nil {
		return nil, err
	}
	var nav cdppage.NavigateResult
	if err := pg.wait(ctx, s.Start(cdppage.Navigate.Method, cdppage.NavigateParams{URL: origin + "/"}), &nav); err != nil {
		return nil, err
	}
	if nav.ErrorText != "" {
		return nil, fmt.Errorf("no document could be made for %s: %s", origin, nav.ErrorText)
	}
	raw, err := json.Marshal(arg)
	if err != nil {
		return nil, fmt.Errorf("encoding what is stored: %w", err)
	}
	var res runtime.EvaluateResult
	err = pg.wait(ctx, s.Start(runtime.Evaluate.Method, runtime.EvaluateParams{
		Expression: "(" + function + ")(" + string(raw) + ")", ReturnByValue: new(true),
	}), &res)
	switch {
	case err != nil:
		return nil, err
	case res.ExceptionDetails != nil:
		return nil, fmt.Errorf("the storage of %s cannot be used: %s", origin, firstLine(textOf(res.ExceptionDetails)))
	case res.Result == nil:
		return nil, nil
	}
	return json.RawMessage(res.Result.Value), nil
}
