package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
)

const (
	maxLooked   = 2 << 20 // bytes of a document whose structure is looked at
	maxMistakes = 100     // that are told of a document
)

// mistake is something that is wrong at one place of a document.
type mistake struct {
	pointer string
	text    string
	at      position
}

// String is line:column: text.
func (m mistake) String() string {
	if m.at.line == 0 {
		return m.text
	}
	return fmt.Sprintf("%d:%d: %s", m.at.line, m.at.column, m.text)
}

// skip keeps why a part of the document is not used.
func (d *document) skip(err error, path ...string) {
	if len(d.unread) < maxMistakes {
		d.unread = append(d.unread, mistake{pointer: pointerOf(path), text: err.Error()})
	}
}

// foreign keeps that a document is only a part of one.
func (d *document) foreign() {
	if ref := foreignRef(d.root); ref != "" {
		d.skip(fmt.Errorf("it refers to %s; only references within the document (#/…) are followed, so bundle it into one file first", excerpt.Of(ref, 200)))
	}
}

// look finds the mistakes of a document and their places.
func (d *document) look() {
	d.mistakes = slices.Clone(d.unread)
	if len(d.source) <= maxLooked {
		for _, p := range structure(d.root) {
			d.mistakes = append(d.mistakes, mistake{pointer: p.pointer, text: p.text})
		}
	}
	if len(d.mistakes) == 0 {
		return
	}
	pointers := make([]string, len(d.mistakes))
	for i, m := range d.mistakes {
		pointers[i] = m.pointer
	}
	places := placesOf(d.source, pointers)
	for i := range d.mistakes {
		d.mistakes[i].at = places[d.mistakes[i].pointer]
	}
	for i := range d.unread {
		if d.unread[i].pointer != "" { // the whole document has no place of interest
			d.unread[i].at = places[d.unread[i].pointer]
		}
	}
}

// refused says why a document cannot be used as it is; nil where it can be.
func (d *document) refused() error {
	if len(d.unread) == 0 {
		return nil
	}
	text := d.unread[0].String()
	if n := len(d.unread) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return errors.New(text)
}

// faulty is the step that tells the mistakes of a document. They do not fail the
// case: what they spoil does.
func (r *run) faulty() executors.Step {
	const name = "the document has mistakes"
	return executors.Step{Name: name, Action: "document", Do: func(_ context.Context, report *executors.Report) error {
		lines := make([]any, 0, len(r.doc.mistakes))
		for _, m := range r.doc.mistakes[:min(len(r.doc.mistakes), maxMistakes)] {
			text := excerpt.Of(oneLine(m.String()), 500)
			lines = append(lines, text)
			r.sink.Emit(executors.Log{Level: "warn", Message: "the document: " + strings.TrimSpace(text), At: time.Now()})
		}
		report.Set("mistakes", lines)
		report.Set("unused", len(r.doc.unread))
		return nil
	}}
}
