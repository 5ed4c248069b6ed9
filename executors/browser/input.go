package browser

import (
	"errors"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/chromedp/chromedp/kb"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// mouse clicks at a point as told, and returns when the page has taken the
// events.
func (st *step) mouse(x, y float64, c spec.Click) error {
	var held driver.Modifiers
	var down, up []driver.KeyEvent
	for _, name := range c.Modifiers {
		m := modifiers[strings.ToLower(name)]
		key, ok := keyByName(m.key)
		if !ok || held&m.bit != 0 {
			continue // named twice
		}
		held |= m.bit
		down = append(down, keyEvent(true, key, held))
	}
	for left := held; len(up) < len(down); {
		e := down[len(down)-1-len(up)]
		left &^= modifiers[strings.ToLower(e.Key.Name)].bit
		up = append(up, driver.KeyEvent{Key: e.Key, Modifiers: left})
	}
	events := []driver.MouseEvent{{Kind: driver.MouseMove, X: x, Y: y, Modifiers: held}}
	clicks := 1
	if c.Count != nil {
		clicks = *c.Count
	}
	for n := range clicks {
		for _, kind := range []driver.MouseKind{driver.MousePress, driver.MouseRelease} {
			events = append(events, driver.MouseEvent{Kind: kind, X: x, Y: y, Button: buttons[c.Button], Clicks: n + 1, Modifiers: held})
		}
	}
	if len(down) == 0 {
		return st.page.Mouse(st.ctx, events...)
	}
	err := st.page.Keys(st.ctx, down...)
	if err == nil {
		err = st.page.Mouse(st.ctx, events...)
	}
	return errors.Join(err, st.page.Keys(st.ctx, up...))
}

var buttons = map[string]driver.Button{
	"": driver.ButtonLeft, "left": driver.ButtonLeft, "middle": driver.ButtonMiddle, "right": driver.ButtonRight,
}

var modifiers = map[string]struct {
	key string
	bit driver.Modifiers
}{
	"alt": {"Alt", driver.ModifierAlt}, "control": {"Control", driver.ModifierControl}, "ctrl": {"Control", driver.ModifierControl},
	"controlormeta": {"Control", driver.ModifierControl}, "meta": {"Meta", driver.ModifierMeta}, "shift": {"Shift", driver.ModifierShift},
}

// keys presses a combination such as Control+A.
func (st *step) keys(combination string) error {
	events, err := keyEvents(combination)
	if err != nil {
		return err
	}
	return st.page.Keys(st.ctx, events...)
}

// keyEvents are those of pressing a combination.
func keyEvents(combination string) ([]driver.KeyEvent, error) {
	held, name, err := parseKeys(combination)
	if err != nil {
		return nil, err
	}
	key, ok := keyByName(name)
	if !ok {
		return nil, executors.Errorf("there is no key %q: use a DOM name such as Enter, ArrowDown, Escape or a", name)
	}
	var events []driver.KeyEvent
	var mods driver.Modifiers
	for _, m := range held {
		mods |= modifiers[m].bit
		k, _ := keyByName(modifiers[m].key)
		events = append(events, keyEvent(true, k, mods))
	}
	down := keyEvent(true, key, mods)
	if key.Print && mods&^driver.ModifierShift == 0 {
		down.Text = key.Text
		if mods&driver.ModifierShift != 0 && utf8.RuneCountInString(key.Key) == 1 {
			down.Text = strings.ToUpper(key.Text)
			down.Key.Name = down.Text
		}
	}
	events = append(events, down, keyEvent(false, key, mods))
	for i := len(held) - 1; i >= 0; i-- {
		mods &^= modifiers[held[i]].bit
		k, _ := keyByName(modifiers[held[i]].key)
		events = append(events, keyEvent(false, k, mods))
	}
	return events, nil
}

func keyEvent(down bool, k *kb.Key, mods driver.Modifiers) driver.KeyEvent {
	return driver.KeyEvent{Down: down, Modifiers: mods, Key: driver.Key{
		Name: k.Key, Code: k.Code, Text: k.Text, Unmodified: k.Unmodified, Windows: k.Windows, Native: k.Native,
	}}
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
