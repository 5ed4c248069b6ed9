package driver

import (
	"context"
	"encoding/json"
)

// Recorder hears what a person does in a page.
type Recorder interface {
	// Record runs the agent's recorder in the documents that are there and in all
	// that come, with those in frames. What it tells comes by Told.
	Record(ctx context.Context) error

	// Around calls a function of the recorder with the element of each frame
	// around a place, in the documents that hold them, the innermost first. It
	// returns ErrNavigated where one of them is no more.
	Around(ctx context.Context, at Place, fn string) ([]json.RawMessage, error)

	// Point lets the person point at an element, without the page's hearing of
	// it, or stops that. What is chosen comes by Pointed.
	Point(ctx context.Context, on bool) error

	// At calls a function of the recorder with the element that was pointed at.
	At(ctx context.Context, p Pointed, fn string) (Place, json.RawMessage, error)

	// History tells where in its history the page is.
	History(ctx context.Context) (History, error)
}

// Place is the recorder of one document.
type Place struct {
	Session string
	World   int64
}

// History is the history of a page.
type History struct {
	Index   int // of the entry that is shown
	Entries []HistoryEntry
}

// HistoryEntry is a page that was shown.
type HistoryEntry struct {
	ID  int64
	URL string
	How string // it was come by: "typed", "link", "reload"
}

type (
	// Told is something that a recorder has to tell.
	Told struct {
		Place   Place
		Payload string
	}

	// Pointed is an element that a person has chosen.
	Pointed struct {
		Session string
		Node    int64
	}

	// DialogClosed says how a dialog was answered.
	DialogClosed struct {
		Accepted bool
		Text     string
	}
)

func (Told) event()         {}
func (Pointed) event()      {}
func (DialogClosed) event() {}
