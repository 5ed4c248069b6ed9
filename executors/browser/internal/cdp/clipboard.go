package cdp

import (
	"context"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var _ driver.Clipboard = (*Page)(nil)

// HoldClipboard implements driver.Clipboard.
func (pg *Page) HoldClipboard(ctx context.Context) (release func(), err error) {
	held := pg.browser.clipboard
	select {
	case held <- struct{}{}:
		return func() { <-held }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-pg.life.Done():
		return nil, context.Cause(pg.life)
	}
}
