package judge

import "github.com/semantest/semantest/internal/assessments/rules"

// Answer to an item.
type Answer string

// The answers. A model picks one of the first three; an item is Undecided where
// its votes do not agree or too few of them stand on evidence.
const (
	Pass      Answer = "pass"
	Fail      Answer = "fail"
	Unclear   Answer = "unclear"
	Undecided Answer = "undecided"
)

// Panel is how a judgement came about.
type Panel struct {
	Rubrics   []RubricName `json:"rubrics"`
	Votes     []Vote       `json:"votes"`   // as asked for
	Counted   int          `json:"counted"` // votes that came in
	Items     []JudgedItem `json:"items"`
	Notes     []string     `json:"notes"`     // what was dropped, and why
	MoreNotes int          `json:"moreNotes"` // that are not told
	Tokens    int          `json:"tokens"`    // that were used; what the cache answers uses none
	Estimated bool         `json:"estimated"` // the provider did not tell them
	CostNanos *int64       `json:"costNanos"` // billionths of a US dollar; nil where a price is not known
	FromCache bool         `json:"fromCache"` // each vote came from the cache
	Age       int          `json:"age"`       // seconds of the oldest vote from the cache
	Model     string       `json:"model"`     // that most votes came from, as the provider names it
	Screens   int          `json:"screens"`   // screenshots that were shown
	Agreement float64      `json:"agreement"` // mean over the items, 0–1
}

// RubricName names the instructions for one criterion.
type RubricName struct {
	Criterion rules.Criterion `json:"criterion"`
	Version   string          `json:"version"`
}

// Vote is one judgement of a model.
type Vote struct {
	Number     int    `json:"number"`   // from 1
	Reversed   bool   `json:"reversed"` // it got items and evidence in the opposite order
	Provider   string `json:"provider"`
	Model      string `json:"model"`
	FromCache  bool   `json:"fromCache"`
	AgeSeconds int    `json:"ageSeconds"`
	Tokens     int    `json:"tokens"`
	Estimated  bool   `json:"estimated"`
	CostNanos  *int64 `json:"costNanos"`
	Failure    string `json:"failure"` // why it did not come in

	rejected bool // the provider did not take the request
}

// JudgedItem is what the votes say of an item.
type JudgedItem struct {
	Criterion rules.Criterion  `json:"criterion"`
	ID        string           `json:"id"`
	Question  string           `json:"question"`
	Weight    float64          `json:"weight"` // within its criterion
	Answer    Answer           `json:"answer"`
	Pass      int              `json:"pass"` // votes
	Fail      int              `json:"fail"`
	Unclear   int              `json:"unclear"`
	Dropped   int              `json:"dropped"`   // answers that stood on nothing
	Agreement float64          `json:"agreement"` // of the votes that were asked for, 0–1
	Reason    string           `json:"reason"`    // of a vote that says so
	Quotes    []rules.Evidence `json:"quotes"`    // looked up in the evidence; of screenshots, what a model says it sees

	Answers []VoteAnswer `json:"answers"` // of the votes that came in, by their numbers

	fault, advice string // the rubric's words where the answer is no
}

// VoteAnswer is what one vote says of an item.
type VoteAnswer struct {
	Vote    int              `json:"vote"` // its number
	Answer  Answer           `json:"answer"`
	Reason  string           `json:"reason"`
	Quotes  []rules.Evidence `json:"quotes"`  // looked up, as those of the item; none where it does not count
	Dropped string           `json:"dropped"` // why it does not count; empty when it does
}

// rejected says that the provider took none of the requests.
func (p *Panel) rejected() bool {
	for _, v := range p.Votes {
		if !v.rejected {
			return false
		}
	}
	return len(p.Votes) > 0
}

// sum adds up what the votes took.
func (p *Panel) sum() {
	models := map[string]int{}
	var cost int64
	known, cached := true, 0
	for _, v := range p.Votes {
		if v.Failure != "" {
			continue
		}
		p.Counted++
		p.Tokens, p.Estimated = p.Tokens+v.Tokens, p.Estimated || v.Estimated
		if v.CostNanos == nil {
			known = false
		} else {
			cost += *v.CostNanos
		}
		if v.FromCache {
			cached++
			p.Age = max(p.Age, v.AgeSeconds)
		}
		if models[v.Model]++; models[v.Model] > models[p.Model] || p.Model == "" {
			p.Model = v.Model
		}
	}
	p.FromCache = p.Counted > 0 && cached == p.Counted
	if known && p.Counted > 0 {
		p.CostNanos = &cost
	}
}

// maxNotes bounds what is told of what was dropped.
const maxNotes = 30

func (p *Panel) note(text string) {
	if len(p.Notes) == maxNotes {
		p.MoreNotes++
		return
	}
	p.Notes = append(p.Notes, text)
}
