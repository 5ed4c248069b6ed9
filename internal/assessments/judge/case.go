package judge

import (
	"context"
	"strings"
	"unicode"

	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/llm"
)

// Model answers; llm.Client is one. It may be asked from several goroutines at
// once.
type Model interface {
	Generate(ctx context.Context, r llm.Request) (*llm.Response, error)
}

// Case is what is judged and how.
type Case struct {
	Account llm.Account
	Rubrics []Rubric         // at most one for each criterion
	Facts   rules.Assessment // what the rules say of the same evidence
	Found   []Excerpt
	Screens []Screen

	Votes int    // how many judgements; DefaultVotes when 0
	Model string // another one of the primary provider; empty for its usual one
	Fresh bool   // also where the cache knows an answer
}

// Votes of a judgement.
const (
	DefaultVotes = 3
	MaxVotes     = 9
)

// Excerpt is a piece of evidence as the model reads and quotes it.
type Excerpt struct {
	Criterion rules.Criterion
	Text      string
	Source    rules.Evidence
}

// Screen is a screenshot for a model that sees.
type Screen struct {
	Image  llm.Image
	Source rules.Evidence // names the artifact
}

// Bounds of what a model is shown.
const (
	maxExcerpts = 120
	maxExcerpt  = 500 // bytes
	MaxScreens  = 4
)

// clean makes a text from outside fit for one line: neither control characters
// nor such as turn the direction of writing are left.
func clean(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return excerpt.Line(text, limit)
}
