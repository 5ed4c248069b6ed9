package browser

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// tabView is which tabs there are and which of them the steps act on, as they
// will be for a case that performs the steps.
type tabView struct {
	current *page
	before  []*page
	open    []*page // beside the first one, in order
	dialog  *driver.DialogOpened
}

// number is what the plan calls a tab: 0 is the first one; -1 for one that is no
// more.
func (t *tabView) number(pg *page) int {
	if pg.id == "" {
		return 0
	}
	if i := slices.Index(t.open, pg); i >= 0 {
		return i + 1
	}
	return -1
}

func (t *tabView) choose(pg *page) {
	t.before = append(t.before, t.current)
	t.current = pg
}

// closed forgets a tab and goes back to the one that was chosen before.
func (t *tabView) closed(pg *page, first *page) {
	isIt := func(other *page) bool { return other == pg }
	t.open, t.before = slices.DeleteFunc(t.open, isIt), slices.DeleteFunc(t.before, isIt)
	if t.current != pg {
		return
	}
	t.current = first
	if n := len(t.before); n > 0 {
		t.current, t.before = t.before[n-1], t.before[:n-1]
	}
}

// byItself is how soon after a person's act something counts as its doing.
const byItself = 2 * time.Second

func (rec *recording) onPopupOpened(ctx context.Context, e driver.PopupOpened) {
	if len(rec.tabs.open) >= maxPopups {
		return // it was closed at once
	}
	st := newStep(ctx, rec.r, &executors.Report{Sink: rec.sink}, slice)
	defer st.cancel()
	pg, err := st.window(e.ID)
	if err == nil {
		rec.tabs.open = append(rec.tabs.open, pg)
		err = rec.listen(st.ctx, pg)
	}
	if err != nil && ctx.Err() == nil && slices.Contains(rec.r.windows(), e.ID) {
		rec.note("what is done in a window that was opened cannot be recorded: %s", oneLine(err.Error()))
	}
	if err == nil {
		rec.arrived(st.ctx, pg)
	}
}

func (rec *recording) onPopupClosed(e driver.PopupClosed) {
	pg := rec.r.known[e.ID]
	if pg == nil {
		return
	}
	// A tab that closes itself does so for the plan, too.
	byHand := pg == rec.tabs.current && time.Since(rec.lastIn(pg)) > byItself
	if byHand {
		rec.append(recorded{step: spec.BrowserStep{Tab: &spec.Tab{Close: true}}, page: pg, at: time.Now()})
	}
	rec.tabs.closed(pg, rec.r.first)
	rec.r.forget(pg)
	delete(rec.at, pg)
}

// lastIn is when something was done last in a page.
func (rec *recording) lastIn(pg *page) time.Time {
	for _, s := range slices.Backward(rec.steps) {
		if s.page == pg {
			return s.at
		}
	}
	return time.Time{}
}

// whereabouts is where a tab is in its history, as far as is known.
type whereabouts struct {
	asked   bool // the page itself has asked for the document that comes
	url     string
	history driver.History
}

// arrived notes where a page is, without a step for it.
func (rec *recording) arrived(ctx context.Context, pg *page) {
	if w, h, ok := rec.whereabouts(ctx, pg); ok {
		w.history, w.asked, w.url = h, false, h.Entries[h.Index].URL
	}
}

func (rec *recording) whereabouts(ctx context.Context, pg *page) (*whereabouts, driver.History, bool) {
	power, ok := driver.Power[driver.Recorder](pg.Page)
	w := rec.at[pg]
	if !ok || w == nil {
		return nil, driver.History{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, slice)
	defer cancel()
	for {
		h, err := power.History(ctx)
		if err == nil {
			return w, h, len(h.Entries) > 0
		}
		if !rec.moment(ctx, pg) { // the browser tells nothing while the document changes
			return w, h, false
		}
	}
}

// moment waits a little, unless the page is no more.
func (rec *recording) moment(ctx context.Context, pg *page) bool {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-pg.gone.Done():
	}
	return false
}

// onNavigated adds a step for a document that no other step has brought: a person
// has typed its address, or used the browser's own buttons. The address is empty
// for another place in the same document.
func (rec *recording) onNavigated(ctx context.Context, pg *page, url string) {
	w, now, ok := rec.whereabouts(ctx, pg)
	if !ok {
		return
	}
	before, asked, was := w.history, w.asked, w.url
	w.history = now
	document := url != ""
	if document {
		w.asked, w.url = false, url
	}
	if asked || len(before.Entries) == 0 {
		return
	}
	acted := time.Since(rec.lastIn(pg)) < byItself
	at := cmp.Or(url, now.Entries[now.Index].URL)
	// The page may be further by now, so its address says which entry was meant.
	moved := func(entries int) bool {
		i := before.Index + entries
		return !acted && i >= 0 && i < len(before.Entries) && before.Entries[i].URL == at &&
			(document || now.Index == i) && slices.ContainsFunc(now.Entries, func(e driver.HistoryEntry) bool { return e.ID == before.Entries[i].ID })
	}
	s := spec.BrowserStep{}
	switch {
	case url == was && document && now.Entries[now.Index].How == "reload" && !acted:
		s.Reload = true
	case moved(-1):
		s.Back = true
	case moved(1):
		s.Forward = true
	case document && url != was && isWeb(url) && len(url) < maxAddress:
		s.Goto = &spec.Goto{URL: literal(url)}
	default:
		return
	}
	rec.add(recorded{step: s, page: pg, at: time.Now()})
}

// maxAddress bounds an address that a step opens.
const maxAddress = 7000

func isWeb(url string) bool {
	return strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://")
}

// pick lets the person point at what is to be expected.
func (rec *recording) pick(ctx context.Context, pg *page, subject string) {
	power, ok := driver.Power[driver.Recorder](pg.Page)
	if !ok || subject != "visible" && subject != "text" && subject != "value" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, slice)
	defer cancel()
	if err := power.Point(ctx, true); err != nil {
		rec.note("nothing can be pointed at: %s", oneLine(err.Error()))
		return
	}
	rec.picking = subject
}

func (rec *recording) onPointed(ctx context.Context, pg *page, e driver.Pointed) {
	power, ok := driver.Power[driver.Recorder](pg.Page)
	subject := rec.picking
	if !ok || subject == "" || rec.at[pg] == nil {
		return
	}
	rec.picking = ""
	ctx, cancel := context.WithTimeout(ctx, slice)
	defer cancel()
	if err := power.Point(ctx, false); err != nil && ctx.Err() == nil {
		rec.note("the browser still points: %s", oneLine(err.Error()))
	}
	at, raw, err := power.At(ctx, e, subject)
	var saw struct {
		Locator *locator `json:"locator"`
		Element string   `json:"element"`
		Secret  bool     `json:"secret"`
		Text    string   `json:"text"`
		Value   string   `json:"value"`
		Fits    bool     `json:"fits"`
	}
	if err != nil || json.Unmarshal(raw, &saw) != nil || saw.Locator == nil {
		rec.note("nothing finds alone what was pointed at")
		return
	}
	l := in(saw.Locator.plain(), rec.around(ctx, pg, at, false))
	expect := &spec.Expect{}
	switch {
	case subject == "visible" || subject == "text" && (saw.Text == "" || saw.Secret):
		expect.Visible = &l
	case subject == "text":
		expect.Text, expect.Matcher = &l, textMatcher(saw.Text)
	case saw.Secret:
		rec.note("the value of %s is a secret, and no plan holds it", oneLine(saw.Element))
		return
	case !saw.Fits:
		rec.note("%s has no value", oneLine(saw.Element))
		return
	default:
		expect.Value, expect.Matcher = &l, textEquals(literal(saw.Value))
	}
	rec.add(recorded{step: spec.BrowserStep{Expect: expect}, page: pg, at: time.Now()})
}

// longText is how much of a text is expected; of a longer one its beginning is.
const longText = 200

func textMatcher(text string) spec.Matcher {
	if len(text) <= longText {
		return textEquals(literal(text))
	}
	cut := longText
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return spec.Matcher{Contains: &spec.Value{V: literal(text[:cut])}}
}

func textEquals(text string) spec.Matcher { return spec.Matcher{Equals: &spec.Value{V: text}} }

// copiedMatcher visits the texts of a matcher that was made here.
func copiedMatcher(m spec.Matcher, visit func(*string)) spec.Matcher {
	for _, v := range []**spec.Value{&m.Equals, &m.Contains} {
		if *v == nil {
			continue
		}
		if text, ok := (*v).V.(string); ok {
			visit(&text)
			*v = &spec.Value{V: text}
		}
	}
	return m
}
