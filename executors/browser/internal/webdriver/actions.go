package webdriver

import (
	"unicode/utf8"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// Source is a device with what it does, tick by tick; the ticks of all sources
// go together.
type Source struct {
	Type       string         `json:"type"` // pointer, key, wheel
	ID         string         `json:"id"`
	Parameters map[string]any `json:"parameters,omitempty"`
	Actions    []Action       `json:"actions"`
}

// Action is what a device does in one tick.
type Action map[string]any

var pause = Action{"type": "pause", "duration": 0}

// MouseActions writes mouse events down. Modifiers are held by the keyboard
// meanwhile.
func MouseActions(events []driver.MouseEvent) []Source {
	keyboard := Source{Type: "key", ID: "keyboard"}
	mouse := Source{Type: "pointer", ID: "mouse", Parameters: map[string]any{"pointerType": "mouse"}}
	wheel := Source{Type: "wheel", ID: "wheel"}
	var held driver.Modifiers
	tick := func(k, m, w Action) {
		keyboard.Actions, mouse.Actions, wheel.Actions = append(keyboard.Actions, k), append(mouse.Actions, m), append(wheel.Actions, w)
	}
	hold := func(wanted driver.Modifiers) {
		for _, m := range modifierKeys {
			switch {
			case wanted&m.bit != 0 && held&m.bit == 0:
				tick(Action{"type": "keyDown", "value": m.value}, pause, pause)
			case wanted&m.bit == 0 && held&m.bit != 0:
				tick(Action{"type": "keyUp", "value": m.value}, pause, pause)
			}
		}
		held = wanted
	}
	for _, e := range events {
		hold(e.Modifiers)
		switch e.Kind {
		case driver.MouseMove:
			tick(pause, Action{"type": "pointerMove", "x": e.X, "y": e.Y, "duration": 0}, pause)
		case driver.MousePress:
			tick(pause, Action{"type": "pointerDown", "button": int(e.Button)}, pause)
		case driver.MouseRelease:
			tick(pause, Action{"type": "pointerUp", "button": int(e.Button)}, pause)
		case driver.MouseWheel:
			tick(pause, pause, Action{"type": "scroll", "x": int(e.X), "y": int(e.Y), "deltaX": int(e.DeltaX), "deltaY": int(e.DeltaY), "duration": 0})
		}
	}
	hold(0)
	out := []Source{}
	for _, s := range []Source{keyboard, mouse, wheel} {
		if !idle(s) {
			out = append(out, s)
		}
	}
	return out
}

func idle(s Source) bool {
	for _, a := range s.Actions {
		if a["type"] != "pause" {
			return false
		}
	}
	return true
}

// KeyActions writes key events down.
func KeyActions(events []driver.KeyEvent) []Source {
	keyboard := Source{Type: "key", ID: "keyboard", Actions: []Action{}}
	down := map[string]string{} // what was pressed, by name and code: the same is released
	for _, e := range events {
		id := e.Key.Code
		if id == "" {
			id = e.Key.Name
		}
		if e.Down {
			down[id] = valueOf(e)
			keyboard.Actions = append(keyboard.Actions, Action{"type": "keyDown", "value": down[id]})
			continue
		}
		value, ok := down[id]
		if !ok {
			value = valueOf(e)
		}
		keyboard.Actions = append(keyboard.Actions, Action{"type": "keyUp", "value": value})
	}
	return []Source{keyboard}
}

// valueOf is the protocol's name of a key: a character, or one of a private
// range of Unicode for keys without one.
func valueOf(e driver.KeyEvent) string {
	if v, ok := named[e.Key.Name]; ok {
		return v
	}
	if utf8.RuneCountInString(e.Text) == 1 {
		return e.Text
	}
	return e.Key.Name
}

var modifierKeys = []struct {
	bit   driver.Modifiers
	value string
}{
	{driver.ModifierShift, "\uE008"}, {driver.ModifierControl, "\uE009"}, {driver.ModifierAlt, "\uE00A"}, {driver.ModifierMeta, "\uE03D"},
}

var named = map[string]string{
	"Cancel": "\uE001", "Help": "\uE002", "Backspace": "\uE003", "Tab": "\uE004", "Clear": "\uE005", "Enter": "\uE007",
	"Shift": "\uE008", "Control": "\uE009", "Alt": "\uE00A", "Pause": "\uE00B", "Escape": "\uE00C",
	"PageUp": "\uE00E", "PageDown": "\uE00F", "End": "\uE010", "Home": "\uE011",
	"ArrowLeft": "\uE012", "ArrowUp": "\uE013", "ArrowRight": "\uE014", "ArrowDown": "\uE015", "Insert": "\uE016", "Delete": "\uE017",
	"F1": "\uE031", "F2": "\uE032", "F3": "\uE033", "F4": "\uE034", "F5": "\uE035", "F6": "\uE036",
	"F7": "\uE037", "F8": "\uE038", "F9": "\uE039", "F10": "\uE03A", "F11": "\uE03B", "F12": "\uE03C",
	"Meta": "\uE03D", "ZenkakuHankaku": "\uE040",
}

// Focused is an expression for the element of a document that has the focus.
const Focused = `((el) => {
	while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement;
	return el;
})(document.activeElement)`

// InsertText is a function that types its argument into what has the focus, in
// one go, as an input method does.
const InsertText = `(text) => {
	let el = document.activeElement;
	while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement;
	const lines = el?.localName === 'textarea' || el?.isContentEditable ? text : text.replace(/[\r\n]+/g, ' ');
	return document.execCommand('insertText', false, lines);
}`
