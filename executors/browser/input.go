package browser

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

// mouse clicks at a point, as often as told, and returns when the page has
// taken the events.
func (st *step) mouse(x, y float64, clicks int64) error {
	events := []input.DispatchMouseEventParams{{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y}}
	for n := range clicks {
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			e := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: n + 1}
			if kind == input.DispatchMouseEventTypeMousePressed {
				e.Buttons = 1
			}
			events = append(events, e)
		}
	}
	pending := make([]*devtools.Pending, len(events))
	for i, e := range events {
		pending[i] = st.page.session.Start(input.DispatchMouseEvent.Method, e)
	}
	return st.all(pending)
}

func (st *step) all(pending []*devtools.Pending) error {
	for _, p := range pending {
		if err := st.page.wait(st.ctx, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// insert types text into what has the focus.
func (st *step) insert(text string) error {
	return st.page.send(st.ctx, input.InsertText.Method, input.InsertTextParams{Text: text}, nil)
}

var modifiers = map[string]struct {
	key string
	bit kb.Modifier
}{
	"alt": {"Alt", kb.ModifierAlt}, "control": {"Control", kb.ModifierCtrl}, "ctrl": {"Control", kb.ModifierCtrl},
	"controlormeta": {"Control", kb.ModifierCtrl}, "meta": {"Meta", kb.ModifierMeta}, "shift": {"Shift", kb.ModifierShift},
}

// keys presses a combination such as Control+A.
func (st *step) keys(combination string) error {
	held, name, err := parseKeys(combination)
	if err != nil {
		return err
	}
	key, ok := keyByName(name)
	if !ok {
		return executors.Errorf("there is no key %q: use a DOM name such as Enter, ArrowDown, Escape or a", name)
	}
	var events []input.DispatchKeyEventParams
	var mods kb.Modifier
	for _, m := range held {
		mods |= modifiers[m].bit
		k, _ := keyByName(modifiers[m].key)
		events = append(events, keyEvent(kb.KeyRawDown, k, mods))
	}
	down := keyEvent(kb.KeyRawDown, key, mods)
	if key.Print && mods&^kb.ModifierShift == 0 {
		down = keyEvent(kb.KeyDown, key, mods)
		down.Text, down.UnmodifiedText = key.Text, key.Unmodified
		if mods&kb.ModifierShift != 0 && utf8.RuneCountInString(key.Key) == 1 {
			down.Text = strings.ToUpper(key.Text)
			down.Key = down.Text
		}
	}
	events = append(events, down, keyEvent(kb.KeyUp, key, mods))
	for i := len(held) - 1; i >= 0; i-- {
		mods &^= modifiers[held[i]].bit
		k, _ := keyByName(modifiers[held[i]].key)
		events = append(events, keyEvent(kb.KeyUp, k, mods))
	}
	pending := make([]*devtools.Pending, len(events))
	for i, e := range events {
		pending[i] = st.page.session.Start(input.DispatchKeyEvent.Method, e)
	}
	return st.all(pending)
}

func keyEvent(kind input.DispatchKeyEventType, k *kb.Key, mods kb.Modifier) input.DispatchKeyEventParams {
	return input.DispatchKeyEventParams{
		Type: kind, Key: k.Key, Code: k.Code, Modifiers: int64(mods),
		WindowsVirtualKeyCode: k.Windows, NativeVirtualKeyCode: k.Native,
	}
}

// parseKeys splits Control+Shift+A; the key may be + itself.
func parseKeys(combination string) (held []string, key string, err error) {
	parts := strings.Split(combination, "+")
	if strings.HasSuffix(combination, "++") || combination == "+" {
		parts = append(strings.Split(strings.TrimSuffix(strings.TrimSuffix(combination, "+"), "+"), "+"), "+")
	}
	for _, p := range parts[:len(parts)-1] {
		if p == "" && len(parts) == 2 && parts[1] == "+" {
			continue
		}
		m := strings.ToLower(p)
		if _, ok := modifiers[m]; !ok {
			return nil, "", executors.Errorf("%q in %q is no modifier: use Alt, Control, Meta or Shift", p, combination)
		}
		held = append(held, m)
	}
	return held, parts[len(parts)-1], nil
}

// keyNames finds keys by their DOM name, and characters by themselves.
var keyNames = sync.OnceValue(func() map[string]*kb.Key {
	out := make(map[string]*kb.Key, len(kb.Keys))
	for _, k := range kb.Keys {
		if old, ok := out[k.Key]; !ok || old.Code == "" || strings.HasPrefix(old.Code, "Numpad") || strings.HasSuffix(old.Code, "Right") {
			out[k.Key] = k
		}
	}
	out["Space"] = out[" "]
	return out
})

func keyByName(name string) (*kb.Key, bool) {
	if k, ok := keyNames()[name]; ok {
		return k, true
	}
	for known, k := range keyNames() {
		if utf8.RuneCountInString(known) > 1 && strings.EqualFold(known, name) {
			return k, true
		}
	}
	if utf8.RuneCountInString(name) == 1 { // a letter that no keyboard of ours has
		return &kb.Key{Key: name, Text: name, Unmodified: name, Print: true}, true
	}
	return nil, false
}
