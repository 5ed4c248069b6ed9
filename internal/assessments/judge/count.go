package judge

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/llm"
)

// answer is what one vote says of one item.
type answer struct {
	Answer   Answer `json:"answer"`
	Reason   string `json:"reason"`
	Evidence []struct {
		Source string `json:"source"`
		Quote  string `json:"quote"`
	} `json:"evidence"`
}

// minQuote is how many letters and digits a quotation has at least, unless it is
// the whole line: a word or two stand everywhere. Ours.
const minQuote = 8

// count decides each item by the votes.
func (b *ballot) count(c Case, ballots []map[string]answer, panel Panel) *Judgement {
	panel.Screens = len(b.screens)
	for i, v := range panel.Votes {
		if v.Failure != "" {
			panel.note(fmt.Sprintf("vote %d did not come in: %s", i+1, strings.TrimSuffix(v.Failure, ".")))
		}
	}
	agreement := 0.0
	for _, q := range b.questions {
		item := b.decide(q, ballots, &panel)
		agreement += item.Agreement / float64(len(b.questions))
		panel.Items = append(panel.Items, item)
	}
	panel.Agreement = rules.Round(agreement)
	return b.score(c, panel)
}

// decide counts the answers to one item that stand on evidence.
func (b *ballot) decide(q question, ballots []map[string]answer, panel *Panel) JudgedItem {
	out := JudgedItem{Criterion: q.criterion, ID: q.ID, Question: q.Question, Weight: q.Weight, Answer: Undecided, Quotes: []rules.Evidence{}, Answers: []VoteAnswer{},
		fault: q.Fault, advice: q.Advice}
	kept := map[Answer][]answer{}
	quotes := map[Answer][]rules.Evidence{}
	for i, said := range ballots {
		if panel.Votes[i].Failure != "" {
			continue
		}
		a := said[q.key]
		found, why := b.grounded(q, a)
		out.Answers = append(out.Answers, VoteAnswer{Vote: i + 1, Answer: a.Answer, Reason: clean(a.Reason, maxReason), Quotes: distinct(found), Dropped: why})
		if why != "" {
			out.Dropped++
			panel.note(fmt.Sprintf("vote %d on %s was dropped: %s", i+1, q.key, why))
			continue
		}
		kept[a.Answer], quotes[a.Answer] = append(kept[a.Answer], a), append(quotes[a.Answer], found...)
	}
	out.Pass, out.Fail, out.Unclear = len(kept[Pass]), len(kept[Fail]), len(kept[Unclear])
	for _, a := range []Answer{Pass, Fail, Unclear} {
		share := float64(len(kept[a])) / float64(len(ballots))
		out.Agreement = max(out.Agreement, rules.Round(share))
		if share > 0.5 {
			out.Answer, out.Reason, out.Quotes = a, clean(kept[a][0].Reason, maxReason), distinct(quotes[a])
		}
	}
	return out
}

// grounded looks up what an answer quotes. It says what is wrong with an answer
// that stands on nothing.
func (b *ballot) grounded(q question, a answer) (quotes []rules.Evidence, why string) {
	if a.Answer == Unclear {
		return nil, ""
	}
	if len(a.Evidence) == 0 {
		return nil, "it quotes no evidence"
	}
	for _, e := range a.Evidence {
		source, isScreen := b.screen(e.Source)
		quote := clean(e.Quote, maxQuote)
		switch {
		case isScreen != q.Seen && isScreen:
			return nil, "it rests on a screenshot, which this item is not about"
		case isScreen:
			source.Quote = quote // nobody can look it up
			quotes = append(quotes, source)
			continue
		case q.Seen:
			return nil, "it rests on a text, and this item is about screenshots"
		}
		found, text, ok := b.excerpt(e.Source)
		if !ok {
			return nil, fmt.Sprintf("there is no evidence %q", clean(e.Source, 20))
		}
		if why := misquoted(text, quote, e.Source); why != "" {
			return nil, why
		}
		found.Quote = quote
		quotes = append(quotes, found)
	}
	return quotes, ""
}

// misquoted says what is wrong with a quotation of a text; nothing when it stands
// there, in whole words, and is long enough to say something.
func misquoted(text, quote, source string) string {
	switch {
	case llm.Quoted(text, quote):
	case strings.TrimSpace(quote) != "" && strings.Contains(text, strings.TrimSpace(quote)):
		return fmt.Sprintf("%q ends within a word of %s, which may change what it says", clean(quote, 80), source)
	default:
		return fmt.Sprintf("%q does not stand in %s", clean(quote, 80), source)
	}
	if letters(quote) < min(minQuote, letters(text)) {
		return fmt.Sprintf("%q is too short to be evidence", clean(quote, 80))
	}
	return ""
}

func letters(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			n++
		}
	}
	return n
}

// number reads an id such as E12.
func number(id, prefix string, most int) (int, bool) {
	digits, ok := strings.CutPrefix(id, prefix)
	n, err := strconv.Atoi(digits)
	return n - 1, ok && err == nil && n >= 1 && n <= most
}

func (b *ballot) excerpt(id string) (rules.Evidence, string, bool) {
	n, ok := number(id, "E", len(b.excerpts))
	if !ok {
		return rules.Evidence{}, "", false
	}
	return b.excerpts[n].Source, clean(b.excerpts[n].Text, maxExcerpt), true
}

func (b *ballot) screen(id string) (rules.Evidence, bool) {
	n, ok := number(id, "S", len(b.screens))
	if !ok {
		return rules.Evidence{}, false
	}
	return b.screens[n].Source, true
}

// maxShown bounds the quotations that are told of one item.
const maxShown = 6

func distinct(list []rules.Evidence) []rules.Evidence {
	out := []rules.Evidence{}
	seen := map[string]bool{}
	for _, e := range list {
		key := fmt.Sprint(e.Kind, e.ID, e.Name, e.Step, e.Quote)
		if !seen[key] && len(out) < maxShown {
			seen[key] = true
			out = append(out, e)
		}
	}
	return out
}
