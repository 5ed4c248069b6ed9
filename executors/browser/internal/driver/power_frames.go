package driver

import "context"

// Frames reaches into the frames of a page. Documents of frames are given to
// CallIn like those of the page.
type Frames interface {
	// FrameIn returns the document of the frame whose element the agent of
	// another document has put aside (the agent's frameElement). It waits until
	// there is one, and returns ErrNavigated where the element is none of a frame
	// or its document is no more.
	FrameIn(ctx context.Context, doc Document) (Document, error)
}
