package runs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
)

func TestFindCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := func(ctx context.Context, name string, cases ...string) string {
		t.Helper()
		source := `{version: "1", name: ` + name + `, cases: [`
		for _, c := range cases {
			id, title, _ := strings.Cut(c, "/")
			source += `{id: ` + id + `, name: "` + title + `", kind: api, steps: [{http: "http://x.test/"}]}, `
		}
		r, err := w.runs.Start(ctx, runs.StartInput{Source: &plans.Source{Text: source + `]}`}})
		if err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	start(w.ctx, "Shop", "pay/Pay by card", "old/Pay by cheque")
	start(w.other, "Theirs", "pay/Pay by card")
	shop := start(w.ctx, "Shop", "pay/Pay by card", "mug/The mug costs 100 %", "pay.later/An invoice")
	blog := start(w.ctx, "Blog", "read/A Reader pays nothing")

	for _, tt := range []struct {
		name, search string
		first        int
		want         []string // case in run
	}{
		{"by title and by key, once for each plan", "pay", 0, []string{blog + " read", shop + " pay", shop + " pay.later"}},
		{"in any letters", "READER", 0, []string{blog + " read"}},
		{"as many as are asked for", "pay", 2, []string{blog + " read", shop + " pay"}},
		{"signs as they are", "100 %", 0, []string{shop + " mug"}},
		{"no pattern", "p_y", 0, nil},
		{"not what the newest run has no more", "cheque", 0, nil},
		{"nothing", "  ", 0, nil},
	} {
		rows, err := w.runs.FindCases(w.ctx, tt.search, tt.first)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.RunID+" "+r.CaseKey)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
	for name, ask := range map[string]func() error{
		"a long text":  func() error { _, err := w.runs.FindCases(w.ctx, strings.Repeat("ä", 201), 0); return err },
		"101 of them":  func() error { _, err := w.runs.FindCases(w.ctx, "pay", 101); return err },
		"for somebody": func() error { _, err := w.runs.FindCases(t.Context(), "pay", 0); return err },
	} {
		if ask() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
