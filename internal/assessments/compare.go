package assessments

import (
	"context"

	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
)

// Comparison shows two assessments side by side.
type Comparison struct {
	A, B       *Assessment
	Difference *float64 // score of B less that of A
	Criteria   []CriterionComparison
	Agreement  *float64 // share of the items decided in both that have the same answer
	Items      int      // decided in both
	Differing  []ItemComparison
}

// CriterionComparison is a criterion in two assessments.
type CriterionComparison struct {
	Criterion        rules.Criterion
	A, B, Difference *float64
}

// ItemComparison is an item of which two assessments say different things.
type ItemComparison struct {
	Criterion    rules.Criterion
	ID, Question string
	A, B         *judge.Answer // nil where there is no such item
}

// Compare returns two assessments of the caller's project side by side.
func (s *Service) Compare(ctx context.Context, a, b string) (*Comparison, error) {
	first, err := s.Get(ctx, a)
	if err != nil {
		return nil, err
	}
	second, err := s.Get(ctx, b)
	if err != nil {
		return nil, err
	}
	return compare(first, second), nil
}

func compare(a, b *Assessment) *Comparison {
	out := &Comparison{A: a, B: b, Difference: less(b.Judgement.Score, a.Judgement.Score), Differing: []ItemComparison{}}
	for _, c := range rules.Criteria() {
		x, y := scoreOf(a, c), scoreOf(b, c)
		out.Criteria = append(out.Criteria, CriterionComparison{Criterion: c, A: x, B: y, Difference: less(y, x)})
	}
	type key struct {
		criterion rules.Criterion
		id        string
	}
	var order []key
	by := map[key]*ItemComparison{}
	take := func(from *Assessment, set func(*ItemComparison, *judge.Answer)) {
		if from.Panel == nil {
			return
		}
		for _, i := range from.Panel.Items {
			at := key{i.Criterion, i.ID}
			if by[at] == nil {
				by[at] = &ItemComparison{Criterion: i.Criterion, ID: i.ID, Question: i.Question}
				order = append(order, at)
			}
			set(by[at], &i.Answer)
		}
	}
	take(a, func(i *ItemComparison, said *judge.Answer) { i.A = said })
	take(b, func(i *ItemComparison, said *judge.Answer) { i.B = said })
	same := 0
	for _, at := range order {
		i := by[at]
		if decided(i.A) && decided(i.B) {
			out.Items++
			if *i.A == *i.B {
				same++
			}
		}
		if i.A == nil || i.B == nil || *i.A != *i.B {
			out.Differing = append(out.Differing, *i)
		}
	}
	if out.Items > 0 {
		share := rules.Round(float64(same) / float64(out.Items))
		out.Agreement = &share
	}
	return out
}

func decided(a *judge.Answer) bool { return a != nil && (*a == judge.Pass || *a == judge.Fail) }

func scoreOf(a *Assessment, c rules.Criterion) *float64 {
	for _, one := range a.Judgement.Criteria {
		if one.Criterion == c {
			return one.Score
		}
	}
	return nil
}

func less(x, y *float64) *float64 {
	if x == nil || y == nil {
		return nil
	}
	d := rules.Round(*x - *y)
	return &d
}
