package cdp

import (
	"context"
	"strings"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Emulator = (*Page)(nil)
	_ driver.Touches  = (*Page)(nil)
)

// order is a command that holds for the page and for the frames that come to
// have processes of their own.
type order struct {
	method string
	params any
}

// lasting runs commands on the page and on its frames, now and when they come.
func (pg *Page) lasting(ctx context.Context, orders ...order) error {
	pg.mu.Lock()
	pg.orders = append(pg.orders, orders...)
	pg.mu.Unlock()
	for _, o := range orders {
		if err := pg.everywhere(ctx, o.method, o.params); err != nil {
			return err
		}
	}
	return nil
}

// Emulate implements driver.Emulator.
func (pg *Page) Emulate(ctx context.Context, e driver.Emulation) error {
	var out []order
	if features := mediaFeatures(e); len(features) > 0 {
		pg.mu.Lock()
		pg.media = merged(pg.media, features)
		out = append(out, order{emulation.SetEmulatedMedia.Method, emulation.SetEmulatedMediaParams{Features: pg.media}})
		pg.mu.Unlock()
	}
	if e.Locale != "" || e.UserAgent != "" {
		agent, err := pg.userAgent(ctx, e)
		if err != nil {
			return err
		}
		out = append(out, agent)
	}
	if e.Locale != "" {
		out = append(out, order{emulation.SetLocaleOverride.Method, emulation.SetLocaleOverrideParams{Locale: strings.ReplaceAll(e.Locale, "-", "_")}})
	}
	if e.TimeZone != "" {
		out = append(out, order{emulation.SetTimezoneOverride.Method, emulation.SetTimezoneOverrideParams{TimezoneID: e.TimeZone}})
	}
	if e.Touch != nil {
		params := emulation.SetTouchEmulationEnabledParams{Enabled: *e.Touch}
		if *e.Touch {
			params.MaxTouchPoints = 1
		}
		out = append(out, order{emulation.SetTouchEmulationEnabled.Method, params})
	}
	if e.CPU != nil {
		out = append(out, order{emulation.SetCPUThrottlingRate.Method, emulation.SetCPUThrottlingRateParams{Rate: *e.CPU}})
	}
	if n := e.Network; n != nil {
		out = append(out, networkOrders(*n)...)
	}
	return pg.lasting(ctx, out...)
}

func mediaFeatures(e driver.Emulation) []*emulation.MediaFeature {
	var out []*emulation.MediaFeature
	for _, f := range []emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: e.ColorScheme}, {Name: "prefers-reduced-motion", Value: e.ReducedMotion},
		{Name: "forced-colors", Value: e.ForcedColors},
	} {
		if f.Value != "" {
			out = append(out, &f)
		}
	}
	return out
}

// merged keeps the features that were set before: the browser knows the last
// list alone.
func merged(old, set []*emulation.MediaFeature) []*emulation.MediaFeature {
	out := append([]*emulation.MediaFeature(nil), set...)
	for _, f := range old {
		known := false
		for _, s := range set {
			known = known || s.Name == f.Name
		}
		if !known {
			out = append(out, f)
		}
	}
	return out
}

// userAgent keeps what was set before, as the browser takes both together.
func (pg *Page) userAgent(ctx context.Context, e driver.Emulation) (order, error) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	if e.UserAgent != "" {
		pg.agent = e.UserAgent
	}
	if e.Locale != "" {
		pg.language = e.Locale
	}
	if pg.agent == "" {
		v, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), cdpbrowser.GetVersion, cdp.Empty{})
		if err != nil {
			return order{}, err
		}
		pg.agent = v.UserAgent
	}
	return order{emulation.SetUserAgentOverride.Method, emulation.SetUserAgentOverrideParams{UserAgent: pg.agent, AcceptLanguage: pg.language}}, nil
}

func networkOrders(n driver.Network) []order {
	limit := func(v float64) float64 {
		if v == 0 {
			return -1
		}
		return v
	}
	latency := float64(n.Latency.Milliseconds())
	return []order{
		{network.Enable.Method, watching},
		{network.EmulateNetworkConditionsByRule.Method, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{
				Latency: latency, DownloadThroughput: limit(n.Download), UploadThroughput: limit(n.Upload), Offline: n.Offline,
			}},
		}},
		{network.OverrideNetworkState.Method, network.OverrideNetworkStateParams{
			Offline: n.Offline, Latency: latency, DownloadThroughput: limit(n.Download), UploadThroughput: limit(n.Upload),
		}},
	}
}

// Tap implements driver.Touches.
func (pg *Page) Tap(ctx context.Context, at driver.Point) error {
	return pg.all(ctx, []*devtools.Pending{
		pg.session.Start(input.DispatchTouchEvent.Method, input.DispatchTouchEventParams{
			Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: at.X, Y: at.Y}},
		}),
		pg.session.Start(input.DispatchTouchEvent.Method, struct {
			Type        input.DispatchTouchEventType `json:"type"`
			TouchPoints []*input.TouchPoint          `json:"touchPoints"`
		}{input.DispatchTouchEventTypeTouchEnd, []*input.TouchPoint{}}),
	})
}

var _ driver.Preloads = (*Page)(nil)

// Preload implements driver.Preloads.
func (pg *Page) Preload(ctx context.Context, script string) error {
	return pg.lasting(ctx, order{cdppage.AddScriptToEvaluateOnNewDocument.Method, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: script, RunImmediately: new(true),
	}})
}
