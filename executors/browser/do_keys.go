package browser

import (
	"context"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

func (st *step) focus(l spec.Locator) error {
	_, err := st.prepare(l, "focus")
	return err
}

func (st *step) blur(l spec.Locator) error {
	p, err := st.prepare(l, "view")
	if err != nil {
		return err
	}
	if err := st.page.CallIn(st.ctx, p.doc, "blur", nil, &struct{}{}); err != nil {
		return st.stuck(err, p.Element, "the loss of the focus")
	}
	return nil
}

// typeKeys presses the keys of a text one by one.
func (st *step) typeKeys(t spec.Type) error {
	element := "the page"
	if t.Locator != (spec.Locator{}) {
		p, err := st.prepare(t.Locator, "focus")
		if err != nil {
			return err
		}
		element = p.Element
	}
	var batch []driver.KeyEvent
	for i, r := range []rune(t.Value) {
		events, err := keyEvents(keyOf(r))
		if err != nil {
			return err
		}
		if batch = append(batch, events...); t.Delay == 0 && len(batch) < maxBatch {
			continue
		}
		if i > 0 {
			if err := st.idle(time.Duration(t.Delay)); err != nil {
				return err
			}
		}
		if err := st.page.Keys(st.ctx, batch...); err != nil {
			return st.stuck(err, element, "the keys")
		}
		batch = batch[:0]
	}
	if err := st.page.Keys(st.ctx, batch...); err != nil {
		return st.stuck(err, element, "the keys")
	}
	// One more answer from the page, so that what the keys have started is known.
	if _, err := st.page.Call(st.ctx, "focused", nil, &struct{}{}); err != nil {
		return st.stuck(err, element, "the keys")
	}
	return st.settle()
}

// maxBatch bounds the events of keys that are under way at once.
const maxBatch = 200

// keyOf is the key that types a character.
func keyOf(r rune) string {
	switch r {
	case '\n', '\r':
		return "Enter"
	case '\t':
		return "Tab"
	case '\b':
		return "Backspace"
	}
	return string(r)
}

// idle lets time pass; the step's limit ends it early.
func (st *step) idle(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(min(d, max(0, time.Until(st.end))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-st.page.gone.Done():
		return context.Cause(st.page.gone)
	case <-st.ctx.Done():
		return st.ctx.Err()
	}
}
