package retelling

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/llm"
)

// Model is asked. llm.Client is one.
type Model interface {
	Configured() bool
	Generate(ctx context.Context, r llm.Request) (*llm.Response, error)
}

// Telling is what a model has made of a report, or why there is none.
type Telling struct {
	Text   string // one paragraph; empty where none is to be used
	Model  string // as the provider names it
	Reason string // why there is no text; empty where there is
}

// By says who told it, or why nobody did.
func (t Telling) By() string {
	if t.Text == "" {
		return "Told by a template: " + strings.TrimRight(t.Reason, ".") + "."
	}
	return "Told by " + t.Model + ", a language model; each sentence quotes the report, and its numbers stand in it."
}

// Teller is By; nil where nobody was asked.
func (t Telling) Teller() *string {
	if t == (Telling{}) {
		return nil
	}
	by := t.By()
	return &by
}

// Bounds of what is asked and of what is taken.
const (
	maxMaterial  = 24_000 // bytes
	maxSentences = 8
	maxSentence  = 300 // characters
	minQuote     = 8   // characters; less stands in any text
	least        = 2   // sentences
	within       = 25 * time.Second
)

// promptName names the instructions, also for the cache.
const promptName = "retelling/1"

const instructions = `You summarise a report about the quality of a web application for people who decide about it.
Write two to six short sentences in plain English: how good it is, what changed, what is worst, what to do next.
Say nothing that the report does not say. Write numbers as the report does, and no other numbers.
Give with each sentence the words of the report that it stands on, copied word for word. ` + llm.BlockRule

var answers = llm.MustSchema("retelling", `{
	"type": "object", "additionalProperties": false, "required": ["sentences"],
	"properties": {"sentences": {"type": "array", "minItems": 1, "maxItems": 8, "items": {
		"type": "object", "additionalProperties": false, "required": ["quote", "text"],
		"properties": {"quote": {"type": "string", "maxLength": 400}, "text": {"type": "string", "maxLength": 300}}
	}}}
}`)

type sentence struct {
	Quote string `json:"quote"`
	Text  string `json:"text"`
}

// Tell asks for a telling of a report, as text. The error is one of the context: a
// model that gives none is told of in the telling.
func Tell(ctx context.Context, m Model, account llm.Account, report string) (Telling, error) {
	if !m.Configured() {
		return Telling{Reason: apperr.Message(llm.ErrNotConfigured)}, nil
	}
	report = excerpt.Start(report, maxMaterial)
	r, err := m.Generate(ctx, llm.Request{
		Account: account, Purpose: "report", Prompt: promptName, System: instructions,
		Messages: []llm.Message{{Text: llm.Block("REPORT", report)}}, Schema: answers, MaxTokens: 1200, Timeout: within,
	})
	if ctx.Err() != nil {
		return Telling{}, ctx.Err()
	}
	var got struct {
		Sentences []sentence `json:"sentences"`
	}
	if err == nil {
		err = r.Decode(&got)
	}
	if err != nil {
		return Telling{Reason: apperr.Message(err)}, nil
	}
	return keep(report, got.Sentences, r.Model), nil
}

// keep drops what the report does not bear out.
func keep(report string, sentences []sentence, model string) Telling {
	numbers := map[string]bool{}
	for _, n := range number.FindAllString(report, -1) {
		numbers[n] = true
	}
	var kept []string
	for _, s := range sentences[:min(len(sentences), maxSentences)] {
		text := excerpt.Line(s.Text, maxSentence)
		if len(s.Quote) < minQuote || !llm.Quoted(report, s.Quote) || !borne(text, numbers) {
			continue
		}
		kept = append(kept, strings.TrimRight(text, ".")+".")
	}
	if len(kept) < least {
		return Telling{Model: model, Reason: fmt.Sprintf("of %d sentences of the model, %d stand on what the report says", len(sentences), len(kept))}
	}
	return Telling{Text: strings.Join(kept, " "), Model: model}
}

var (
	number = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	// markup is what a plain sentence has not: it would be a link, or hide something.
	markup = regexp.MustCompile(`://|[<>\x60\[\]]`)
)

// spelled are number words, as digits.
var spelled = map[string]string{
	"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
	"dozen": "12", "dozens": "24", "hundred": "100", "hundreds": "200", "thousand": "1000", "thousands": "2000", "half": "0.5", "twice": "2", "double": "2", "doubled": "2",
}

// borne reports whether a sentence is plain and each of its numbers is known.
func borne(text string, numbers map[string]bool) bool {
	if text == "" || markup.MatchString(text) {
		return false
	}
	for _, n := range number.FindAllString(text, -1) {
		if !numbers[n] {
			return false
		}
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if n, ok := spelled[word]; ok && !numbers[n] {
			return false
		}
	}
	return true
}
