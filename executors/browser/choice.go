package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

const (
	choosePrompt = "browser/act@1"
	maxOffers    = 24 << 10 // bytes of the list that the model reads
)

const chooseSystem = `You perform one step of an acceptance test of a web page by choosing one element from a numbered list, and one action.
Choose the element that a careful person would use to do exactly what the step says, and nothing beyond it. When no element does it, or when you
are not sure, answer with the index -1. option is the number of an option of the chosen list of options for the action select, else -1.
` + llm.BlockRule

// choice is the model's answer: numbers and words from lists, and nothing else.
type choice struct {
	Index  int    `json:"index"`
	Action string `json:"action"`
	Option int    `json:"option"`
}

// question asks for one of the offers. mask hides secrets, which a page may show.
func question(mask func(string) string, project, run string, a spec.Act, offered []offer) llm.Request {
	var list strings.Builder
	for i, o := range offered {
		line := fmt.Sprintf("%4d %s\n", i, mask(o.String()))
		if list.Len()+len(line) > maxOffers {
			break
		}
		list.WriteString(line)
	}
	zero := 0.0
	task := "The step: " + mask(a.Do)
	if a.Value != "" {
		task += "\nThe step has a text to fill in: the action fill types it, whatever it is."
	}
	return llm.Request{
		Account: llm.Account{Project: project, Run: run}, Purpose: "act", Prompt: choosePrompt, System: chooseSystem,
		Messages: []llm.Message{{Text: task + "\n\nThe elements of the page:\n" + llm.Block("PAGE", list.String())}},
		Schema:   choiceSchema, Temperature: &zero, MaxTokens: 1000,
	}
}

var choiceSchema = llm.MustSchema("choice", `{"type":"object","additionalProperties":false,"required":["index","action","option"],"properties":{
	"index":{"type":"integer","minimum":-1,"maximum":149},
	"action":{"type":"string","enum":["click","dblclick","hover","fill","select","check","uncheck"]},
	"option":{"type":"integer","minimum":-1,"maximum":29}}}`)

// record turns an answer into a step, if it is one of those that were offered.
func (c choice) record(key spec.RecordedAct, a spec.Act, offered []offer) (spec.RecordedAct, error) {
	if c.Index >= len(offered) {
		return key, executors.Errorf("the model chose an element that it was not offered, so nothing was done")
	}
	o := offered[c.Index]
	if !slices.Contains(o.can(a.Value), c.Action) {
		return key, executors.Errorf("the model chose to %s %s %q, which the step does not allow, so nothing was done", c.Action, o.Role, short(o.Name, 100))
	}
	key.Action, key.Role, key.Name = c.Action, o.Role, o.Name
	if o.Several {
		key.Nth = &o.Nth
	}
	if c.Action == "select" {
		if c.Option < 0 || c.Option >= len(o.Options) {
			return key, executors.Errorf("the model chose an option that it was not offered, so nothing was done")
		}
		key.Option = o.Options[c.Option]
	}
	return key, nil
}
