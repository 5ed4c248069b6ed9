package cdp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	jsonv2 "github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/overlay"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Recorder = (*Page)(nil)

// Record implements driver.Recorder. The binding is in the agent's world alone.
func (pg *Page) Record(ctx context.Context) error {
	err := pg.lasting(ctx,
		order{runtime.AddBinding.Method, runtime.AddBindingParams{Name: agent.Binding, ExecutionContextName: agent.Name}},
		order{cdppage.AddScriptToEvaluateOnNewDocument.Method, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: agent.Recorder(), WorldName: agent.Name, RunImmediately: new(true),
		}})
	if err != nil {
		return fmt.Errorf("preparing to record: %w", err)
	}
	return nil
}

// onRecording takes what the events of a session tell a recorder.
func (pg *Page) onRecording(e devtools.Event, id target.SessionID) {
	switch e.Method {
	case runtime.BindingCalled.Method:
		if ev, ok := devtools.Decode(e, runtime.BindingCalled); ok && ev.Name == agent.Binding {
			at := driver.Place{Session: string(id), World: int64(ev.ExecutionContextID)}
			pg.mu.Lock()
			if !slices.Contains(pg.places, at) {
				pg.places = append(pg.places[max(0, len(pg.places)-maxPlaces):], at)
			}
			pg.mu.Unlock()
			pg.tell(driver.Told{Place: at, Payload: ev.Payload})
		}
	case overlay.InspectNodeRequested.Method:
		if ev, ok := devtools.Decode(e, overlay.InspectNodeRequested); ok {
			pg.tell(driver.Pointed{Session: string(id), Node: int64(ev.BackendNodeID)})
		}
	case cdppage.JavascriptDialogClosed.Method:
		if ev, ok := devtools.Decode(e, cdppage.JavascriptDialogClosed); ok {
			pg.tell(driver.DialogClosed{Accepted: ev.Result, Text: ev.UserInput})
		}
	}
}

// maxPlaces bounds the documents that are remembered to have a recorder.
const maxPlaces = 50

// recorded returns the session of a place.
func (pg *Page) recorded(session string) *devtools.Session {
	if session == "" {
		return pg.session
	}
	pg.mu.Lock()
	defer pg.mu.Unlock()
	return pg.remote[target.SessionID(session)]
}

// Around implements driver.Recorder.
func (pg *Page) Around(ctx context.Context, at driver.Place, fn string) ([]json.RawMessage, error) {
	var out []json.RawMessage
	frame, err := pg.frameAt(ctx, at)
	for err == nil && !pg.isMain(frame) && len(out) < maxFrames {
		var s *devtools.Session
		var node cdp.BackendNodeID
		if s, node, err = pg.ownerOf(ctx, frame); err != nil {
			break
		}
		var place driver.Place
		var answer json.RawMessage
		if place, answer, err = pg.callOn(ctx, s, node, fn); err != nil {
			break
		}
		out = append(out, answer)
		frame, err = pg.frameAt(ctx, place)
	}
	return out, err
}

// maxFrames bounds how deep frames lie within each other.
const maxFrames = 10

// frameAt returns the frame of a place: that of the root of its document.
func (pg *Page) frameAt(ctx context.Context, at driver.Place) (cdp.FrameID, error) {
	s := pg.recorded(at.Session)
	if s == nil {
		return "", driver.ErrNavigated
	}
	var root runtime.EvaluateResult
	err := pg.wait(ctx, s.Start(runtime.Evaluate.Method, runtime.EvaluateParams{
		Expression: "document.documentElement", ContextID: runtime.ExecutionContextID(at.World), Silent: new(true),
	}), &root)
	if err != nil {
		return "", navigated(err)
	}
	if root.Result == nil || root.Result.ObjectID == "" {
		return "", driver.ErrNavigated
	}
	defer devtools.Post(s, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: root.Result.ObjectID})
	var node dom.DescribeNodeResult
	if err := pg.wait(ctx, s.Start(dom.DescribeNode.Method, dom.DescribeNodeParams{ObjectID: root.Result.ObjectID}), &node); err != nil {
		return "", navigated(err)
	}
	if node.Node == nil || node.Node.FrameID == "" {
		return "", driver.ErrNavigated
	}
	return node.Node.FrameID, nil
}

// sessions lists the page's own and those of the frames that have processes of
// their own.
func (pg *Page) sessions() []*devtools.Session {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	out := []*devtools.Session{pg.session}
	for _, s := range pg.remote {
		out = append(out, s)
	}
	return out
}

// placesOf lists the recorders of a session's documents, the newest first. Some of
// them may be no more.
func (pg *Page) placesOf(s *devtools.Session) []driver.Place {
	pg.mu.Lock()
	places := slices.Clone(pg.places)
	pg.mu.Unlock()
	slices.Reverse(places)
	return slices.DeleteFunc(places, func(at driver.Place) bool { return pg.recorded(at.Session) != s })
}

// ownerOf returns the element of a frame, and the session in which it lies.
func (pg *Page) ownerOf(ctx context.Context, frame cdp.FrameID) (*devtools.Session, cdp.BackendNodeID, error) {
	err := driver.ErrNavigated
	for _, s := range pg.sessions() {
		var owner dom.GetFrameOwnerResult
		if err = pg.wait(ctx, s.Start(dom.GetFrameOwner.Method, dom.GetFrameOwnerParams{FrameID: frame}), &owner); err == nil {
			return s, owner.BackendNodeID, nil
		}
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
	}
	return nil, 0, navigated(err)
}

// Point implements driver.Recorder.
func (pg *Page) Point(ctx context.Context, on bool) error {
	if !on {
		return pg.everywhere(ctx, overlay.SetInspectMode.Method, overlay.SetInspectModeParams{
			Mode: overlay.InspectModeNone, HighlightConfig: &overlay.HighlightConfig{},
		})
	}
	colour := func(a float64) *cdp.RGBA { return &cdp.RGBA{R: 35, G: 131, B: 226, A: a} }
	for _, o := range []order{
		{dom.Enable.Method, dom.EnableParams{}},
		{overlay.Enable.Method, cdp.Empty{}},
		{overlay.SetInspectMode.Method, overlay.SetInspectModeParams{Mode: overlay.InspectModeSearchForNode, HighlightConfig: &overlay.HighlightConfig{
			ShowInfo: true, ShowAccessibilityInfo: true, ContentColor: colour(0.25), BorderColor: colour(0.9),
		}}},
	} {
		if err := pg.everywhere(ctx, o.method, o.params); err != nil {
			return fmt.Errorf("letting the person point: %w", err)
		}
	}
	return nil
}

// At implements driver.Recorder.
func (pg *Page) At(ctx context.Context, p driver.Pointed, fn string) (driver.Place, json.RawMessage, error) {
	s := pg.recorded(p.Session)
	if s == nil {
		return driver.Place{}, nil, driver.ErrNavigated
	}
	return pg.callOn(ctx, s, cdp.BackendNodeID(p.Node), fn)
}

// callOn calls a function of the recorder with an element. Only the element's own
// document will do, of those that have a recorder, and its worlds are tried in
// turn: what the page's own world says of its elements is not to be trusted.
func (pg *Page) callOn(ctx context.Context, s *devtools.Session, node cdp.BackendNodeID, fn string) (driver.Place, json.RawMessage, error) {
	for _, at := range pg.placesOf(s) {
		var resolved dom.ResolveNodeResult
		err := pg.wait(ctx, s.Start(dom.ResolveNode.Method, dom.ResolveNodeParams{
			BackendNodeID: node, ExecutionContextID: runtime.ExecutionContextID(at.World),
		}), &resolved)
		if ctx.Err() != nil {
			return at, nil, ctx.Err()
		}
		if err != nil || resolved.Object == nil || resolved.Object.ObjectID == "" {
			continue // it is of another document
		}
		object := resolved.Object.ObjectID
		raw, err := pg.callRecorder(ctx, s, at, object, fn)
		devtools.Post(s, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: object})
		if err != nil || len(raw) > 0 {
			return at, raw, err
		}
	}
	return driver.Place{}, nil, driver.ErrNavigated
}

// callRecorder returns nothing where the element is of another document.
func (pg *Page) callRecorder(ctx context.Context, s *devtools.Session, at driver.Place, object runtime.RemoteObjectID, fn string) (json.RawMessage, error) {
	name, err := json.Marshal(fn)
	if err != nil {
		return nil, fmt.Errorf("encoding the name of a function: %w", err)
	}
	var res runtime.CallFunctionOnResult
	err = pg.wait(ctx, s.Start(runtime.CallFunctionOn.Method, runtime.CallFunctionOnParams{
		FunctionDeclaration: "function (fn, el) { const own = globalThis." + agent.RecorderName + "; return own?.ours(el) ? own[fn](el) : null; }",
		Arguments:           []*runtime.CallArgument{{Value: jsonv2.Value(name)}, {ObjectID: object}},
		ExecutionContextID:  runtime.ExecutionContextID(at.World), ReturnByValue: new(true), Silent: new(true),
	}), &res)
	if _, ok := errors.AsType[*cdproto.Error](err); ok {
		return nil, nil
	}
	if err != nil || res.ExceptionDetails != nil || res.Result == nil || string(res.Result.Value) == "null" {
		return nil, err
	}
	return json.RawMessage(res.Result.Value), nil
}

// History implements driver.Recorder.
func (pg *Page) History(ctx context.Context) (driver.History, error) {
	var res cdppage.GetNavigationHistoryResult
	if err := pg.Send(ctx, cdppage.GetNavigationHistory.Method, cdp.Empty{}, &res); err != nil {
		return driver.History{}, err
	}
	out := driver.History{Index: int(res.CurrentIndex)}
	for _, e := range res.Entries {
		out.Entries = append(out.Entries, driver.HistoryEntry{ID: e.ID, URL: e.URL, How: string(e.TransitionType)})
	}
	if out.Index < 0 || out.Index >= len(out.Entries) {
		return driver.History{}, fmt.Errorf("the browser tells no history of the page")
	}
	return out, nil
}
