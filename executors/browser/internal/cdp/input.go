package cdp

import (
	"context"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var mouseKinds = map[driver.MouseKind]input.DispatchMouseEventType{
	driver.MouseMove: input.DispatchMouseEventTypeMouseMoved, driver.MousePress: input.DispatchMouseEventTypeMousePressed,
	driver.MouseRelease: input.DispatchMouseEventTypeMouseReleased, driver.MouseWheel: input.DispatchMouseEventTypeMouseWheel,
}

var buttons = map[driver.Button]struct {
	name input.MouseButton
	bit  int64
}{
	driver.ButtonLeft: {input.MouseButtonLeft, 1}, driver.ButtonMiddle: {input.MouseButtonMiddle, 4}, driver.ButtonRight: {input.MouseButtonRight, 2},
}

// Mouse implements driver.Inputs.
func (pg *Page) Mouse(ctx context.Context, events ...driver.MouseEvent) error {
	pending := make([]*devtools.Pending, len(events))
	for i, e := range events {
		pending[i] = pg.session.Start(input.DispatchMouseEvent.Method, mouseParams(e))
	}
	return pg.all(ctx, pending)
}

// mouseParams are those of an event. The browser wants both ways of a wheel, and
// its generated type leaves out what is zero.
func mouseParams(e driver.MouseEvent) any {
	if e.Kind != driver.MouseWheel {
		return mouseEvent(e)
	}
	return struct {
		input.DispatchMouseEventParams
		DeltaX float64 `json:"deltaX"`
		DeltaY float64 `json:"deltaY"`
	}{mouseEvent(e), e.DeltaX, e.DeltaY}
}

func mouseEvent(e driver.MouseEvent) input.DispatchMouseEventParams {
	out := input.DispatchMouseEventParams{
		Type: mouseKinds[e.Kind], X: e.X, Y: e.Y, ClickCount: int64(e.Clicks), Modifiers: modifierBits(e.Modifiers),
		DeltaX: e.DeltaX, DeltaY: e.DeltaY,
	}
	for _, held := range e.Held {
		out.Buttons |= buttons[held].bit
	}
	switch e.Kind {
	case driver.MousePress:
		out.Button = buttons[e.Button].name
		out.Buttons |= buttons[e.Button].bit
	case driver.MouseRelease:
		out.Button = buttons[e.Button].name
	case driver.MouseMove:
		if len(e.Held) > 0 {
			out.Button = buttons[e.Held[0]].name
		}
	}
	return out
}

// Keys implements driver.Inputs.
func (pg *Page) Keys(ctx context.Context, events ...driver.KeyEvent) error {
	pending := make([]*devtools.Pending, len(events))
	for i, e := range events {
		pending[i] = pg.session.Start(input.DispatchKeyEvent.Method, keyEvent(e))
	}
	return pg.all(ctx, pending)
}

func keyEvent(e driver.KeyEvent) input.DispatchKeyEventParams {
	out := input.DispatchKeyEventParams{
		Type: kb.KeyUp, Key: e.Key.Name, Code: e.Key.Code, Modifiers: modifierBits(e.Modifiers),
		WindowsVirtualKeyCode: e.Key.Windows, NativeVirtualKeyCode: e.Key.Native,
	}
	switch {
	case e.Down && e.Text != "":
		out.Type, out.Text, out.UnmodifiedText = kb.KeyDown, e.Text, e.Key.Unmodified
	case e.Down:
		out.Type = kb.KeyRawDown
	}
	return out
}

// modifierBits are those of the protocol.
func modifierBits(m driver.Modifiers) int64 {
	var out kb.Modifier
	for held, bit := range map[driver.Modifiers]kb.Modifier{
		driver.ModifierAlt: kb.ModifierAlt, driver.ModifierControl: kb.ModifierCtrl,
		driver.ModifierMeta: kb.ModifierMeta, driver.ModifierShift: kb.ModifierShift,
	} {
		if m&held != 0 {
			out |= bit
		}
	}
	return int64(out)
}

// InsertText implements driver.Inputs.
func (pg *Page) InsertText(ctx context.Context, text string) error {
	return pg.Send(ctx, input.InsertText.Method, input.InsertTextParams{Text: text}, nil)
}
