package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/llm"
)

// Bounds of an answer.
const (
	maxReason  = 400 // characters
	maxQuote   = 300
	maxQuotes  = 4
	tokensEach = 220 // of an answer to one item, with room
)

// voteTimeout is how long one call may take; a checklist of all criteria is a
// long answer.
const voteTimeout = 90 * time.Second

// question is an item with its place.
type question struct {
	Item
	criterion rules.Criterion
	key       string // in the answer
}

// ballot is what every vote is asked: the items, and the evidence by its ids.
type ballot struct {
	rubrics   []Rubric
	questions []question
	excerpts  []Excerpt // E1 is the first
	screens   []Screen  // S1 is the first
	schema    *llm.Schema
}

func newBallot(c Case) (*ballot, error) {
	b := &ballot{excerpts: c.Found, screens: c.Screens}
	b.excerpts = b.excerpts[:min(len(b.excerpts), maxExcerpts)]
	b.screens = b.screens[:min(len(b.screens), MaxScreens)]
	for _, r := range c.Rubrics {
		asked := false
		for _, i := range r.Items {
			if i.Seen && len(b.screens) == 0 || !i.Seen && !b.covers(r.Criterion) {
				continue // nothing to answer it from
			}
			asked = true
			b.questions = append(b.questions, question{i, r.Criterion, strings.ToLower(string(r.Criterion)) + "_" + i.ID})
		}
		if asked {
			b.rubrics = append(b.rubrics, r)
		}
	}
	if len(b.questions) == 0 {
		return b, nil
	}
	form, err := json.Marshal(b.form())
	if err != nil {
		return nil, fmt.Errorf("write the form of the answer: %w", err)
	}
	if b.schema, err = llm.NewSchema("checklist", string(form)); err != nil {
		return nil, fmt.Errorf("write the form of the answer: %w", err)
	}
	return b, nil
}

func (b *ballot) covers(c rules.Criterion) bool {
	return slices.ContainsFunc(b.excerpts, func(e Excerpt) bool { return e.Criterion == c })
}

// form is the schema of an answer: each item once, answers and sources from
// closed lists.
func (b *ballot) form() map[string]any {
	var sources []string
	for i := range b.excerpts {
		sources = append(sources, excerptID(i))
	}
	for i := range b.screens {
		sources = append(sources, screenID(i))
	}
	items := map[string]any{}
	for _, q := range b.questions {
		items[q.key] = object(map[string]any{
			"evidence": map[string]any{"type": "array", "maxItems": maxQuotes, "items": object(map[string]any{
				"source": map[string]any{"enum": sources}, "quote": map[string]any{"type": "string", "maxLength": maxQuote},
			})},
			"reason": map[string]any{"type": "string", "maxLength": maxReason},
			"answer": map[string]any{"enum": []string{string(Pass), string(Fail), string(Unclear)}},
		})
	}
	return object(items)
}

// object is the schema of an object with exactly these members.
func object(properties map[string]any) map[string]any {
	required := slices.Sorted(maps.Keys(properties))
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func excerptID(i int) string { return fmt.Sprintf("E%d", i+1) }
func screenID(i int) string  { return fmt.Sprintf("S%d", i+1) }

const system = "You judge what an acceptance test has found, by checklists. Be strict and literal; what is not in the evidence does not count. " +
	"Answer each item with pass (the question is answered with yes), fail (with no) or unclear (the evidence does not tell). " +
	"For pass and fail, evidence quotes letter by letter, in whole words, at least one part of a line of EVIDENCE, with its id as source; for an item about screenshots, " +
	"the source is a screenshot's id and quote says what is seen there. reason is one sentence. The facts were measured and are true. " + llm.BlockRule

// request is one vote's. Every other one gets items and evidence in the opposite
// order, so that a model that prefers what comes first disagrees with itself.
func (b *ballot) request(c Case, vote int) llm.Request {
	reversed := vote%2 == 1
	var text strings.Builder
	for _, r := range ordered(b.rubrics, reversed) {
		fmt.Fprintf(&text, "# Checklist: %s\n\n", strings.ToLower(string(r.Criterion)))
		if r.Guide != "" {
			text.WriteString(r.Guide + "\n\n")
		}
		for _, fact := range r.Reference {
			fmt.Fprintf(&text, "Reference: %s\n", fact)
		}
		for _, q := range ordered(b.questions, reversed) {
			if q.criterion == r.Criterion {
				fmt.Fprintf(&text, "Item %s: %s\n", q.key, q.Question)
			}
		}
		text.WriteByte('\n')
	}
	var lines []string
	for i, e := range b.excerpts {
		lines = append(lines, fmt.Sprintf("[%s] (%s) %s", excerptID(i), strings.ToLower(string(e.Criterion)), clean(e.Text, maxExcerpt)))
	}
	text.WriteString(llm.Block("FACTS", facts(c.Facts)) + "\n\n" + llm.Block("EVIDENCE", strings.Join(ordered(lines, reversed), "\n")))
	m := llm.Message{}
	for i, s := range b.screens {
		m.Images = append(m.Images, s.Image)
		fmt.Fprintf(&text, "\n\nImage %d is the screenshot %s.", i+1, screenID(i))
	}
	m.Text = text.String()
	return llm.Request{
		Account: c.Account, Purpose: "judge", Prompt: promptVersion, System: system, Messages: []llm.Message{m}, Schema: b.schema,
		Seed: &vote, Model: c.Model, Fresh: c.Fresh, MaxTokens: 400 + tokensEach*len(b.questions), Timeout: voteTimeout,
	}
}

// ordered is a list as it is, or a copy in the opposite order.
func ordered[T any](list []T, reversed bool) []T {
	if !reversed {
		return list
	}
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// facts tells what was measured, as sentences.
func facts(a rules.Assessment) string {
	var lines []string
	for _, c := range a.Criteria {
		name := strings.ToLower(string(c.Criterion))
		if c.Score == nil {
			lines = append(lines, name+": not measured: "+clean(c.Reason, maxExcerpt))
			continue
		}
		line := fmt.Sprintf("%s: %g of 1 by formulas, from %s", name, *c.Score, clean(c.Basis, maxExcerpt))
		for _, limit := range c.Caps {
			line += fmt.Sprintf("; at most %g, since %s", limit.Limit, clean(limit.Reason, maxExcerpt))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
