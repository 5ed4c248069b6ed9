package signature

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/excerpt"
)

// What changes from run to run, in the order in which it is blotted out: a rule
// that takes more comes before one that takes a part of it.
var (
	addresses = regexp.MustCompile(`(?i)\b(?:https?|wss?|grpcs?)://[^\s"'<>)\]]+`)
	hosts     = regexp.MustCompile(`\b(?:\d{1,3}(?:\.\d{1,3}){3}|localhost)(?::\d{1,5})?\b|\[[0-9a-fA-F:]{2,}\](?::\d{1,5})?`)
	mails     = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
	moments   = regexp.MustCompile(`\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?|\b\d{2}:\d{2}:\d{2}(?:\.\d+)?\b`)
	uuids     = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b`)
	typed     = regexp.MustCompile(`\b[a-z]{2,8}_[0-9][0-9a-z]{11,}\b`)
	hashes    = regexp.MustCompile(`(?i)\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b`)
	durations = regexp.MustCompile(`\b\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m|h)(?:\d+(?:\.\d+)?(?:ms|s|m))*\b|\b\d+(?:\.\d+)? (?:ms|milliseconds?|seconds?|minutes?)\b`)
	quotes    = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|\u201c[^\u201d]*\u201d|`[^`]*`")
	numbers   = regexp.MustCompile(`[-+]?\d+(?:[.,]\d+)*`)
	pathParts = regexp.MustCompile(`/[^/\s?#]*\d[^/\s?#]*`)
	queries   = regexp.MustCompile(`\?[^\s]*`)
)

// data is a message without what changes from run to run: a sentence of the
// program, which is always the same, around what it saw, which is not.
func data(text string) string {
	text = line(text)
	text = addresses.ReplaceAllString(text, "<url>")
	text = quotes.ReplaceAllString(text, "<text>")
	text = values(text)
	text = durations.ReplaceAllString(text, "<time>")
	text = longHashes(text)
	text = numbers.ReplaceAllString(text, "<n>")
	return excerpt.Start(text, maxPart)
}

// words is the name of a check or of a step. People wrote it into the plan, so its
// short numbers and its quotations are what tells it from others; ids, addresses
// and moments come from variables and rows.
func words(text string) string {
	text = line(text)
	text = addresses.ReplaceAllStringFunc(text, pathOf)
	text = values(text)
	text = longHashes(text)
	text = queries.ReplaceAllString(text, "")
	text = pathParts.ReplaceAllString(text, "/<id>")
	return excerpt.Start(text, maxPart)
}

// values blots out what is data wherever it stands.
func values(text string) string {
	for _, rule := range []struct {
		form *regexp.Regexp
		name string
	}{{mails, "<mail>"}, {uuids, "<id>"}, {typed, "<id>"}, {moments, "<time>"}, {hosts, "<host>"}} {
		text = rule.form.ReplaceAllString(text, rule.name)
	}
	return text
}

// longHashes blots out hexadecimal words with digits, from eight characters on,
// and numbers from four.
func longHashes(text string) string {
	return hashes.ReplaceAllStringFunc(text, func(word string) string {
		digits := strings.Trim(word, "0123456789") == ""
		if len(word) >= 8 || digits && len(word) >= 4 {
			return "<id>"
		}
		return word
	})
}

// pathOf is the path of an address: the same operation runs against several hosts.
func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, found := strings.Cut(rest, "/")
	if !found {
		return "/"
	}
	return "/" + path
}

// line is the first line of a text that says something, with single spaces.
func line(text string) string {
	text = strings.TrimLeft(text, " \t\r\n")
	text, _, _ = strings.Cut(text, "\n")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.Join(strings.Fields(excerpt.Start(text, 8*maxPart)), " ")
}
