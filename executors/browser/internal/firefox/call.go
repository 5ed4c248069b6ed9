package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// worlds are the realms of the document in the main frame, by driver.World;
// empty between documents. They are guarded by Page.mu.
type worlds struct {
	realm [2]string
	woken chan struct{} // closed and replaced whenever a realm comes
}

// Call implements driver.Scripts.
func (pg *Page) Call(ctx context.Context, fn string, arg, result any) (driver.Document, error) {
	for {
		realm, err := pg.world(ctx, driver.WorldAgent)
		if err != nil {
			return "", err
		}
		err = pg.CallIn(ctx, driver.Document(realm), fn, arg, result)
		if !errors.Is(err, driver.ErrNavigated) {
			return driver.Document(realm), err
		}
		// The end of the old realm may be told only after the call was refused.
		pg.forget(realm)
	}
}

// CallIn implements driver.Scripts. What passes does so as JSON text, since the
// protocol's own form of values is several times as long.
func (pg *Page) CallIn(ctx context.Context, doc driver.Document, fn string, arg, result any) error {
	raw, err := json.Marshal(arg)
	if err != nil {
		return fmt.Errorf("encoding the argument of %s: %w", fn, err)
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
	realm, err := pg.world(ctx, in)
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
	arguments := make([]object, len(args))
	for i, a := range args {
		arguments[i] = object{"type": "string", "value": a}
	}
	var res struct {
		Type   string `json:"type"`
		Result struct {
			Type  string          `json:"type"`
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := pg.wait(ctx, pg.browser.conn.start("script.callFunction", object{
		"functionDeclaration": source, "arguments": arguments, "target": object{"realm": realm}, "awaitPromise": true,
	}), &res)
	switch {
	case replaced(err):
		return nil, driver.ErrNavigated
	case err != nil:
		return nil, err
	case res.Type == "exception":
		first, _, _ := strings.Cut(res.Exception.Text, "\n") // the rest is the stack
		return nil, &driver.ScriptError{Message: first}
	case res.Result.Type != "string":
		return nil, nil
	}
	var text string
	if err := json.Unmarshal(res.Result.Value, &text); err != nil {
		return nil, fmt.Errorf("decoding what the page answered: %w", err)
	}
	return &text, nil
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

// world waits until there is a document with such a world.
func (pg *Page) world(ctx context.Context, in driver.World) (string, error) {
	for {
		pg.mu.Lock()
		realm, woken := pg.worlds.realm[in], pg.worlds.woken
		pg.mu.Unlock()
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

// forget notes that a realm is no more.
func (pg *Page) forget(realm string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	for i, r := range pg.worlds.realm {
		if r == realm {
			pg.worlds.realm[i] = ""
		}
	}
}

// enter notes a realm that the main frame has now.
func (pg *Page) enter(in driver.World, realm string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.worlds.realm[in] = realm
	close(pg.worlds.woken)
	pg.worlds.woken = make(chan struct{})
}
