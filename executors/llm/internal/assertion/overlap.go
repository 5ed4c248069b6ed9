package assertion

import (
	"math"
	"strings"
	"unicode"
)

// words splits as metrics of overlap do: in lower case, without punctuation. It
// bounds what hostile outputs cost.
func words(text string) []string {
	const most = 50_000
	out := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '\'' })
	return out[:min(len(out), most)]
}

func grams(words []string, n int) map[string]int {
	out := map[string]int{}
	for i := 0; i+n <= len(words); i++ {
		out[strings.Join(words[i:i+n], " ")]++
	}
	return out
}

// shared counts what two bags have in common.
func shared(a, b map[string]int) (n int) {
	for gram, count := range a {
		n += min(count, b[gram])
	}
	return n
}

func size(bag map[string]int) (n int) {
	for _, count := range bag {
		n += count
	}
	return n
}

const defaultRouge = 0.75

// rouge is ROUGE-1: the harmonic mean of how much of the reference stands in the
// output and how much of the output in the reference (Lin, 2004).
func rouge(a Assertion, out Output) (Verdict, error) {
	want, err := textOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	reference, output := grams(words(want), 1), grams(words(out.Text), 1)
	score := 0.0
	if n := float64(shared(reference, output)); n > 0 {
		recall, precision := n/float64(size(reference)), n/float64(size(output))
		score = 2 * recall * precision / (recall + precision)
	}
	return graded(score, a.Threshold, defaultRouge, "ROUGE-1")
}

const (
	longestGram    = 4
	defaultOverlap = 0.5
)

// bleu is BLEU of the whole output against the references: the geometric mean of
// the clipped precisions of 1 to 4 words, with a penalty for what is too short
// (Papineni et al., 2002). A precision of nothing counts as half of what the next
// smaller one would be, since single sentences seldom share four words.
func bleu(a Assertion, out Output) (Verdict, error) {
	references, err := textsAsGiven(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	output := words(out.Text)
	if len(output) == 0 {
		return graded(0, a.Threshold, defaultOverlap, "BLEU")
	}
	logs, smoothed := 0.0, 1.0
	orders := min(longestGram, len(output))
	for n := 1; n <= orders; n++ {
		said := grams(output, n)
		best := map[string]int{}
		for _, reference := range references {
			for gram, count := range grams(words(reference), n) {
				best[gram] = max(best[gram], count)
			}
		}
		precision := float64(shared(said, best)) / float64(size(said))
		if precision == 0 {
			if n == 1 {
				return graded(0, a.Threshold, defaultOverlap, "BLEU")
			}
			smoothed /= 2
			precision = smoothed / float64(size(said))
		}
		logs += math.Log(precision)
	}
	return graded(brevity(len(output), references)*math.Exp(logs/float64(orders)), a.Threshold, defaultOverlap, "BLEU")
}

// brevity is the penalty of an output that is shorter than the reference nearest
// to it in length.
func brevity(length int, references []string) float64 {
	nearest := -1
	for _, reference := range references {
		n := len(words(reference))
		away, best := abs(n-length), abs(nearest-length)
		if nearest < 0 || away < best || away == best && n < nearest {
			nearest = n
		}
	}
	if length >= nearest {
		return 1
	}
	return math.Exp(1 - float64(nearest)/float64(length))
}

func abs(n int) int { return max(n, -n) }

// gleu is the smaller one of precision and recall over all sequences of 1 to 4
// words (Wu et al., 2016), against the reference that fits best.
func gleu(a Assertion, out Output) (Verdict, error) {
	references, err := textsAsGiven(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	output := words(out.Text)
	score := 0.0
	for _, reference := range references {
		known := words(reference)
		common, said, wanted := 0, 0, 0
		for n := 1; n <= longestGram; n++ {
			a, b := grams(output, n), grams(known, n)
			common, said, wanted = common+shared(a, b), said+size(a), wanted+size(b)
		}
		if longer := max(said, wanted); longer > 0 {
			score = max(score, float64(common)/float64(longer))
		}
	}
	return graded(score, a.Threshold, defaultOverlap, "GLEU")
}

// textsAsGiven reads references: a text is one of them, commas and all.
func textsAsGiven(v any) ([]string, error) {
	if text, ok := v.(string); ok {
		return []string{text}, nil
	}
	return textsOf(v)
}
