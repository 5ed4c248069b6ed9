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
		if _, err := pg.Evaluate(ctx, driver.WorldAgent, webdriver.InsertText, head); err != nil || size == 0 {
			return err
		}
	}
	key := driver.Key{Name: string(last)}
	return pg.Keys(ctx, driver.KeyEvent{Down: true, Key: key}, driver.KeyEvent{Key: key})
}
