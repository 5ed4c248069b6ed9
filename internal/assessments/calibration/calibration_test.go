package calibration_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/semantest/semantest/internal/assessments/calibration"
)

// table makes pairs of a table of four numbers.
func table(both, onlyJudge, onlyPeople, neither int) []calibration.Pair {
	var out []calibration.Pair
	for range both {
		out = append(out, calibration.Pair{Judge: true, People: true})
	}
	for range onlyJudge {
		out = append(out, calibration.Pair{Judge: true})
	}
	for range onlyPeople {
		out = append(out, calibration.Pair{People: true})
	}
	for range neither {
		out = append(out, calibration.Pair{})
	}
	return out
}

func TestAgreement(t *testing.T) {
	t.Parallel()
	// By hand: 20, 5, 10, 15 of 50 agree on 0.7, by chance on 0.5, so κ is 0.4.
	got := calibration.Of(table(20, 5, 10, 15))
	if got.N != 50 || got.Agree != 35 || math.Abs(*got.Kappa-0.4) > 1e-9 {
		t.Errorf("%d of %d, κ %v", got.Agree, got.N, *got.Kappa)
	}
	// √(.7·.3/50)/.5 · 1.96 = .254
	if i := got.KappaInterval; math.Abs(i.Low-0.146) > 1e-3 || math.Abs(i.High-0.654) > 1e-3 {
		t.Errorf("the interval of κ is %+v", i)
	}
	if math.Abs(*got.TPR-20.0/30) > 1e-9 || math.Abs(*got.TNR-15.0/20) > 1e-9 || got.TPRInterval.Low >= *got.TPR || got.TNRInterval.High <= *got.TNR {
		t.Errorf("TPR %v %+v, TNR %v %+v", *got.TPR, got.TPRInterval, *got.TNR, got.TNRInterval)
	}
}

func TestWhatCannotBeTold(t *testing.T) {
	t.Parallel()
	if got := calibration.Of(nil); got.Kappa != nil || got.TPR != nil || got.TNR != nil {
		t.Errorf("of nothing: %+v", got)
	}
	if got := calibration.Of(table(40, 0, 0, 0)); got.Kappa != nil || got.TNR != nil || *got.TPR != 1 {
		t.Errorf("of passes alone: %+v", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	usual := calibration.Limits{}.OrUsual()
	for name, tt := range map[string]struct {
		pairs []calibration.Pair
		ok    bool
	}{
		"enough and in agreement": {table(20, 1, 1, 10), true},
		"too few":                 {table(15, 0, 0, 14), false},
		"by chance":               {table(15, 15, 15, 15), false},
		"passes alone":            {table(60, 0, 0, 0), false},
		"no items":                {nil, false},
		"the opposite":            {table(0, 20, 20, 0), false},
	} {
		if why := usual.Reach(calibration.Of(tt.pairs)); (why == "") != tt.ok {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// TestProperties holds for any table: κ is in its bounds and its interval, 1 only
// for full agreement, the same when judge and people change places, or pass and
// fail do; and one more agreement in place of a disagreement never lowers it.
func TestProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 46))
	for range 2000 {
		a, b, c, d := r.IntN(30), r.IntN(30), r.IntN(30), r.IntN(30)
		got := calibration.Of(table(a, b, c, d))
		if got.Kappa == nil {
			if a+b+c+d > 0 && a != a+b+c+d && d != a+b+c+d {
				t.Fatalf("no κ of %d %d %d %d", a, b, c, d)
			}
			continue
		}
		k := *got.Kappa
		if k < -1 || k > 1 || (k == 1) != (b+c == 0) || k < got.KappaInterval.Low || k > got.KappaInterval.High {
			t.Fatalf("κ of %d %d %d %d is %v in %+v", a, b, c, d, k, got.KappaInterval)
		}
		for _, same := range [][]calibration.Pair{table(a, c, b, d), table(d, b, c, a)} {
			if other := calibration.Of(same); math.Abs(*other.Kappa-k) > 1e-9 {
				t.Fatalf("κ of %d %d %d %d is %v, and %v the other way round", a, b, c, d, k, *other.Kappa)
			}
		}
		if b > 0 && c > 0 {
			if better := calibration.Of(table(a+1, b-1, c-1, d+1)); *better.Kappa <= k {
				t.Fatalf("κ of %d %d %d %d falls from %v to %v with two more agreements", a, b, c, d, k, *better.Kappa)
			}
		}
	}
}
