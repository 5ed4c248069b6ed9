package load

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/excerpt"
)

const (
	maxNotes = 20  // different sentences that are kept
	maxNote  = 500 // bytes of one
	others   = "others"
)

// note is a sentence about what went wrong, and how often it did.
type note struct {
	Message string `json:"message"`
	Count   int64  `json:"count"`
}

// notes keeps the first sentences of a load; those for which there is no room
// are counted together.
type notes struct {
	mu    sync.Mutex
	count map[string]int64
	other int64
}

func newNotes() *notes { return &notes{count: map[string]int64{}} }

func (n *notes) add(text string) {
	text = short(text)
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.count[text]; !known && len(n.count) == maxNotes {
		n.other++
		return
	}
	n.count[text]++
}

// check notes why a check did not hold. The sentence is made only while there
// is room for one: it takes longer than the check.
func (n *notes) check(step, asks string, why func(*answer, time.Duration) string, a *answer, took time.Duration) {
	n.mu.Lock()
	full := len(n.count) == maxNotes
	n.mu.Unlock()
	if full {
		n.add(step + ": " + asks + " did not hold")
		return
	}
	n.add(step + ": " + why(a, took))
}

// list is what was noted, the most frequent first.
func (n *notes) list() []note {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]note, 0, len(n.count)+1)
	for text, count := range n.count {
		out = append(out, note{text, count})
	}
	slices.SortFunc(out, func(a, b note) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Message, b.Message))
	})
	if n.other > 0 {
		out = append(out, note{others, n.other})
	}
	return out
}

// short is the beginning of a text on one line.
func short(text string) string {
	return excerpt.Line(text, maxNote)
}
