package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// worlds are the realms of all documents of a user context. It is safe for
// concurrent use.
type worlds struct {
	mu    sync.Mutex
	realm map[string][2]string // by browsing context and driver.World; empty between documents
	woken chan struct{}        // closed and replaced whenever a realm comes
}

func newWorlds() *worlds {
	return &worlds{realm: map[string][2]string{}, woken: make(chan struct{})}
}

// of returns the realm of a world, empty where there is none, and what is closed
// when one comes.
func (w *worlds) of(where string, in driver.World) (string, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.realm[where][in], w.woken
}

// enter notes a realm that a browsing context has now.
func (w *worlds) enter(where string, in driver.World, realm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	both := w.realm[where]
	both[in] = realm
	w.realm[where] = both
	close(w.woken)
	w.woken = make(chan struct{})
}

// forget notes that a realm is no more.
func (w *worlds) forget(realm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for where, both := range w.realm {
		for i, r := range both {
			if r == realm {
				both[i] = ""
				w.realm[where] = both
			}
		}
	}
}

// leave notes that a browsing context is no more.
func (w *worlds) leave(where string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.realm, where)
}

// home returns the browsing context of a realm; empty when it is no more.
func (w *worlds) home(realm string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for where, both := range w.realm {
		if both[0] == realm || both[1] == realm {
			return where
		}
	}
	return ""
}

// Call implements driver.Scripts.
func (pg *Page) Call(ctx context.Context, fn string, arg, result any) (driver.Document, error) {
	for {
		realm, err := pg.world(ctx, pg.context(), driver.WorldAgent)
		if err != nil {
			return "", err
		}
		err = pg.CallIn(ctx, driver.Document(realm), fn, arg, result)
		if !errors.Is(err, driver.ErrNavigated) {
			return driver.Document(realm), err
		}
		// The end of the old realm may be told only after the call was refused.
		pg.worlds.forget(realm)
	}
}

// CallIn implements driver.Scripts. What passes does so as JSON text, since the
// protocol's own form of values is several times as long.
func (pg *Page) CallIn(ctx context.Context, doc driver.Document, fn string, arg, result any) error {
	raw, err := json.Marshal(arg)
	if err != nil {
		return fmt.Errorf("encoding the argument of %s: %w", fn, err)
	}
	if wantsFocus(fn, arg) {
		if err := pg.lendFocus(ctx, doc); err != nil {
			return err
		}
	}
	text, err := pg.function(ctx, string(doc),
		"async (fn, arg) => JSON.stringify(await "+agent.Name+"[fn](JSON.parse(arg)))", fn, string(raw))
	if e, ok := errors.AsType[*driver.ScriptError](err); ok {
		if strings.Contains(e.Message, agent.Name+" is not defined") {
			return driver.ErrNavigated // the document is there before its script
		}
		return fmt.Errorf("the page's agent failed in %s: %s", fn, e.Message)
	}
	if err != nil {
		return err
	}
	if text == nil {
		return fmt.Errorf("the page's agent gave no answer to %s", fn)
	}
	return json.Unmarshal([]byte(*text), result)
}

// Evaluate implements driver.Scripts.
func (pg *Page) Evaluate(ctx context.Context, in driver.World, function string, args ...any) (json.RawMessage, error) {
	realm, err := pg.world(ctx, pg.context(), in)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("encoding the arguments: %w", err)
	}
	text, err := pg.function(ctx, realm, "async (args) => JSON.stringify(await ("+function+")(...(JSON.parse(args) ?? [])))", string(raw))
	if err != nil || text == nil {
		return nil, err
	}
	return json.RawMessage(*text), nil
}

// function calls a function with texts in a realm, waits for what it promises,
// and returns its text; nil where it has none.
func (pg *Page) function(ctx context.Context, realm, source string, args ...string) (*string, error) {
	v, err := pg.result(ctx, realm, source, args...)
	if err != nil || v.Type != "string" {
		return nil, err
	}
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		return nil, fmt.Errorf("decoding what the page answered: %w", err)
	}
	return &text, nil
}

// remote is a value as the protocol tells it, and how it is named.
type remote struct {
	value
	SharedID string `json:"sharedId"` // of a node
}

// result calls a function and returns what it answers with.
func (pg *Page) result(ctx context.Context, realm, source string, args ...string) (remote, error) {
	arguments := make([]object, len(args))
	for i, a := range args {
		arguments[i] = object{"type": "string", "value": a}
	}
	var res struct {
		Type      string `json:"type"`
		Result    remote `json:"result"`
		Exception struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := pg.wait(ctx, pg.browser.conn.start("script.callFunction", object{
		"functionDeclaration": source, "arguments": arguments, "target": object{"realm": realm}, "awaitPromise": true,
	}), &res)
	switch {
	case replaced(err):
		return remote{}, driver.ErrNavigated
	case err != nil:
		return remote{}, err
	case res.Type == "exception":
		first, _, _ := strings.Cut(res.Exception.Text, "\n") // the rest is the stack
		return remote{}, &driver.ScriptError{Message: first}
	}
	return res.Result, nil
}

// replaced reports whether a call was refused because its document is no more.
func replaced(err error) bool {
	e, ok := asRefusal(err)
	if !ok {
		return false
	}
	if e.Code == "no such frame" || e.Code == "no such realm" {
		return true
	}
	for _, sign := range []string{"destroyed before query", "AbortError", "DiscardedBrowsingContext", "no longer exist", "actor is no longer active"} {
		if strings.Contains(e.Message, sign) {
			return true
		}
	}
	return false
}

func asRefusal(err error) (*remoteError, bool) { return errors.AsType[*remoteError](err) }

// world waits until a browsing context has a document with such a world.
func (pg *Page) world(ctx context.Context, where string, in driver.World) (string, error) {
	for {
		realm, woken := pg.worlds.of(where, in)
		if realm != "" {
			return realm, nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return "", ctx.Err()
		case <-pg.life.Done():
			return "", context.Cause(pg.life)
		}
	}
}
