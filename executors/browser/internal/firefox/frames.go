package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Frames = (*Page)(nil)

// FrameIn implements driver.Frames.
func (pg *Page) FrameIn(ctx context.Context, doc driver.Document) (driver.Document, error) {
	where, err := pg.windowOf(ctx, string(doc), agent.Name+".frameElement()")
	if err != nil {
		return "", err
	}
	if where == "" {
		return "", driver.ErrNavigated
	}
	inner, err := pg.documentIn(ctx, where)
	if err == nil {
		pg.mu.Lock()
		if pg.around == nil || len(pg.around) >= maxAround {
			pg.around = map[driver.Document]driver.Document{}
		}
		pg.around[inner] = doc
		pg.mu.Unlock()
	}
	return inner, err
}

// maxAround bounds the documents of frames that are remembered.
const maxAround = 1000

// wantsFocus reports whether a function of the agent gives something the focus.
func wantsFocus(fn string, arg any) bool {
	m, ok := arg.(map[string]any)
	return ok && fn == "prepare" && (m["kind"] == "fill" || m["kind"] == "focus")
}

// lendFocus gives the frames around a document the focus, from the outermost
// inwards: the browser lets no script of another origin take it by itself.
func (pg *Page) lendFocus(ctx context.Context, doc driver.Document) error {
	pg.mu.Lock()
	var way []driver.Document
	for outer, ok := pg.around[doc]; ok && len(way) < maxDepth; outer, ok = pg.around[outer] {
		way = append(way, outer)
	}
	pg.mu.Unlock()
	for _, outer := range slices.Backward(way) {
		const take = `() => { const el = ` + agent.Name + `.frameElement();
			if (el && !el.contentDocument && document.activeElement !== el) el.focus({ preventScroll: true }); }`
		if _, err := pg.result(ctx, string(outer), take); err != nil {
			return err
		}
	}
	return nil
}

// windowOf returns the browsing context of the frame that an expression stands
// for in a realm; empty where it is none.
func (pg *Page) windowOf(ctx context.Context, realm, expression string) (string, error) {
	got, err := pg.result(ctx, realm, "() => ("+expression+")?.contentWindow")
	if _, thrown := errors.AsType[*driver.ScriptError](err); thrown {
		return "", driver.ErrNavigated
	}
	if err != nil || got.Type != "window" {
		return "", err
	}
	var window struct {
		Context string `json:"context"`
	}
	if err := json.Unmarshal(got.Value, &window); err != nil {
		return "", fmt.Errorf("decoding which frame it is: %w", err)
	}
	return window.Context, nil
}

// documentIn returns the document of a browsing context. Where the browser has
// not told of its agent, as of a frame that was never given an address, the agent
// is put in.
func (pg *Page) documentIn(ctx context.Context, where string) (driver.Document, error) {
	if realm, _ := pg.worlds.of(where, driver.WorldAgent); realm != "" {
		return driver.Document(realm), nil
	}
	err := pg.wait(ctx, pg.browser.conn.start("script.evaluate", object{
		"expression": agent.Source() + "; true", "target": object{"context": where, "sandbox": agent.Name}, "awaitPromise": false,
	}), nil)
	if err != nil && !replaced(err) {
		return "", err
	}
	realm, err := pg.world(ctx, where, driver.WorldAgent)
	return driver.Document(realm), err
}
