package driver

import "context"

// Preloads runs scripts before those of the page.
type Preloads interface {
	// Preload runs a script among the page's, in the documents that are there and
	// in all that come, with those in frames, before any script of theirs.
	Preload(ctx context.Context, script string) error
}
