package graph

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/generatedcase"
	"github.com/semantest/semantest/graph/model"
	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/generation/making"
)

// askOf reads what somebody wants cases of.
func askOf(in model.GenerateTestCasesInput) generation.Ask {
	source := making.Source{OpenAPI: deref(in.Source.Openapi), OpenAPIURL: deref(in.Source.OpenapiURL), Requirements: deref(in.Source.Requirements)}
	if c := in.Source.Crawl; c != nil {
		source.Crawl = &making.Crawl{URL: c.URL, Depth: c.Depth, Pages: c.Pages}
	}
	return generation.Ask{
		Request: making.Request{
			Source: source, Model: deref(in.Model),
			Target: deref(in.Target), Environment: deref(in.Environment), Kinds: in.Kinds, MaxCases: in.MaxCases, Coverage: in.Coverage,
		},
		PlanID: deref(in.PlanID), Priority: in.Priority, Timeout: time.Duration(in.TimeoutMs) * time.Millisecond,
	}
}

func stageOf(e *ent.GenerationEvent) model.GenerationStage {
	return model.GenerationStage(strings.ToUpper(e.Stage))
}

func stateOrNull(word string) *generatedcase.State {
	state := generatedcase.State(word)
	if generatedcase.StateValidator(state) != nil {
		return nil
	}
	return &state
}

// filesOf writes files as createPlan takes them.
func filesOf(files map[string][]byte) []*model.PlanFile {
	out := []*model.PlanFile{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		out = append(out, &model.PlanFile{Path: path, Content: base64.StdEncoding.EncodeToString(files[path])})
	}
	return out
}
