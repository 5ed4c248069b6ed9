package driver

import "context"

// Clipboard is the browser's, which all of its pages share.
type Clipboard interface {
	// HoldClipboard waits until no other page holds the clipboard, and empties it.
	// Whoever holds it calls release.
	HoldClipboard(ctx context.Context) (release func(), err error)
}
