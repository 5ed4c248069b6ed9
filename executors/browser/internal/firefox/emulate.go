package firefox

import (
	"context"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Emulator = (*Page)(nil)
	_ driver.Preloads = (*Page)(nil)
)

// override changes what the page, with its frames, believes.
func (pg *Page) override(ctx context.Context, method string, params object) error {
	params["contexts"] = []string{pg.context()}
	return pg.wait(ctx, pg.browser.conn.start(method, params), nil)
}

// Emulate implements driver.Emulator. What is not in it here, the engine's
// capabilities lack.
func (pg *Page) Emulate(ctx context.Context, e driver.Emulation) error {
	for _, o := range []struct {
		wanted bool
		method string
		params object
	}{
		{e.Locale != "", "emulation.setLocaleOverride", object{"locale": e.Locale}},
		{e.TimeZone != "", "emulation.setTimezoneOverride", object{"timezone": e.TimeZone}},
		{e.UserAgent != "", "emulation.setUserAgentOverride", object{"userAgent": e.UserAgent}},
	} {
		if !o.wanted {
			continue
		}
		if err := pg.override(ctx, o.method, o.params); err != nil {
			return err
		}
	}
	if e.Network == nil {
		return nil
	}
	var conditions object
	if e.Network.Offline {
		conditions = object{"type": "offline"}
	}
	return pg.override(ctx, "emulation.setNetworkConditions", object{"networkConditions": conditions})
}

// Preload implements driver.Preloads.
func (pg *Page) Preload(ctx context.Context, script string) error {
	conn := pg.browser.conn
	err := pg.wait(ctx, conn.start("script.addPreloadScript", object{
		"functionDeclaration": "() => { " + script + " }", "contexts": []string{pg.context()},
	}), nil)
	if err != nil {
		return err
	}
	for _, where := range pg.browser.within(pg) {
		err := pg.wait(ctx, conn.start("script.evaluate", object{
			"expression": script, "target": object{"context": where}, "awaitPromise": false,
		}), nil)
		if err != nil && !replaced(err) { // else the script is in the next document
			return err
		}
	}
	return nil
}

// within lists the browsing contexts of a page: its window and its frames.
func (b *Browser) within(pg *Page) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for id, c := range b.contexts {
		if c.page == pg && (!c.top || id == pg.context()) {
			out = append(out, id)
		}
	}
	return out
}
