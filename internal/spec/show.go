package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxShown bounds every text that is printed about a value: 500 bytes.
const maxShown = 500

// show prints a value as JSON, bounded. It never builds the whole text of a
// large value first.
func show(v any) string {
	var b strings.Builder
	showInto(&b, v)
	return bound(b.String())
}

// showBare is show without quotes around text, for limits such as 500ms.
func showBare(v any) string {
	if text, ok := textOf(v); ok {
		return bound(text)
	}
	return show(v)
}

func showInto(b *strings.Builder, v any) {
	if b.Len() > maxShown {
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case string:
		b.WriteString(quote(v))
	case time.Duration:
		b.WriteString(roundDuration(v).String())
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if b.Len() > maxShown {
				return
			}
			if i > 0 {
				b.WriteByte(',')
			}
			showInto(b, e)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, k := range sortedKeys(v) {
			if b.Len() > maxShown {
				return
			}
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quote(k))
			b.WriteByte(':')
			showInto(b, v[k])
		}
		b.WriteByte('}')
	default:
		if text, ok := textOf(v); ok {
			b.WriteString(text)
			return
		}
		fmt.Fprintf(b, "%v", v)
	}
}

// quote writes text as a JSON string. Only as much of it is read as can be
// shown.
func quote(text string) string {
	if len(text) > maxShown {
		text = cut(text, maxShown) // the closing quote is cut off by bound
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return fmt.Sprintf("%q", text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// bound cuts text to maxShown bytes at the edge of a rune.
func bound(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return cut(text, maxShown) + "…"
}

// cut returns at most n bytes of text, and no part of a rune.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// roundDuration leaves microseconds: more digits say nothing about a target.
func roundDuration(d time.Duration) time.Duration {
	if d > time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
