package cdp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/runtime"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Call implements driver.Scripts.
func (pg *Page) Call(ctx context.Context, fn string, arg, result any) (driver.Document, error) {
	for {
		world, err := pg.world(ctx, driver.WorldAgent)
		if err != nil {
			return "", err
		}
		err = pg.CallIn(ctx, driver.Document(world), fn, arg, result)
		if !errors.Is(err, driver.ErrNavigated) {
			return driver.Document(world), err
		}
		// The end of the old world may be told only after the call was refused.
		pg.forget(world)
	}
}

// CallIn implements driver.Scripts.
func (pg *Page) CallIn(ctx context.Context, doc driver.Document, fn string, arg, result any) error {
	raw, err := json.Marshal(arg)
	if err != nil {
		return fmt.Errorf("encoding the argument of %s: %w", fn, err)
	}
	s, world := pg.sessionOf(doc)
	if s == nil {
		return driver.ErrNavigated
	}
	value, thrown, err := pg.function(ctx, s, world, "function (fn, arg) { return semantest[fn](arg); }",
		jsonv2.Value(`"`+fn+`"`), jsonv2.Value(raw))
	switch {
	case err != nil:
		return err
	case thrown != nil && strings.Contains(textOf(thrown), "semantest is not defined"):
		return driver.ErrNavigated // the document is there before its script
	case thrown != nil:
		return fmt.Errorf("the page's agent failed in %s: %s", fn, firstLine(textOf(thrown)))
	case len(value) == 0:
		return fmt.Errorf("the page's agent gave no answer to %s", fn)
	}
	return unmarshal(value, result)
}

// Evaluate implements driver.Scripts.
func (pg *Page) Evaluate(ctx context.Context, in driver.World, function string, args ...any) (json.RawMessage, error) {
	world, err := pg.world(ctx, in)
	if err != nil {
		return nil, err
	}
	values := make([]jsonv2.Value, len(args))
	for i, a := range args {
		raw, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("encoding the arguments: %w", err)
		}
		values[i] = jsonv2.Value(raw)
	}
	value, thrown, err := pg.function(ctx, pg.session, world, function, values...)
	if err != nil {
		return nil, err
	}
	if thrown != nil {
		return nil, &driver.ScriptError{Message: firstLine(textOf(thrown))}
	}
	return json.RawMessage(value), nil
}

// function calls a function in a world and waits for what it promises.
func (pg *Page) function(ctx context.Context, s *devtools.Session, world, source string, args ...jsonv2.Value) (jsonv2.Value, *runtime.ExceptionDetails, error) {
	arguments := make([]*runtime.CallArgument, len(args))
	for i, a := range args {
		arguments[i] = &runtime.CallArgument{Value: a}
	}
	var res runtime.CallFunctionOnResult
	err := pg.wait(ctx, s.Start(runtime.CallFunctionOn.Method, runtime.CallFunctionOnParams{
		FunctionDeclaration: source,
		Arguments:           arguments,
		UniqueContextID:     world,
		AwaitPromise:        new(true),
		ReturnByValue:       new(true),
		Silent:              new(true),
	}), &res)
	if err != nil {
		if _, ok := errors.AsType[*cdproto.Error](err); ok && replaced(err) {
			return nil, nil, driver.ErrNavigated
		}
		if s != pg.session && errors.Is(err, driver.ErrClosed) { // a frame, and not the page
			return nil, nil, driver.ErrNavigated
		}
		return nil, nil, err
	}
	if res.ExceptionDetails != nil || res.Result == nil {
		return nil, res.ExceptionDetails, nil
	}
	return res.Result.Value, nil, nil
}

// world waits until there is a document with such a world.
func (pg *Page) world(ctx context.Context, in driver.World) (string, error) {
	for {
		pg.mu.Lock()
		world, woken := pg.worlds[in], pg.woken
		pg.mu.Unlock()
		if world != "" {
			return world, nil
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

// forget notes that a world is no more; all of them where it is empty.
func (pg *Page) forget(world string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	for i, w := range pg.worlds {
		if world == "" || w == world {
			pg.worlds[i] = ""
		}
	}
}

// enter notes a world that the main frame has now.
func (pg *Page) enter(in driver.World, world string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.worlds[in] = world
	close(pg.woken)
	pg.woken = make(chan struct{})
}

// Send runs a command of the protocol on the page.
func (pg *Page) Send(ctx context.Context, method string, params, result any) error {
	return pg.wait(ctx, pg.session.Start(method, params), result)
}

// wait waits for the answer to a command, but not beyond the end of the page:
// one that crashed answers nothing any more.
func (pg *Page) wait(ctx context.Context, p *devtools.Pending, result any) error {
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(pg.life, cancel)()
	err := p.Wait(bound, result)
	if cause := context.Cause(pg.life); err != nil && cause != nil && ctx.Err() == nil {
		return cause
	}
	if errors.Is(err, devtools.ErrDetached) {
		return driver.ErrClosed
	}
	return err
}

// all waits for the answers to several commands.
func (pg *Page) all(ctx context.Context, pending []*devtools.Pending) error {
	for _, p := range pending {
		if err := pg.wait(ctx, p, nil); err != nil {
			return err
		}
	}
	return nil
}

func replaced(err error) bool {
	for _, sign := range []string{
		"Cannot find context", "context was destroyed", "navigated or closed", "Promise was collected", "uniqueContextId not found",
	} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}

// unmarshal decodes what a page made: half a surrogate pair must not fail it.
func unmarshal[T ~[]byte](raw T, v any) error { return json.Unmarshal([]byte(raw), v) }
