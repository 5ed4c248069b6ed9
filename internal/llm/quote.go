package llm

import (
	"strings"
	"unicode"
)

// Quoted says whether a text that a model quotes stands in the source. Models mend
// spaces, quotation marks and capitals in what they quote, so words and numbers
// alone are compared, in their order. A quotation without any quotes nothing.
func Quoted(source, quote string) bool {
	words := plain(quote)
	return strings.TrimSpace(words) != "" && strings.Contains(plain(source), words)
}

// plain leaves only words and numbers, with a space around each.
func plain(text string) string {
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), " ") + " "
}
