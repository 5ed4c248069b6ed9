package store

import "github.com/semantest/semantest/internal/apperr"

// Page asks for a part of a list: the newest first, by id. Ids sort by time, so
// the id of the last item is the cursor to what follows.
type Page struct {
	First int    // 1–100; 0 means 20
	After string // id of the last item seen; empty for the beginning
}

// Bounds of a page.
const (
	DefaultFirst = 20
	MaxFirst     = 100
)

// Limit returns how many items to read: one more than asked for, which tells
// whether there is a next page.
func (p Page) Limit() (int, error) {
	first := p.First
	if first == 0 {
		first = DefaultFirst
	}
	if first < 1 || first > MaxFirst {
		return 0, apperr.Invalid("first", "first must be from 1 to %d", MaxFirst)
	}
	return first + 1, nil
}

// Cut takes off the item that was read beyond the page and reports whether
// there was one.
func Cut[T any](items []T, limit int) ([]T, bool) {
	if len(items) < limit {
		return items, false
	}
	return items[:limit-1], true
}
