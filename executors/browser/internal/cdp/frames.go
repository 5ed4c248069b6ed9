package cdp

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Frames = (*Page)(nil)

// A document is named by the unique id of its agent's world. Where it is in a
// process of its own, as frames of other sites may be, the session comes before
// it.
const sessionEnd = "/"

// frameWorld is the agent's world in a frame's document.
type frameWorld struct {
	doc     driver.Document
	session *devtools.Session
}

// sessionOf returns the session and the world of a document; none where the
// session has ended.
func (pg *Page) sessionOf(doc driver.Document) (*devtools.Session, string) {
	id, world, ok := strings.Cut(string(doc), sessionEnd)
	if !ok {
		return pg.session, string(doc)
	}
	pg.mu.Lock()
	defer pg.mu.Unlock()
	return pg.remote[target.SessionID(id)], world
}

// FrameIn implements driver.Frames.
func (pg *Page) FrameIn(ctx context.Context, doc driver.Document) (driver.Document, error) {
	frame, err := pg.frameOf(ctx, doc)
	if err != nil {
		return "", err
	}
	for {
		pg.mu.Lock()
		found, ok := pg.frames[frame]
		woken := pg.woken
		pg.mu.Unlock()
		if ok {
			return found.doc, nil
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

// frameOf returns the frame whose element the agent has put aside.
func (pg *Page) frameOf(ctx context.Context, doc driver.Document) (cdp.FrameID, error) {
	object, s, err := pg.object(ctx, doc, "frameElement")
	if err != nil {
		return "", err
	}
	defer devtools.Post(s, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: object})
	var node dom.DescribeNodeResult
	if err := pg.wait(ctx, s.Start(dom.DescribeNode.Method, dom.DescribeNodeParams{ObjectID: object}), &node); err != nil {
		return "", navigated(err)
	}
	if node.Node == nil || node.Node.FrameID == "" {
		return "", driver.ErrNavigated
	}
	return node.Node.FrameID, nil
}

// object returns the element that a function of the agent answers with. The
// caller releases it on the session.
func (pg *Page) object(ctx context.Context, doc driver.Document, fn string) (runtime.RemoteObjectID, *devtools.Session, error) {
	s, world := pg.sessionOf(doc)
	if s == nil {
		return "", nil, driver.ErrNavigated
	}
	var res runtime.CallFunctionOnResult
	err := pg.wait(ctx, s.Start(runtime.CallFunctionOn.Method, runtime.CallFunctionOnParams{
		FunctionDeclaration: "function () { return " + agent.Name + "." + fn + "(); }", UniqueContextID: world, Silent: new(true),
	}), &res)
	switch {
	case err != nil:
		return "", nil, navigated(err)
	case res.ExceptionDetails != nil || res.Result == nil || res.Result.ObjectID == "":
		return "", nil, driver.ErrNavigated
	}
	return res.Result.ObjectID, s, nil
}

// navigated tells the refusals of the browser that mean that what was asked for
// is no more.
func navigated(err error) error {
	if _, ok := errors.AsType[*cdproto.Error](err); ok || errors.Is(err, devtools.ErrDetached) || errors.Is(err, driver.ErrClosed) {
		return driver.ErrNavigated
	}
	return err
}

// enterFrame notes the agent's world in the document of a frame.
func (pg *Page) enterFrame(s *devtools.Session, id target.SessionID, frame cdp.FrameID, world string) {
	doc := driver.Document(world)
	if s != pg.session {
		doc = driver.Document(string(id) + sessionEnd + world)
	}
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.frames[frame] = frameWorld{doc: doc, session: s}
	close(pg.woken)
	pg.woken = make(chan struct{})
}

// leaveFrame notes that the document of a world is no more; all of a session
// where the world is empty.
func (pg *Page) leaveFrame(s *devtools.Session, world string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	for id, f := range pg.frames {
		if f.session == s && (world == "" || strings.HasSuffix(string(f.doc), world)) {
			delete(pg.frames, id)
		}
	}
}

// onRemoteFrame takes over a frame that has a process of its own. It stands
// still until all is ready for its document.
func (pg *Page) onRemoteFrame(e devtools.Event) {
	ev, ok := devtools.Decode(e, target.AttachedToTarget)
	if !ok || ev.TargetInfo == nil {
		return
	}
	id := ev.SessionID
	if ev.TargetInfo.Type != "iframe" {
		devtools.Post(pg.browser.proc.Conn.Attach(id, nil), runtime.RunIfWaitingForDebugger, cdp.Empty{})
		return
	}
	var s *devtools.Session
	s = pg.browser.proc.Conn.Attach(id, func(e devtools.Event) { pg.onRemoteEvent(s, id, e) })
	pg.mu.Lock()
	pg.remote[id] = s
	pg.mu.Unlock()
	devtools.Post(s, cdppage.Enable, cdppage.EnableParams{})
	devtools.Post(s, runtime.Enable, cdp.Empty{})
	devtools.Post(s, log.Enable, cdp.Empty{})
	devtools.Post(s, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: agent.Source(), WorldName: agent.Name, RunImmediately: new(true),
	})
	devtools.Post(s, target.SetAutoAttach, attachFrames)
	pg.mu.Lock()
	orders := slices.Clone(pg.orders)
	pg.mu.Unlock()
	for _, o := range orders {
		s.Start(o.method, o.params)
	}
	devtools.Post(s, runtime.RunIfWaitingForDebugger, cdp.Empty{})
}

// attachFrames asks to be told of frames with processes of their own. Workers
// are in it because the browser lets them wait all the same, and nobody would
// let them go on.
var attachFrames = target.SetAutoAttachParams{
	AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: new(true),
	Filter: target.Filter{{Type: "iframe"}, {Type: "worker"}, {Type: "shared_worker"}, {Type: "service_worker"}},
}

func (pg *Page) onRemoteEvent(s *devtools.Session, id target.SessionID, e devtools.Event) {
	switch e.Method {
	case runtime.ExecutionContextCreated.Method:
		if ev, frame, _, ok := worldOf(e); ok && ev.Context.Name == agent.Name {
			pg.enterFrame(s, id, frame, ev.Context.UniqueID)
		}
	case runtime.ExecutionContextDestroyed.Method:
		if ev, ok := devtools.Decode(e, runtime.ExecutionContextDestroyed); ok && ev.ExecutionContextUniqueID != "" {
			pg.leaveFrame(s, ev.ExecutionContextUniqueID)
		}
	case runtime.ExecutionContextsCleared.Method:
		pg.leaveFrame(s, "")
	case target.AttachedToTarget.Method:
		pg.onRemoteFrame(e)
	case target.DetachedFromTarget.Method:
		pg.onRemoteGone(e)
	case cdppage.FileChooserOpened.Method:
		pg.onChooser(e, s)
	case fetch.RequestPaused.Method:
		pg.onPaused(e, s)
	case network.RequestWillBeSent.Method, network.ResponseReceived.Method, network.LoadingFinished.Method, network.LoadingFailed.Method:
		pg.onTraffic(e)
	case cdppage.FrameNavigated.Method:
		if ev, ok := devtools.Decode(e, cdppage.FrameNavigated); ok {
			pg.tell(driver.Shown{URL: ev.Frame.URL})
			pg.tell(driver.Shown{URL: ev.Frame.UnreachableURL})
		}
	case runtime.ConsoleAPICalled.Method, runtime.ExceptionThrown.Method, runtime.ExceptionRevoked.Method, log.EntryAdded.Method:
		pg.onConsole(e)
	default:
		pg.onRecording(e, id)
	}
}

// onRemoteGone forgets a frame's process. The end of the session is told to
// whoever has attached it.
func (pg *Page) onRemoteGone(e devtools.Event) {
	ev, ok := devtools.Decode(e, target.DetachedFromTarget)
	if !ok {
		return
	}
	pg.mu.Lock()
	s := pg.remote[ev.SessionID]
	delete(pg.remote, ev.SessionID)
	pg.mu.Unlock()
	if s != nil {
		pg.leaveFrame(s, "")
	}
}

// worldOf reads which world of which frame was made.
func worldOf(e devtools.Event) (ev runtime.EventExecutionContextCreated, frame cdp.FrameID, isDefault, ok bool) {
	ev, ok = devtools.Decode(e, runtime.ExecutionContextCreated)
	if !ok {
		return ev, "", false, false
	}
	var aux struct {
		FrameID   cdp.FrameID `json:"frameId"`
		IsDefault bool        `json:"isDefault"`
	}
	if unmarshal(ev.Context.AuxData, &aux) != nil {
		return ev, "", false, false
	}
	return ev, aux.FrameID, aux.IsDefault, true
}
