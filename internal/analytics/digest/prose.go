package digest

import (
	"fmt"
	"strings"
)

// Prose tells how it went, in sentences of a template.
func Prose(f Facts) string {
	if f.Runs == 0 {
		return "No run ended in this time."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s ended and %s. Of %s, %s passed.", count(f.Runs, "run"), passed(f.Passed, f.Runs), count(f.Results, "result"), percent(f.PassRate))
	if f.Score != nil {
		fmt.Fprintf(&b, " The mean score of the assessments is %s of 1.", score(f.Score))
	}
	if first, last := firstAndLast(f.Days); first != nil {
		switch {
		case last.PassRate > first.PassRate:
			fmt.Fprintf(&b, " The pass rate rose from %s to %s.", percent(first.PassRate), percent(last.PassRate))
		case last.PassRate < first.PassRate:
			fmt.Fprintf(&b, " The pass rate fell from %s to %s.", percent(first.PassRate), percent(last.PassRate))
		}
	}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{len(f.Broken), "One case that had passed fails now.", "%d cases that had passed fail now."},
		{len(f.Flaky), "One case is flaky.", "%d cases are flaky."},
		{len(f.Anomalies), "One value does not fit the runs before.", "%d values do not fit the runs before."},
	} {
		switch {
		case part.n == 1:
			b.WriteString(" " + part.one)
		case part.n > 1:
			fmt.Fprintf(&b, " "+part.many, part.n)
		}
	}
	if len(f.Clusters) > 0 {
		c := f.Clusters[0]
		fmt.Fprintf(&b, " What failed most is “%s”, in %s of %s.", clean(strings.TrimSuffix(c.Quote, ".")), count(c.Count, "result"), count(c.CaseCount, "case"))
	}
	return b.String()
}

func passed(n, of int) string {
	switch n {
	case of:
		return "all passed"
	case 0:
		return "none passed"
	}
	return fmt.Sprintf("%d passed", n)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// firstAndLast are the days to compare; nil where there is one alone.
func firstAndLast(days []Day) (first, last *Day) {
	if len(days) < 2 {
		return nil, nil
	}
	return &days[0], &days[len(days)-1]
}
