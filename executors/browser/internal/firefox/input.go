package firefox

import (
	"context"
	"unicode"
	"unicode/utf8"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/webdriver"
)

// Mouse implements driver.Inputs.
func (pg *Page) Mouse(ctx context.Context, events ...driver.MouseEvent) error {
	return pg.perform(ctx, webdriver.MouseActions(events))
}

// Keys implements driver.Inputs.
func (pg *Page) Keys(ctx context.Context, events ...driver.KeyEvent) error {
	return pg.perform(ctx, webdriver.KeyActions(events))
}

func (pg *Page) perform(ctx context.Context, actions []webdriver.Source) error {
	err := pg.call(ctx, "input.performActions", object{"actions": actions}, nil)
	if replaced(err) { // the first of the events has opened another page
		return nil
	}
	return err
}

// InsertText implements driver.Inputs. The last character is typed, because the
// browser tells a field's change only of what was typed into it.
func (pg *Page) InsertText(ctx context.Context, text string) error {
	last, size := utf8.DecodeLastRuneInString(text)
	if unicode.IsControl(last) || last == utf8.RuneError {
		size = 0
	}
	if head := text[:len(text)-size]; head != "" {
		if err := pg.insert(ctx, head); err != nil || size == 0 {
			return err
		}
	}
	key := driver.Key{Name: string(last)}
	return pg.Keys(ctx, driver.KeyEvent{Down: true, Key: key}, driver.KeyEvent{Key: key})
}

// insert puts text into what has the focus, which may lie in frames.
func (pg *Page) insert(ctx context.Context, text string) error {
	realm, err := pg.world(ctx, pg.context(), driver.WorldAgent)
	for depth := 0; err == nil; depth++ {
		var where string
		if depth < maxDepth {
			where, err = pg.windowOf(ctx, realm, webdriver.Focused)
		}
		if err != nil {
			break
		}
		if where == "" {
			_, err = pg.function(ctx, realm, "(text) => String(("+webdriver.InsertText+")(text))", text)
			break
		}
		var doc driver.Document
		doc, err = pg.documentIn(ctx, where)
		realm = string(doc)
	}
	return err
}

// maxDepth bounds the frames in frames that the focus is looked for in.
const maxDepth = 20
