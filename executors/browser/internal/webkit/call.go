package webkit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

func secretName() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return "__" + hex.EncodeToString(b[:])
}

// script runs the body of a function.
func (pg *Page) script(ctx context.Context, kind, body string, args []any, value any) error {
	if args == nil {
		args = []any{}
	}
	err := pg.do(ctx, http.MethodPost, "/execute/"+kind, object{"script": body, "args": args}, value)
	if refused(err, "no such frame") { // the document went while it ran
		return driver.ErrNavigated
	}
	if e, ok := errors.AsType[*refusal](err); ok && e.Code == "javascript error" {
		if gone(e.Message) {
			return driver.ErrNavigated
		}
		first, _, _ := strings.Cut(e.Message, "\n") // the rest is the stack
		return &driver.ScriptError{Message: first}
	}
	return err
}

// gone reports whether a script failed because its document is no more.
func gone(message string) bool {
	for _, sign := range []string{"navigat", "unloaded", "detached", "frame not found", "no longer"} {
		if strings.Contains(strings.ToLower(message), sign) {
			return true
		}
	}
	return false
}

// install puts the agent into the document that is shown, where it is not yet,
// and returns the document's name, which is made with the agent.
const install = `const [name] = arguments;
	if (!window[name]) {
		const agent = MAKER;
		const page = { agent, id: crypto.getRandomValues(new Uint32Array(4)).join('-'), leaving: 0 };
		addEventListener('beforeunload', () => { page.leaving = performance.now() || 1; }, true);
		Object.defineProperty(window, name, { value: page });
	}
	return window[name].id;`

// installer is install with the agent, which no policy of the page's contents
// keeps out then, as it would what is evaluated there.
var installer = sync.OnceValue(func() string { return strings.Replace(install, "MAKER", agent.Maker(), 1) })

// Call implements driver.Scripts.
func (pg *Page) Call(ctx context.Context, fn string, arg, result any) (driver.Document, error) {
	for {
		var doc driver.Document
		err := pg.script(ctx, "sync", installer(), []any{pg.name}, &doc)
		if err == nil {
			err = pg.CallIn(ctx, doc, fn, arg, result)
		}
		if !errors.Is(err, driver.ErrNavigated) {
			return doc, err
		}
		if ctx.Err() != nil {
			return doc, ctx.Err()
		}
	}
}

// CallIn implements driver.Scripts.
func (pg *Page) CallIn(ctx context.Context, doc driver.Document, fn string, arg, result any) error {
	raw, err := json.Marshal(arg)
	if err != nil {
		return fmt.Errorf("encoding the argument of %s: %w", fn, err)
	}
	if fn == "focused" { // asked before it is judged what the page has written, which comes by another way
		if err := pg.inspect(ctx, "Runtime.evaluate", object{"expression": "0"}, nil); err != nil && !errors.Is(err, driver.ErrNavigated) {
			return err
		}
	}
	const body = `const [name, id, fn, arg, done] = arguments, page = window[name];
		if (page?.id !== id) { done({ gone: true }); return; }
		Promise.resolve().then(() => page.agent[fn](JSON.parse(arg)))
			.then((value) => done({ value: JSON.stringify(value) }), (e) => done({ error: String(e) }));`
	var answer struct {
		Gone  bool
		Value *string
		Error string
	}
	err = pg.script(ctx, "async", body, []any{pg.name, doc, fn, string(raw)}, &answer)
	if e, ok := errors.AsType[*driver.ScriptError](err); ok {
		return fmt.Errorf("the page's agent failed in %s: %s", fn, e.Message)
	}
	switch {
	case err != nil:
		return err
	case answer.Gone:
		return driver.ErrNavigated
	case answer.Error != "":
		return fmt.Errorf("the page's agent failed in %s: %s", fn, answer.Error)
	case answer.Value == nil:
		return fmt.Errorf("the page's agent gave no answer to %s", fn)
	}
	return json.Unmarshal([]byte(*answer.Value), result)
}

// Evaluate implements driver.Scripts. Both worlds are the page's here.
func (pg *Page) Evaluate(ctx context.Context, _ driver.World, function string, args ...any) (json.RawMessage, error) {
	body := `const done = arguments[arguments.length - 1];
		Promise.resolve().then(() => (` + function + `)(...arguments[0]))
			.then((value) => done({ value: JSON.stringify(value) }), (e) => done({ error: String(e) }));`
	if args == nil {
		args = []any{}
	}
	var answer struct {
		Value *string
		Error string
	}
	if err := pg.script(ctx, "async", body, []any{args}, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.Error != "":
		return nil, &driver.ScriptError{Message: answer.Error}
	case answer.Value == nil:
		return nil, nil
	}
	return json.RawMessage(*answer.Value), nil
}
