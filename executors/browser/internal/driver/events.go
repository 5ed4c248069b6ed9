package driver

import "time"

// Event is something that happened in a page. The kinds are those of this file.
type Event interface{ event() }

type (
	// Navigated says that the page shows another document.
	Navigated struct {
		URL  string
		Load string // as Navigation.Load
	}

	// MovedWithin says that the page shows another place of its document.
	MovedWithin struct{ URL string }

	// Reached says how far a document has come: "init", "DOMContentLoaded",
	// "load", "networkIdle".
	Reached struct {
		Load  string
		State string
	}

	// Leaving says that the page has asked for another document by itself, which
	// is not there yet; or, when it is not On, that it comes no more.
	Leaving struct{ On bool }

	// Shown is the address of anything that is shown: the page, a frame, a popup.
	Shown struct{ URL string }

	// Blocked says that the browser kept the page from an address that is not of
	// the web.
	Blocked struct{}

	// Gone says that the page is of no use any more: ErrCrashed or ErrClosed.
	Gone struct{ Err error }

	// DialogOpened stands for a dialog, which holds the page up until it is
	// answered. Answer does not wait, and counts once.
	DialogOpened struct {
		Kind    string // alert, confirm, prompt, beforeunload
		Message string
		Default string // of a prompt
		Popup   string // id of the popup that it is in; empty for the page itself
		Answer  func(DialogAnswer)
	}

	// PopupOpened is a window that the page has opened. It is given Keep or Close
	// at once; neither waits.
	PopupOpened struct {
		ID    string
		Keep  func() // until the page is closed
		Close func()
	}

	// PopupClosed says that the window is no more.
	PopupClosed struct{ ID string }

	// ConsoleWritten is a line of the console, or what went wrong by itself.
	ConsoleWritten struct {
		At        time.Time
		Level     string // debug, info, warning, error
		Text      string
		Where     string // address:line:column
		Exception int64  // number of an uncaught exception, which may be revoked; 0 for none
	}

	// ConsoleDropped is a line that was too large to be read.
	ConsoleDropped struct{}

	// ExceptionRevoked says that an exception was caught after all.
	ExceptionRevoked struct{ Exception int64 }
)

// DialogAnswer is what is done with a dialog.
type DialogAnswer struct {
	Accept bool
	Text   string // for a prompt that is accepted
}

func (Navigated) event()        {}
func (MovedWithin) event()      {}
func (Reached) event()          {}
func (Leaving) event()          {}
func (Shown) event()            {}
func (Blocked) event()          {}
func (Gone) event()             {}
func (DialogOpened) event()     {}
func (PopupOpened) event()      {}
func (PopupClosed) event()      {}
func (ConsoleWritten) event()   {}
func (ConsoleDropped) event()   {}
func (ExceptionRevoked) event() {}
