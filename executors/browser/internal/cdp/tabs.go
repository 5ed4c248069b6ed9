package cdp

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Tabs = (*Page)(nil)

// Tab implements driver.Tabs.
func (pg *Page) Tab(ctx context.Context, id string, o driver.PageOptions) (driver.Page, error) {
	root := pg.root()
	attached, err := devtools.Call(ctx, root.browser.proc.Conn.Root(), target.AttachToTarget,
		target.AttachToTargetParams{TargetID: target.ID(id), Flatten: new(true)})
	if err != nil {
		return nil, fmt.Errorf("attaching to the tab: %w", err)
	}
	tab := &Page{
		browser: root.browser, contextID: root.contextID, targetID: target.ID(id), opener: root, life: o.Life, on: o.On,
		woken: make(chan struct{}), frames: map[cdp.FrameID]frameWorld{}, remote: map[target.SessionID]*devtools.Session{},
	}
	tab.session = root.browser.proc.Conn.Attach(attached.SessionID, tab.onEvent)
	if err := tab.enable(ctx); err != nil {
		return nil, fmt.Errorf("preparing the tab: %w", err)
	}
	root.mu.Lock()
	root.tabs = append(root.tabs, tab)
	root.mu.Unlock()
	return tab, nil
}

// OpenTab implements driver.Tabs.
func (pg *Page) OpenTab(ctx context.Context, o driver.PageOptions) (driver.Page, string, error) {
	made, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), target.CreateTarget, target.CreateTargetParams{
		URL: "about:blank", BrowserContextID: pg.contextID, NewWindow: new(true),
	})
	if err != nil {
		return nil, "", fmt.Errorf("opening a tab: %w", err)
	}
	tab, err := pg.Tab(ctx, string(made.TargetID), o)
	return tab, string(made.TargetID), err
}

// root is the page that has opened the tab, or the page itself.
func (pg *Page) root() *Page {
	if pg.opener != nil {
		return pg.opener
	}
	return pg
}

// closeTab closes the window alone.
func (pg *Page) closeTab(ctx context.Context) error {
	defer pg.session.Close()
	_, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), target.CloseTarget, target.CloseTargetParams{TargetID: pg.targetID})
	return err
}
