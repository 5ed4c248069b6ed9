package spec

import (
	"fmt"
	"strings"
)

const (
	refOpen  = "${{"
	refClose = "}}"

	// maxVarName bounds the name of a variable: 100 bytes.
	maxVarName = 100
)

// reference is one `${{ name }}` in a text, by byte offsets.
type reference struct {
	name       string
	start, end int
}

// refError is a `${{` that is not a reference; start is its byte offset.
type refError struct {
	message string
	start   int
}

func (e *refError) Error() string { return e.message }

// nextReference finds the first reference in text. It reports false where
// there is none, and a *refError where `${{` does not begin a reference.
func nextReference(text string) (reference, bool, error) {
	start := strings.Index(text, refOpen)
	if start < 0 {
		return reference{}, false, nil
	}
	inner := text[start+len(refOpen):]
	length := strings.Index(inner, refClose)
	if length < 0 {
		return reference{}, false, &refError{start: start, message: "a ${{ is not closed by }}"}
	}
	name := strings.TrimSpace(inner[:length])
	if !isVarName(name) {
		return reference{}, false, &refError{start: start, message: fmt.Sprintf(
			"%s is not the name of a variable: it begins with a letter or underscore and holds letters, digits, underscore, dot and dash", quote(cut(name, 60)))}
	}
	return reference{name: name, start: start, end: start + len(refOpen) + length + len(refClose)}, true, nil
}

// isVarName reports whether a variable may have this name.
func isVarName(name string) bool {
	if name == "" || len(name) > maxVarName {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && (c == '.' || c == '-' || '0' <= c && c <= '9'):
		default:
			return false
		}
	}
	return true
}

// hasReference reports whether text uses a variable, also in a wrong form.
func hasReference(text string) bool { return strings.Contains(text, refOpen) }
