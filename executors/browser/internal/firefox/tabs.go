package firefox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Tabs = (*Page)(nil)

// root is the page to which a tab belongs, or the page itself.
func (pg *Page) root() *Page {
	if pg.opener != nil {
		return pg.opener
	}
	return pg
}

// Tab implements driver.Tabs.
func (pg *Page) Tab(ctx context.Context, id string, o driver.PageOptions) (driver.Page, error) {
	root := pg.root()
	tab := &Page{browser: root.browser, opener: root, user: root.user, life: o.Life, access: root.access, on: o.On, worlds: root.worlds, id: id}
	b := root.browser
	b.mu.Lock()
	_, there := b.contexts[id]
	if there {
		b.contexts[id] = browsingContext{page: tab, top: true}
	}
	b.mu.Unlock()
	if !there {
		return nil, fmt.Errorf("attaching to the tab: %w", driver.ErrClosed)
	}
	if err := b.adopt(ctx, tab); err != nil {
		return nil, fmt.Errorf("attaching to the tab: %w", err)
	}
	if _, err := tab.documentIn(ctx, id); err != nil {
		return nil, fmt.Errorf("preparing the tab: %w", err)
	}
	return tab, nil
}

// adopt gives a tab the frames that it has already.
func (b *Browser) adopt(ctx context.Context, tab *Page) error {
	type info struct {
		Context  string            `json:"context"`
		URL      string            `json:"url"`
		Children []json.RawMessage `json:"children"`
	}
	var tree struct {
		Contexts []json.RawMessage `json:"contexts"`
	}
	if err := tab.wait(ctx, b.conn.start("browsingContext.getTree", object{"root": tab.id}), &tree); err != nil {
		return err
	}
	left := tree.Contexts
	for len(left) > 0 {
		one, ok := decode[info](left[0])
		left = left[1:]
		if !ok {
			continue
		}
		left = append(left, one.Children...)
		b.mu.Lock()
		if c, there := b.contexts[one.Context]; there {
			b.contexts[one.Context] = browsingContext{page: tab, top: c.top}
		}
		b.mu.Unlock()
		if one.Context == tab.id {
			tab.mu.Lock()
			tab.url = one.URL
			tab.mu.Unlock()
		}
	}
	return nil
}

// OpenTab implements driver.Tabs.
func (pg *Page) OpenTab(ctx context.Context, o driver.PageOptions) (driver.Page, string, error) {
	id, err := pg.root().window(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("opening a tab: %w", err)
	}
	tab, err := pg.Tab(ctx, id, o)
	return tab, id, err
}

// window opens one that the page has not asked for.
func (pg *Page) window(ctx context.Context) (string, error) {
	pg.mu.Lock()
	pg.opening++
	pg.mu.Unlock()
	defer func() {
		pg.mu.Lock()
		pg.opening--
		pg.mu.Unlock()
	}()
	var made struct {
		Context string `json:"context"`
	}
	err := pg.wait(ctx, pg.browser.conn.start("browsingContext.create", object{"type": "window", "userContext": pg.user}), &made)
	return made.Context, err
}

// closeTab closes the window alone.
func (pg *Page) closeTab(ctx context.Context) error {
	defer pg.stopIdle()
	err := pg.browser.conn.call(ctx, "browsingContext.close", object{"context": pg.context()}, nil)
	if refused(err, "no such frame") { // it has closed itself
		return nil
	}
	return err
}
