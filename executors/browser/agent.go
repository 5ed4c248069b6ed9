package browser

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
)

// errNavigated says that the document was replaced during a call.
var errNavigated = errors.New("another page was opened meanwhile")

// call runs a function of the agent in the document that is shown, and again
// in the next document when that one is replaced. It returns the world in which
// it ran.
func (pg *page) call(ctx context.Context, fn string, arg, result any) (world string, err error) {
	for {
		if err := pg.await(ctx, func(s *state) bool { return s.world != "" }); err != nil {
			return "", err
		}
		world := look(pg, func(s *state) string { return s.world })
		err := pg.callIn(ctx, world, fn, arg, result)
		if !errors.Is(err, errNavigated) {
			return world, err
		}
		// The end of the old world may be told only after the call was refused.
		pg.update(func(s *state) {
			if s.world == world {
				s.world = ""
			}
		})
	}
}

// callIn runs a function of the agent in one document and returns errNavigated
// when that is no more.
func (pg *page) callIn(ctx context.Context, world, fn string, arg, result any) error {
	raw, err := json.Marshal(arg)
	if err != nil {
		return fmt.Errorf("encoding the argument of %s: %w", fn, err)
	}
	var res runtime.CallFunctionOnResult
	err = pg.send(ctx, runtime.CallFunctionOn.Method, runtime.CallFunctionOnParams{
		FunctionDeclaration: "function (fn, arg) { return semantest[fn](arg); }",
		Arguments:           []*runtime.CallArgument{{Value: jsonv2.Value(`"` + fn + `"`)}, {Value: jsonv2.Value(raw)}},
		UniqueContextID:     world,
		AwaitPromise:        new(true),
		ReturnByValue:       new(true),
		Silent:              new(true),
	}, &res)
	if err != nil {
		if _, ok := errors.AsType[*cdproto.Error](err); ok && replaced(err) {
			return errNavigated
		}
		return err
	}
	if d := res.ExceptionDetails; d != nil {
		if l := thrown(d); strings.Contains(l.text, "semantest is not defined") {
			return errNavigated // the document is there before its script
		}
		return fmt.Errorf("the page's agent failed in %s: %s", fn, thrown(d).text)
	}
	if res.Result == nil || len(res.Result.Value) == 0 {
		return fmt.Errorf("the page's agent gave no answer to %s", fn)
	}
	return unmarshal(res.Result.Value, result)
}

// send runs a command on the page.
func (pg *page) send(ctx context.Context, method string, params, result any) error {
	return pg.wait(ctx, pg.session.Start(method, params), result)
}

// wait waits for the answer to a command, but not beyond the end of the page:
// one that crashed answers nothing any more.
func (pg *page) wait(ctx context.Context, p *devtools.Pending, result any) error {
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(pg.gone, cancel)()
	err := p.Wait(bound, result)
	if cause := context.Cause(pg.gone); err != nil && cause != nil && ctx.Err() == nil {
		return cause
	}
	if errors.Is(err, devtools.ErrDetached) {
		return errPageClosed
	}
	return err
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

// short cuts text at a rune so that it has at most limit bytes, and says so.
func short(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}
