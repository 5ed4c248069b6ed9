package browser

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/chromedp/chromedp/kb"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// mouse clicks at a point, as often as told, and returns when the page has
// taken the events.
func (st *step) mouse(x, y float64, clicks int) error {
	events := []driver.MouseEvent{{Kind: driver.MouseMove, X: x, Y: y}}
	for n := range clicks {
		for _, kind := range []driver.MouseKind{driver.MousePress, driver.MouseRelease} {
			events = append(events, driver.MouseEvent{Kind: kind, X: x, Y: y, Clicks: n + 1})
		}
	}
	return st.page.Mouse(st.ctx, events...)
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
	held, name, err := parseKeys(combination)
	if err != nil {
		return err
	}
	key, ok := keyByName(name)
	if !ok {
		return executors.Errorf("there is no key %q: use a DOM name such as Enter, ArrowDown, Escape or a", name)
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
	return st.page.Keys(st.ctx, events...)
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
