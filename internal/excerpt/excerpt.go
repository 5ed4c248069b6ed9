package excerpt

import (
	"strings"
	"unicode/utf8"
)

// replacement stands for what is no text.
const replacement = "\uFFFD"

// Of is text, or its first limit bytes and an ellipsis. It cuts between runes.
func Of(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return Start(text, limit) + "…"
}

// Start is the first limit bytes of text at most. It cuts between runes.
func Start(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := max(limit, 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// Line is Of for places that hold one line: each white space, line feeds too,
// becomes a space, and what is not UTF-8 a replacement character.
func Line(text string, limit int) string {
	return Of(strings.Join(strings.Fields(strings.ToValidUTF8(text, replacement)), " "), limit)
}

// Storable is text as Postgres can hold it: UTF-8 without NUL.
func Storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, replacement), "\x00", replacement)
}
