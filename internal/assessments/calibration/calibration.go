// Package calibration says how far a judge agrees with people: Cohen's κ, and how
// often it passes what people pass and fails what people fail, each with its
// interval. It is pure.
package calibration

import (
	"fmt"
	"math"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// Pair is what the judge and people say of one item: true is pass.
type Pair struct{ Judge, People bool }

// Interval holds a value with 95 % confidence.
type Interval struct{ Low, High float64 }

// Agreement of a judge with people. What cannot be told is nil.
type Agreement struct {
	N, Agree      int
	Kappa         *float64 // nil where both know one label only
	KappaInterval *Interval
	TPR           *float64 // of what people pass, passed by the judge
	TPRInterval   *Interval
	TNR           *float64 // of what people fail, failed by the judge
	TNRInterval   *Interval
}

// z95 is the quantile of the normal distribution for 95 % on both sides.
const z95 = 1.959963984540054

// Of returns the agreement over pairs.
func Of(pairs []Pair) Agreement {
	var both, neither, onlyJudge, onlyPeople int
	for _, p := range pairs {
		switch {
		case p.Judge && p.People:
			both++
		case p.Judge:
			onlyJudge++
		case p.People:
			onlyPeople++
		default:
			neither++
		}
	}
	out := Agreement{N: len(pairs), Agree: both + neither}
	out.TPR, out.TPRInterval = rate(both, both+onlyPeople)
	out.TNR, out.TNRInterval = rate(neither, neither+onlyJudge)
	if out.N == 0 {
		return out
	}
	n := float64(out.N)
	observed := float64(out.Agree) / n
	judge, people := float64(both+onlyJudge)/n, float64(both+onlyPeople)/n
	chance := judge*people + (1-judge)*(1-people)
	if chance >= 1 {
		return out
	}
	kappa := (observed - chance) / (1 - chance)
	// Cohen's large-sample standard error.
	half := z95 * math.Sqrt(observed*(1-observed)/n) / (1 - chance)
	out.Kappa, out.KappaInterval = &kappa, &Interval{max(-1, kappa-half), min(1, kappa+half)}
	return out
}

// rate is a share with its interval by Wilson.
func rate(good, n int) (*float64, *Interval) {
	if n == 0 {
		return nil, nil
	}
	share := float64(good) / float64(n)
	i := rules.Wilson(float64(good), float64(n))
	return &share, &Interval{i.Low, i.High}
}

// Limits of a judge that may fail a gate.
type Limits struct {
	Kappa float64 // at least
	Items int     // at least, decided by people and the judge
}

// OrUsual fills in the usual limits: κ of 0.6, the lower end of substantial
// agreement, and 30 items (ours).
func (l Limits) OrUsual() Limits {
	if l.Kappa == 0 {
		l.Kappa = 0.6
	}
	if l.Items == 0 {
		l.Items = 30
	}
	return l
}

// Reach says what keeps a judge from being calibrated; "" where nothing does.
func (l Limits) Reach(a Agreement) string {
	switch {
	case a.N < l.Items:
		return fmt.Sprintf("%d labelled items are too few; %d are needed", a.N, l.Items)
	case a.Kappa == nil:
		return "all labelled items have the same label, so that κ cannot be told; label items of both kinds"
	case *a.Kappa < l.Kappa:
		return fmt.Sprintf("κ is %.2f, less than %.2f", *a.Kappa, l.Kappa)
	}
	return ""
}
