package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestAriaMatches(t *testing.T) {
	t.Parallel()
	const tree = "- main:\n  - heading \"Cart\" [level=1]\n  - list:\n    - listitem: Mug\n    - listitem:\n      - text: Tea\n      - button \"Buy\" [disabled]\n  - textbox \"Name\": Ada"
	there, err := spec.ParseAria(tree)
	if err != nil {
		t.Fatal(err)
	}
	for wanted, missing := range map[string]string{
		tree:                                            "",
		"- listitem: Mug\n- listitem: Tea":              "",
		"- heading\n- textbox":                          "",
		"- button /^B/ [disabled]":                      "",
		"- main:\n  - list:\n    - listitem":            "",
		"- textbox \"Name\": /A/":                       "",
		"- textbox\n- heading":                          "heading",
		"- button \"Buy\" [disabled=mixed]":             "button \"Buy\" [disabled=mixed]",
		"- list:\n  - button":                           "list",
		"- listitem: Mug\n- listitem: Kettle":           "listitem: Kettle",
		"- heading \"Cart\" [level=2]":                  "heading \"Cart\" [level=2]",
		"- listitem: M":                                 "listitem: M",
		"- list:\n  - listitem: Tea\n  - listitem: Mug": "list",
	} {
		w, err := spec.ParseAria(wanted)
		if err != nil {
			t.Fatal(err)
		}
		if ok, got := spec.AriaMatches(w, there); ok != (missing == "") || got != missing {
			t.Errorf("%s: %v, missing %q, want %q", wanted, ok, got, missing)
		}
	}
}

// FuzzAria: what is read can be written and read again, and fits itself.
func FuzzAria(f *testing.F) {
	f.Add("- heading \"Cart\" [level=1]\n- list:\n  - listitem: Mug\n  - button /x/ [disabled] [pressed=mixed]")
	f.Add("- text: \"- a: b\"")
	f.Add("- main:\n  - text: 'it''s'")
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := spec.ParseAria(text)
		if err != nil {
			return
		}
		again, err := spec.ParseAria(spec.RenderAria(nodes))
		if len(nodes) == 0 {
			return
		}
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, spec.RenderAria(nodes))
		}
		if diff := cmp.Diff(spec.RenderAria(nodes), spec.RenderAria(again)); diff != "" {
			t.Fatalf("written and read (-first +second):\n%s", diff)
		}
		spec.AriaMatches(nodes, again)
	})
}

func TestRequestPatterns(t *testing.T) {
	t.Parallel()
	resolve := spec.NewScope(map[string]any{"BASE_URL": "https://shop.test/app/"}, nil).ResolveURL
	for _, tt := range []struct {
		pattern spec.RequestPattern
		url     string
		want    bool
	}{
		{spec.RequestPattern{URL: "/api/orders"}, "https://shop.test/api/orders", true},
		{spec.RequestPattern{URL: "/api/orders"}, "https://shop.test/api/orders?x=1", true},
		{spec.RequestPattern{URL: "/api/orders?x=1"}, "https://shop.test/api/orders?x=2", false},
		{spec.RequestPattern{URL: "/api/orders"}, "https://shop.test/api/orders/7", false},
		{spec.RequestPattern{URL: "/api/*"}, "https://shop.test/api/orders/7", false},
		{spec.RequestPattern{URL: "/api/**"}, "https://shop.test/api/orders/7", true},
		{spec.RequestPattern{URL: "orders/*"}, "https://shop.test/app/orders/7", true},
		{spec.RequestPattern{URL: "**/{orders,carts}/*"}, "https://other.test/v1/carts/7", true},
		{spec.RequestPattern{URL: "**/{orders,carts}/*"}, "https://other.test/v1/users/7", false},
		{spec.RequestPattern{URL: "https://cdn.test/a.b"}, "https://cdn.test/aXb", false},
		{spec.RequestPattern{URL: "*://cdn.test/**"}, "https://cdn.test/a", true},
		{spec.RequestPattern{Matches: "orders/[0-9]+$"}, "https://shop.test/orders/12", true},
		{spec.RequestPattern{Matches: "orders/[0-9]+$"}, "https://shop.test/orders/x", false},
	} {
		fits, err := tt.pattern.URLs(resolve)
		if err != nil {
			t.Fatal(err)
		}
		if got := fits(tt.url); got != tt.want {
			t.Errorf("%s on %s: %v, want %v", tt.pattern, tt.url, got, tt.want)
		}
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	for _, name := range spec.Devices() {
		if d, ok := spec.DeviceByName(name); !ok || d.Width < 300 || d.Height < 500 || d.Scale < 1 || d.Mobile != (d.UserAgent != "") {
			t.Errorf("%s is %+v", name, d)
		}
	}
	for name, want := range map[string]bool{"390x844": true, "0x1": false, "99999x1": false, "390X844": false, "": false} {
		if _, ok := spec.DeviceByName(name); ok != want {
			t.Errorf("%q: %v", name, ok)
		}
	}
}
