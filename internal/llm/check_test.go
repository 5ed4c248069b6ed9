package llm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*llmtest.Server, *llm.Provider)
		want   string // the abilities that it has, and the rung
		usable bool
	}{
		{"everything", func(*llmtest.Server, *llm.Provider) {},
			"list of models, answer, json: json_schema, json: json_object, json: tool, json: prompt, streaming, vision, usage, embeddings by json_schema", true},
		{"no schema and no pictures", func(s *llmtest.Server, _ *llm.Provider) { s.Refuses, s.Blind = []string{"json_schema"}, true },
			"list of models, answer, json: json_object, json: tool, json: prompt, streaming, usage, embeddings by json_object", true},
		{"ignores what it does not know", func(s *llmtest.Server, _ *llm.Provider) {
			s.Ignores, s.NoUsage, s.NoModel = []string{"response_format", "tools", "stream"}, true, true
		}, "answer, json: json_object, json: prompt, streaming, vision, embeddings by json_object", true},
		{"a wrong key", func(_ *llmtest.Server, p *llm.Provider) { p.Key = "sk-wrong" }, " by ", false},
		{"no such model", func(_ *llmtest.Server, p *llm.Provider) { p.Model, p.EmbeddingModel = "gpt-99", "" }, " by ", false},
		{"a web page", func(s *llmtest.Server, _ *llm.Provider) { s.Always(llmtest.HTML) }, "list of models, embeddings by ", false},
		{"nothing but prose", func(s *llmtest.Server, _ *llm.Provider) { s.Always(llmtest.Prose) },
			"list of models, answer, streaming, usage, embeddings by ", false},
		{"nobody there", func(_ *llmtest.Server, p *llm.Provider) { p.BaseURL = "http://127.0.0.1:1/v1" }, " by ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			found := llmtest.Client(t, func(o *llm.Options) { tt.change(s, &o.Providers[0]) }, s).Check(t.Context())
			if len(found) != 1 {
				t.Fatalf("%d endpoints", len(found))
			}
			var can []string
			for _, f := range found[0].Findings {
				if f.State == llm.Yes {
					can = append(can, f.Name)
				}
				if f.Detail == "" || strings.Contains(f.Detail, "sk-") {
					t.Errorf("%s says %q", f.Name, f.Detail)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(can, ", ")+" by "+string(found[0].Rung)); diff != "" || found[0].Usable != tt.usable {
				t.Errorf("usable %t (-want +got):\n%s\n%+v", found[0].Usable, diff, found[0])
			}
		})
	}
}
