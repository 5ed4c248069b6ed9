package assertion

import (
	"math"

	"github.com/kljensen/snowball/english"
)

// The constants of METEOR (Lavie and Agarwal, 2007): how much more recall counts
// than precision, how steeply scattered matches cost, and how much at most.
const (
	meteorAlpha = 0.9
	meteorBeta  = 3
	meteorGamma = 0.5
)

// meteor is METEOR against the reference that fits best: the weighted harmonic
// mean of precision and recall over words that match as they are or by their
// English stems, less a penalty for matches that stand in another order. The
// synonyms of the original need WordNet and are left out.
func meteor(a Assertion, out Output) (Verdict, error) {
	references, err := textsAsGiven(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	output := words(out.Text)
	score := 0.0
	for _, reference := range references {
		score = max(score, meteorOf(output, words(reference)))
	}
	return graded(score, a.Threshold, defaultOverlap, "METEOR")
}

func meteorOf(output, reference []string) float64 {
	places := aligned(output, reference)
	matches, chunks := 0, 0
	for i, place := range places {
		if place < 0 {
			continue
		}
		matches++
		if i == 0 || places[i-1] < 0 || places[i-1]+1 != place {
			chunks++
		}
	}
	if matches == 0 {
		return 0
	}
	precision, recall := float64(matches)/float64(len(output)), float64(matches)/float64(len(reference))
	mean := precision * recall / (meteorAlpha*precision + (1-meteorAlpha)*recall)
	return mean * (1 - meteorGamma*math.Pow(float64(chunks)/float64(matches), meteorBeta))
}

// aligned gives each word of the output its place in the reference, or -1: words
// as they are first, then those that have a stem in common.
func aligned(output, reference []string) []int {
	places := make([]int, len(output))
	for i := range places {
		places[i] = -1
	}
	taken := make([]bool, len(reference))
	match(places, taken, output, reference)
	match(places, taken, stems(output), stems(reference))
	return places
}

// match aligns what is not aligned yet with the word that continues the match
// before it, where that is the same, or else with the first one that is free.
func match(places []int, taken []bool, output, reference []string) {
	free := map[string][]int{}
	for i, word := range reference {
		if !taken[i] {
			free[word] = append(free[word], i)
		}
	}
	for i, word := range output {
		if places[i] >= 0 {
			continue
		}
		next := -1
		if i > 0 && places[i-1] >= 0 {
			next = places[i-1] + 1
		}
		if next < 0 || next >= len(reference) || taken[next] || reference[next] != word {
			next = -1
			for list := free[word]; len(list) > 0 && next < 0; list = list[1:] {
				if !taken[list[0]] {
					next = list[0]
				}
				free[word] = list[1:]
			}
		}
		if next >= 0 {
			places[i], taken[next] = next, true
		}
	}
}

func stems(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = english.Stem(word, true)
	}
	return out
}
