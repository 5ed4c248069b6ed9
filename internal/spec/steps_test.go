package spec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestParseBrowserSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		want   []string // actions
	}{
		"yaml":      {"- goto: /cart\n- click: {role: button, name: Pay}\n", []string{"goto", "click"}},
		"json":      {`[{"fill": {"label": "Name", "value": "${{ WHO }}"}}, {"reload": true}]`, []string{"fill", "reload"}},
		"a secret":  {`- fill: {label: PIN, value: "${{ PIN }}"}`, []string{"fill"}},
		"a capture": {"- evaluate: {script: document.title, as: title}\n- fill: {label: A, value: \"${{ title }}\"}", []string{"evaluate", "fill"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps, err := spec.ParseBrowserSteps([]byte(c.source), []string{"WHO", "PIN"}, []string{"PIN"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range steps {
				got = append(got, s.Action())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseBrowserStepsSaysWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"an unknown key":      {"- goto: /\n- clik: a\n", "line 2, column 3"},
		"an unknown variable": {"- goto: /\n- fill: {label: A, value: \"${{ NOBODY }}\"}", "line 2, column"},
		"no list":             {"goto: /", "line 1, column 1: the steps must be a list"},
		"nothing":             {" \n", "line 1, column 1: the text is empty"},
		"no yaml":             {"- goto: \"/", "line 1, column 1"},
		"an empty list":       {"[]", "line 1, column 1"},
		"a plan":              {"version: \"1\"", "the steps must be a list"},
		"no action":           {"- goto: /\n-  name: x\n", "line 2, column 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps, err := spec.ParseBrowserSteps([]byte(c.source), nil, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, %v; want %q", steps, err, c.want)
			}
			all, ok := errors.AsType[*spec.Mistakes](err)
			if !ok {
				t.Fatalf("the error is a %T", err)
			}
			for _, m := range all.List {
				if strings.Contains(m.Path, "cases") {
					t.Errorf("the path is %s", m.Path)
				}
			}
		})
	}
}

func FuzzParseBrowserSteps(f *testing.F) {
	for _, s := range []string{"- goto: /", `[{"click": "a"}]`, "- &a {wait: 1s}\n- *a", "- fill: {label: A, value: \"${{ b }}\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		steps, err := spec.ParseBrowserSteps([]byte(source), []string{"b"}, nil)
		if err == nil && len(steps) == 0 {
			t.Error("no steps and no mistake")
		}
	})
}
