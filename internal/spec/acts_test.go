package spec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestActsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	acts := []spec.RecordedAct{
		{Case: "b", Act: "accept: the \"dialog\"", Page: "/orders/*", Action: "select", Role: "combobox", Name: "Land #1", Option: "Dänemark"},
		{Case: "a", Act: "go on", Page: "/", Action: "click", Role: "button", Nth: new(1)},
	}
	text, err := spec.RenderActs(acts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := spec.ParseActs(text)
	if diff := cmp.Diff([]spec.RecordedAct{acts[1], acts[0]}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s\n%s", err, diff, text)
	}
	if got := acts[0].Step("").Title(); got != `select "Dänemark" in combobox "Land #1"` {
		t.Errorf("its step is %s", got)
	}
}

func TestActsThatAreNone(t *testing.T) {
	t.Parallel()
	one := func(change string) string {
		return "version: \"1\"\nacts:\n  - {case: a, act: go on, page: /, " + change + "}\n"
	}
	for _, source := range []string{
		"acts: []", "version: \"2\"\nacts: []", "nothing", "version: \"1\"\nsteps: []",
		one("action: goto, role: button"), one("action: click, role: knob"), one("action: select, role: combobox"), one("action: click"),
		one("action: click, role: button, nth: -2"), one("action: click, role: button, url: https://evil.test"),
		strings.Repeat("#", 1<<20+1),
	} {
		if got, err := spec.ParseActs([]byte(source)); err == nil {
			t.Errorf("%.80s is read as %v", source, got)
		}
	}
	if got, err := spec.ParseActs(nil); err != nil || got != nil {
		t.Errorf("an empty file: %v, %v", got, err)
	}
}
