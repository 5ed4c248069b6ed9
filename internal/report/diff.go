package report

import "strings"

// diffLinesMax bounds the lines of each side: the comparison takes time by
// their product.
const diffLinesMax = 300

// diffLine is one line of a comparison; Sign is "-" for a line that was
// expected and is not there, "+" for one that is there instead, " " for both.
type diffLine struct {
	Sign string
	Text string
}

// diffLines compares two texts line by line, by the longest common
// subsequence; nil when either is too long for that.
func diffLines(expected, actual string) []diffLine {
	a, b := strings.Split(expected, "\n"), strings.Split(actual, "\n")
	if len(a) > diffLinesMax || len(b) > diffLinesMax {
		return nil
	}
	common := make([][]int, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []diffLine
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, diffLine{" ", a[i]})
			i++
			j++
		case j == len(b) || (i < len(a) && common[i+1][j] >= common[i][j+1]):
			out = append(out, diffLine{"-", a[i]})
			i++
		default:
			out = append(out, diffLine{"+", b[j]})
			j++
		}
	}
	return out
}

// parts is a text divided at where it departs from another one.
type parts struct{ Before, Changed, After string }

// differing divides two single lines into their common beginning, what
// differs, and their common end.
func differing(a, b string) (parts, parts) {
	x, y := []rune(a), []rune(b)
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	if head+tail < min(len(x), len(y))/3 {
		return parts{Changed: a}, parts{Changed: b} // little in common: marks would only distract
	}
	cut := func(r []rune) parts {
		return parts{string(r[:head]), string(r[head : len(r)-tail]), string(r[len(r)-tail:])}
	}
	return cut(x), cut(y)
}
