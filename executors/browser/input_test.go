package browser

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		held []string
		key  string
	}{
		{"a", nil, "a"},
		{"Enter", nil, "Enter"},
		{"+", nil, "+"},
		{"Control+A", []string{"control"}, "A"},
		{"Control++", []string{"control"}, "+"},
		{"ctrl+SHIFT+ArrowLeft", []string{"ctrl", "shift"}, "ArrowLeft"},
		{"Alt+Shift++", []string{"alt", "shift"}, "+"},
	}
	for _, tt := range tests {
		held, key, err := parseKeys(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
		}
		if diff := cmp.Diff(tt.held, held); diff != "" || key != tt.key {
			t.Errorf("%s: key %q, held (-want +got):\n%s", tt.in, key, diff)
		}
	}
	for _, bad := range []string{"Hyper+a", "Control+", "++a", "a+b", ""} {
		held, key, err := parseKeys(bad)
		if err == nil {
			_, ok := keyByName(key)
			if ok {
				t.Errorf("%q is taken for %q with %q", bad, key, held)
			}
		}
	}
}

func TestKeyByName(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"Enter": "Enter", "enter": "Enter", "a": "KeyA", "A": "KeyA", "5": "Digit5", "ArrowDown": "ArrowDown", "F5": "F5", "Space": "Space",
		" ": "Space", "Escape": "Escape", "Tab": "Tab", "Backspace": "Backspace", "Delete": "Delete", "Home": "Home", "PageUp": "PageUp",
		"Control": "ControlLeft", "Shift": "ShiftLeft", "Alt": "AltLeft", "Meta": "MetaLeft",
	} {
		k, ok := keyByName(name)
		if !ok || k.Code != code {
			t.Errorf("%q is %+v, want the code %s", name, k, code)
		}
	}
	if k, ok := keyByName("ż"); !ok || k.Text != "ż" {
		t.Errorf("a letter that the keyboard lacks: %+v", k)
	}
}

func FuzzParseKeys(f *testing.F) {
	for _, s := range []string{"Control+a", "++", "+", "", "Shift+++", "a+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		held, key, err := parseKeys(in)
		if err != nil {
			return
		}
		for _, m := range held {
			if _, ok := modifiers[m]; !ok {
				t.Errorf("%q holds %q", in, m)
			}
		}
		keyByName(key)
	})
}
