package load

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// window is what one part of a load measured in one second of it. Nothing is
// told twice, so the sum of all windows is what was measured.
type window struct {
	slot        int           // the second, from 1, since the common start
	from, to    time.Duration // since the common start
	users, most int           // at the end, and at once
	tally       *tally
	notes       []note
}

// windowVersion changes when workers of two versions could no longer read one
// another.
const windowVersion = 1

// maxWindow bounds what a part tells of a second. A target that answers with a
// different status each time, and thresholds that tell them apart, get there.
const maxWindow = 8 << 20

// wireWindow is a window as it is handed over.
type wireWindow struct {
	Version int            `json:"v"`
	Slot    int            `json:"slot"`
	From    time.Duration  `json:"from"`
	To      time.Duration  `json:"to"`
	Users   int            `json:"vus"`
	Most    int            `json:"most"`
	Cells   []wireMeasured `json:"cells,omitempty"`
	Passes  []wireMeasured `json:"passes,omitempty"`
	Checks  []wireMeasured `json:"checks,omitempty"`
	Notes   []note         `json:"notes,omitempty"`
}

// wireMeasured holds counts and histograms in the order in which they are
// listed; the histograms in HdrHistogram's compressed form (V2), in base64.
type wireMeasured struct {
	Key    []int    `json:"k"`
	Counts []int64  `json:"n"`
	Trends []string `json:"h,omitempty"`
}

func (w *window) encode() ([]byte, error) {
	out := wireWindow{Version: windowVersion, Slot: w.slot, From: w.from, To: w.to, Users: w.users, Most: w.most, Notes: w.notes}
	var err error
	add := func(to *[]wireMeasured, m measured, key ...int) {
		if err == nil {
			err = encodeMeasured(to, m, key)
		}
	}
	for k, c := range w.tally.cells {
		add(&out.Cells, c, k.numbers()...)
	}
	for s, p := range w.tally.passes {
		add(&out.Passes, p, s)
	}
	for a, j := range w.tally.checks {
		add(&out.Checks, j, a.scenario, a.step, a.check)
	}
	if err != nil {
		return nil, fmt.Errorf("write what was measured: %w", err)
	}
	data, err := json.Marshal(out)
	if err == nil && len(data) > maxWindow {
		err = fmt.Errorf("what was measured in a second takes %d MiB, more than the %d MiB that a part of a load may hand over; let fewer thresholds tell answers apart by status",
			len(data)>>20, maxWindow>>20)
	}
	return data, err
}

func encodeMeasured(to *[]wireMeasured, m measured, key []int) error {
	out := wireMeasured{Key: key}
	something := false
	for _, n := range m.counts() {
		out.Counts = append(out.Counts, *n)
		something = something || *n != 0
	}
	for _, h := range m.trends() {
		text := ""
		if h.count() > 0 {
			something = true
			data, err := h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
			if err != nil {
				return err
			}
			text = string(data)
		}
		out.Trends = append(out.Trends, text)
	}
	if something {
		*to = append(*to, out)
	}
	return nil
}

func decodeWindow(data []byte) (*window, error) {
	var in wireWindow
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	if in.Version != windowVersion {
		return nil, fmt.Errorf("the worker measures in form %d, and this one in form %d: they are of different versions", in.Version, windowVersion)
	}
	out := &window{slot: in.Slot, from: in.From, to: in.To, users: in.Users, most: in.Most, notes: in.Notes, tally: newTally()}
	for _, c := range in.Cells {
		k, ok := keyOf(c.Key)
		if !ok {
			return nil, errForeign
		}
		if err := c.decode(out.tally.cell(k)); err != nil {
			return nil, err
		}
	}
	for _, p := range in.Passes {
		if len(p.Key) != 1 {
			return nil, errForeign
		}
		if err := p.decode(out.tally.pass(p.Key[0])); err != nil {
			return nil, err
		}
	}
	for _, j := range in.Checks {
		if len(j.Key) != 3 {
			return nil, errForeign
		}
		if err := j.decode(out.tally.check(asked{j.Key[0], j.Key[1], j.Key[2]})); err != nil {
			return nil, err
		}
	}
	return out, nil
}

var errForeign = fmt.Errorf("read what was measured: it has another form")

func (w wireMeasured) decode(to measured) error {
	counts, trends := to.counts(), to.trends()
	if len(w.Counts) != len(counts) || len(w.Trends) != len(trends) {
		return errForeign
	}
	for i, n := range w.Counts {
		*counts[i] = n
	}
	for i, text := range w.Trends {
		if text == "" {
			continue
		}
		h, err := decodeHistogram(text)
		if err != nil {
			return err
		}
		if h.HighestTrackableValue() != highest || h.SignificantFigures() != int64(trends[i].digits) {
			return errForeign // merging it would lose something
		}
		trends[i].h = h
	}
	return nil
}

// decodeHistogram guards against the library, which panics on what is no
// histogram.
func decodeHistogram(text string) (h *hdrhistogram.Histogram, err error) {
	defer func() {
		if recover() != nil {
			h, err = nil, errForeign
		}
	}()
	if h, err = hdrhistogram.Decode([]byte(text)); err != nil {
		return nil, fmt.Errorf("read a histogram: %w", err)
	}
	return h, nil
}

// numbers is the key as numbers; keyOf reads them.
func (k key) numbers() []int {
	unexpected := 0
	if k.unexpected {
		unexpected = 1
	}
	return []int{k.scenario, k.step, k.status, unexpected}
}

func keyOf(n []int) (key, bool) {
	if len(n) != 4 {
		return key{}, false
	}
	return key{scenario: n[0], step: n[1], status: n[2], unexpected: n[3] == 1}, true
}

// book puts the windows of all parts together, second by second. A second is
// closed once every part that is at work has told of it.
type book struct {
	reached map[int]int // the last second of which a part has told, for those at work
	slots   map[int]*slot
	next    int // the first second that is not closed
	seen    int // the last second of which any part has told
}

// slot is what all parts together measured in a second.
type slot struct {
	number      int
	to          time.Duration
	users, most int
	tally       *tally
}

// whole is false for the end of a load within a second.
func (s *slot) whole() bool { return s.to >= time.Duration(s.number)*time.Second }

func newBook() *book { return &book{reached: map[int]int{}, slots: map[int]*slot{}, next: 1} }

// join says that a part is at work from a second on.
func (b *book) join(part, from int) { b.reached[part] = from - 1 }

// leave says that a part will tell nothing more.
func (b *book) leave(part int) { delete(b.reached, part) }

// add takes a window. One of a second that is closed goes to the next one that
// is not, so that nothing is lost.
func (b *book) add(part int, w *window) {
	n := max(w.slot, b.next)
	s := b.slots[n]
	if s == nil {
		s = &slot{number: n, tally: newTally()}
		b.slots[n] = s
	}
	s.tally.merge(w.tally)
	s.to = max(s.to, w.to)
	s.users += w.users
	s.most += w.most
	b.seen = max(b.seen, n)
	if _, there := b.reached[part]; there {
		b.reached[part] = max(b.reached[part], w.slot)
	}
}

// close returns the seconds that are complete, in their order.
func (b *book) close() (out []*slot) {
	upTo := b.seen
	if len(b.reached) > 0 {
		upTo = min(upTo, slices.Min(slices.Collect(maps.Values(b.reached))))
	}
	for ; b.next <= upTo; b.next++ {
		s := b.slots[b.next]
		if s == nil { // nobody was at work
			s = &slot{number: b.next, to: time.Duration(b.next) * time.Second, tally: newTally()}
		}
		delete(b.slots, b.next)
		out = append(out, s)
	}
	return out
}

// take returns what was noted since it was last called.
func (n *notes) take() []note {
	out := n.list()
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.count)
	n.other = 0
	return out
}

// merge adds what another part noted.
func (n *notes) merge(list []note) {
	slices.SortFunc(list, func(a, b note) int { return cmp.Compare(a.Message, b.Message) })
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, other := range list {
		if _, known := n.count[other.Message]; other.Message == others || !known && len(n.count) == maxNotes {
			n.other += other.Count
		} else {
			n.count[other.Message] += other.Count
		}
	}
}
