package driver

import "context"

// Screencast tells what a page looks like as it changes, at the price of little
// more than the pictures themselves.
type Screencast interface {
	// StartScreencast makes the page tell by FrameDrawn what it draws, in pictures
	// that are no larger than this many pixels. It does not wait.
	StartScreencast(width, height int)

	// StopScreencast ends that, without waiting.
	StopScreencast()
}

// Recording makes a video of a page.
type Recording interface {
	// StartRecording begins one, no larger than this many pixels.
	StartRecording(ctx context.Context, width, height int) error

	// StopRecording ends it and returns it, as MP4. One of more than limit bytes
	// is ErrTooLarge.
	StopRecording(ctx context.Context, limit int) ([]byte, error)
}

// Tracing keeps what the browser measures of itself while a page is used. One
// page at a time is traced.
type Tracing interface {
	// StartTrace waits until no other page is traced, and begins.
	StartTrace(ctx context.Context) error

	// StopTrace ends the trace and returns what is of the page, as the JSON of Chrome's trace event
	// format with gzip. One of more than limit bytes is ErrTooLarge; with a limit
	// of zero it is thrown away.
	StopTrace(ctx context.Context, limit int) ([]byte, error)
}
