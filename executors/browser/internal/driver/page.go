package driver

import (
	"context"
	"encoding/json"
)

// Document names one document in a page, with the agent's world in it. It is no
// more when another document is shown in its place.
type Document string

// World says where a script runs.
type World int

// The worlds of a document.
const (
	WorldAgent World = iota // beside the page's: it shares the tree and no variables, where the engine can part them
	WorldPage               // among the page's own scripts
)

// Page is one tab, for one case. Its calls end when ctx or the page's Life does;
// in the latter case with the Life's cause. It is safe for concurrent use.
type Page interface {
	Navigator
	Scripts
	Inputs

	// SetViewport sets the size of what is shown.
	SetViewport(ctx context.Context, v Viewport) error

	// Capture draws the page as PNG. The answer may be of any size that the
	// browser draws.
	Capture(ctx context.Context, p Picture) ([]byte, error)

	// Interrupt ends the script that runs now, where the engine can, without
	// waiting: a page whose script is endless can be drawn then.
	Interrupt()

	// Abandon ends whatever the page does, without waiting: it would use up the
	// browser. The page is of no use afterwards.
	Abandon()

	// Close throws the page and all that belongs to it away. An error says that
	// the browser cannot be trusted any more.
	Close(ctx context.Context) error
}

// Navigator opens documents. What becomes of them is told by events.
type Navigator interface {
	// Navigate asks for a document and returns once it is known which one comes,
	// or, as a *LoadError, why none does.
	Navigate(ctx context.Context, url string) (Navigation, error)

	// Reload, and Travel by so many entries of the history (-1 is back), return
	// as Navigate does. Travel returns ErrNoHistory where there is no such entry.
	Reload(ctx context.Context) (Navigation, error)
	Travel(ctx context.Context, entries int) (Navigation, error)

	// StopLoading stops what loads and what runs, without waiting.
	StopLoading()
}

// Navigation is what came of asking for a document.
type Navigation struct {
	// Load names the document as the events do; empty: it was another place in
	// the document that is shown already.
	Load string
}

// Scripts runs JavaScript.
type Scripts interface {
	// Call runs a function of the agent, by its name, in the document that is
	// shown, and decodes its answer into result. It waits for a document between
	// two, and runs the function again in the next one when its document is
	// replaced. It returns the document in which the function ran.
	Call(ctx context.Context, fn string, arg, result any) (Document, error)

	// CallIn runs it in one document and returns ErrNavigated when that is no
	// more.
	CallIn(ctx context.Context, doc Document, fn string, arg, result any) error

	// Evaluate calls a function, given as source text, with the arguments in a
	// world of the document that is shown, waits for what it promises, and
	// returns the value as JSON. What it throws is a *ScriptError; ErrNavigated
	// says that the document was replaced meanwhile.
	Evaluate(ctx context.Context, world World, function string, args ...any) (json.RawMessage, error)
}

// Inputs are what a person's hands do. The calls return when the page has taken
// the events.
type Inputs interface {
	Mouse(ctx context.Context, events ...MouseEvent) error
	Keys(ctx context.Context, events ...KeyEvent) error

	// InsertText types text into what has the focus, in one go.
	InsertText(ctx context.Context, text string) error
}

// Viewport is a size in CSS pixels.
type Viewport struct {
	Width, Height int
	Scale         float64 // device pixels of one CSS pixel; 1 when zero
	Mobile        bool    // pages may say how wide they are
}

// Picture says what to draw: the viewport, unless there is more in it.
type Picture struct {
	Clip     *Rect // a part, in the document's coordinates
	FullPage bool  // the whole document
}

// Rect is a rectangle in CSS pixels.
type Rect struct{ X, Y, Width, Height float64 }

// MaxSide bounds a picture in pixels: browsers draw no larger surface.
const MaxSide = 16384
