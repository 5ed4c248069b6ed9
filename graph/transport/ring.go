package transport

import (
	"sort"

	"github.com/99designs/gqlgen/graphql"
)

// view is what a group holds at a moment. It never changes; each payload makes
// the next one, so that writers read without a lock.
type view struct {
	entries []entry
	base    int64 // position of the first entry, counted from the group's first
	floor   int64 // number of the payload before the first entry
	ended   *ending
}

// entry is one payload, encoded.
type entry struct {
	number  int64
	upTo    int64 // bytes of all payloads of the group until and with this one
	payload []byte
	packed  *packed
}

// ending is how an execution ended: completed where there are no errors.
type ending struct{ errors []byte }

// last returns the number of the newest payload.
func (v *view) last() int64 {
	if n := len(v.entries); n > 0 {
		return v.entries[n-1].number
	}
	return v.floor
}

// next returns the position after the newest payload.
func (v *view) next() int64 { return v.base + int64(len(v.entries)) }

// bytes returns how many bytes were written to the group in all.
func (v *view) bytes() int64 {
	if n := len(v.entries); n > 0 {
		return v.entries[n-1].upTo
	}
	return 0
}

// behind returns how many bytes wait for a member at a position.
func (v *view) behind(pos int64) int64 {
	if pos >= v.next() {
		return 0
	}
	first := v.entries[max(pos-v.base, 0)]
	return v.bytes() - first.upTo + int64(len(first.payload))
}

// after returns the position of the payload that follows a number, if what the
// group holds follows it without a hole.
func (v *view) after(number int64) (int64, bool) {
	if number < v.floor || number > v.last() {
		return 0, false
	}
	i := sort.Search(len(v.entries), func(i int) bool { return v.entries[i].number > number })
	return v.base + int64(i), true
}

// with returns the view after one more payload. It lets go of the oldest ones,
// but none from the position keep on.
func (v *view) with(e entry, most, mostBytes int, keep int64) *view {
	e.upTo = v.bytes() + int64(len(e.payload))
	out := &view{base: v.base, floor: v.floor}
	entries := v.entries
	for len(entries) > 0 && out.base < keep && (len(entries) >= most || e.upTo-entries[0].upTo > int64(mostBytes)) {
		out.floor = entries[0].number
		entries = entries[1:]
		out.base++
	}
	if len(entries) == cap(entries) {
		// Not append: what it copies would grow with all that was ever held.
		entries = append(make([]entry, 0, 2*len(entries)+8), entries...)
	}
	entries = append(entries, e)
	out.entries = entries
	return out
}

// full reports whether one more payload would push out the first.
func (v *view) full(most, mostBytes int) bool {
	return len(v.entries) >= most || len(v.entries) > 0 && v.bytes()-v.entries[0].upTo > int64(mostBytes)/2
}

// failed reports whether a response tells that a subscription did not begin.
func failed(r *graphql.Response) bool { return len(r.Errors) > 0 && r.Data == nil }
