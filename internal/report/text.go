package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// terminalCodes are colours and cursor moves that tools write to a terminal.
var terminalCodes = regexp.MustCompile(`\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])`)

// clean returns text that XML, HTML and people can take: valid UTF-8 without
// terminal codes and control characters other than tab and newline.
func clean(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = terminalCodes.ReplaceAllString(s, "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n':
			return r
		case r == '\r':
			return '\n'
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, s)
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f {
			return false
		}
	}
	return true
}

// clip cleans a text and cuts it to limit bytes, and says how much is missing.
func clip(s string, limit int) string {
	whole := len(s)
	if whole > 2*limit+1000 {
		s = s[:2*limit+1000] // what is far beyond the limit need not be cleaned
	}
	s = clean(s)
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (cut, %d bytes in all)", s[:cut], whole)
}

// oneLine is clip for places that hold a single line.
func oneLine(s string, limit int) string {
	return strings.Join(strings.Fields(clip(s, limit)), " ")
}

// millis writes a duration in milliseconds with at most three decimals.
func millis(d time.Duration) float64 {
	return float64(max(d, 0).Round(time.Microsecond)) / float64(time.Millisecond)
}

// short writes a duration for people: 840 ms, 12.3 s, 4 min 05 s.
func short(d time.Duration) string {
	if d <= 0 {
		return "0 ms"
	}
	if d < 9950*time.Microsecond {
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'g', 2, 64) + " ms"
	}
	if ms := d.Round(time.Millisecond); ms < time.Second {
		return fmt.Sprintf("%d ms", ms.Milliseconds())
	}
	if tenths := d.Round(100 * time.Millisecond); tenths < time.Minute {
		return fmt.Sprintf("%.1f s", tenths.Seconds())
	}
	if s := d.Round(time.Second); s < time.Hour {
		return fmt.Sprintf("%d min %02d s", s/time.Minute, s%time.Minute/time.Second)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %02d min", d/time.Hour, d%time.Hour/time.Minute)
}
