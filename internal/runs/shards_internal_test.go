package runs

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// TestDivisions holds what is true of every division: each case in exactly one
// shard, the same for the same input, and no shard much longer than must be.
func TestDivisions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		cases, known := someCases(r, 1+r.IntN(60))
		shards := 1 + r.IntN(8)
		got := balanced(cases, known, shards)
		if diff := cmp.Diff(got, balanced(cases, known, shards)); diff != "" {
			t.Fatalf("round %d: twice the same gives two divisions:\n%s", round, diff)
		}
		for name, division := range map[string]map[string]int{"balanced": got, "in turn": inTurn(cases, shards)} {
			if len(division) != len(cases) {
				t.Fatalf("round %d, %s: %d cases became %d", round, name, len(cases), len(division))
			}
			for key, shard := range division {
				if shard < 1 || shard > shards {
					t.Fatalf("round %d, %s: case %s is in shard %d of %d", round, name, key, shard, shards)
				}
			}
		}
		loads, total, longest := loadsOf(cases, known, got, shards)
		for _, load := range loads {
			if load > total/time.Duration(shards)+longest {
				t.Fatalf("round %d: a shard takes %s where all take %s and the longest case %s", round, load, total, longest)
			}
		}
	}
}

// TestBalance compares with the best division of all.
func TestBalance(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		cases, known := someCases(r, 1+r.IntN(8))
		shards := 2 + r.IntN(2)
		lengths := lengthsOf(cases, known)
		best := bestOf(lengths, make([]time.Duration, shards))
		loads, _, _ := loadsOf(cases, known, balanced(cases, known, shards), shards)
		for _, load := range loads {
			if 3*load > 4*best {
				t.Fatalf("round %d: %v on %d shards takes %s, the best division %s", round, lengths, shards, load, best)
			}
		}
	}
}

func TestUnknownCountsAsTheMedian(t *testing.T) {
	t.Parallel()
	var cases []spec.ExpandedCase
	for _, key := range []string{"long", "short", "middle", "new", "skipped"} {
		c := spec.ExpandedCase{Key: key}
		if key == "skipped" {
			c.Skip = "later"
		}
		cases = append(cases, c)
	}
	known := map[string]time.Duration{"long": 9 * time.Second, "short": time.Second, "middle": 4 * time.Second, "gone": time.Hour, "skipped": time.Hour}
	want := []time.Duration{9 * time.Second, time.Second, 4 * time.Second, 4 * time.Second, 0}
	if diff := cmp.Diff(want, lengthsOf(cases, known)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"long": 1, "middle": 2, "new": 2, "short": 2, "skipped": 1}, balanced(cases, known, 2)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNothingKnownIsInTurn is what makes shards agree that share no database.
func TestNothingKnownIsInTurn(t *testing.T) {
	t.Parallel()
	cases, _ := someCases(rand.New(rand.NewPCG(5, 6)), 23)
	if diff := cmp.Diff(inTurn(cases, 4), balanced(cases, nil, 4)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// someCases makes cases, of which a part has a known length.
func someCases(r *rand.Rand, n int) ([]spec.ExpandedCase, map[string]time.Duration) {
	known := map[string]time.Duration{}
	cases := make([]spec.ExpandedCase, n)
	for i := range cases {
		cases[i].Key = fmt.Sprint("case.", i)
		if r.IntN(4) > 0 {
			known[cases[i].Key] = time.Duration(r.IntN(10_000)) * time.Millisecond
		}
	}
	return cases, known
}

func loadsOf(cases []spec.ExpandedCase, known map[string]time.Duration, division map[string]int, shards int) (loads []time.Duration, total, longest time.Duration) {
	loads = make([]time.Duration, shards)
	for i, length := range lengthsOf(cases, known) {
		loads[division[cases[i].Key]-1] += length
		total += length
		longest = max(longest, length)
	}
	return loads, total, longest
}

// bestOf tries everything.
func bestOf(lengths, loads []time.Duration) time.Duration {
	if len(lengths) == 0 {
		var longest time.Duration
		for _, load := range loads {
			longest = max(longest, load)
		}
		return longest
	}
	best := time.Duration(1<<63 - 1)
	for i := range loads {
		loads[i] += lengths[0]
		best = min(best, bestOf(lengths[1:], loads))
		loads[i] -= lengths[0]
	}
	return best
}
