package metrics

import (
	"strings"
	"sync"
)

// maxValues bounds how many values a label takes that other rooms name.
const maxValues = 16

// other stands for the values of a label that are too many, or no names.
const other = "other"

// known are the values of a label so far.
type known struct {
	mu     sync.Mutex
	values map[string]struct{}
}

func newKnown() *known { return &known{values: map[string]struct{}{}} }

// of is the value in lower case where it is a name, and among the first ones.
func (k *known) of(value string) string {
	value = strings.ToLower(value)
	if !isName(value) {
		return other
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.values[value]; ok {
		return value
	}
	if len(k.values) == maxValues {
		return other
	}
	k.values[value] = struct{}{}
	return value
}

// isName reports whether a value is a short word: a label that held a sentence or
// an id would be one that somebody outside chooses.
func isName(value string) bool {
	if value == "" || len(value) > 32 {
		return false
	}
	return !strings.ContainsFunc(value, func(r rune) bool { return r != '_' && r != '-' && (r < 'a' || r > 'z') })
}
