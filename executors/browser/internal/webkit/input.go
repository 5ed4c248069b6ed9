package webkit

import (
	"context"
	"errors"
	"net/http"

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
	if err := pg.do(ctx, http.MethodPost, "/actions", object{"actions": actions}, nil); err != nil {
		return err
	}
	// What the input has started is known once the page was asked.
	err := pg.poll(ctx)
	if errors.Is(err, driver.ErrNavigated) {
		return nil
	}
	return err
}

// InsertText implements driver.Inputs.
func (pg *Page) InsertText(ctx context.Context, text string) error {
	_, err := pg.Evaluate(ctx, driver.WorldAgent, webdriver.InsertText, text)
	return err
}
