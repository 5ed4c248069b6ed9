package executors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Bounds of what a branch keeps of an attachment until its turn comes.
const (
	maxHeld    = 1 << 20   // in memory; what is longer goes into a file
	maxSpooled = 512 << 20 // in a file
)

// hold reads a body to its end and closes it, since it may only be there now,
// and returns what gives it out again. An error of the body comes again, too.
func hold(body io.ReadCloser) (io.ReadCloser, error) {
	defer func() { _ = body.Close() }() // it was read
	head, err := io.ReadAll(io.LimitReader(body, maxHeld+1))
	if err != nil || len(head) <= maxHeld {
		return io.NopCloser(again(bytes.NewReader(head), err)), nil
	}
	f, err := os.CreateTemp("", "semantest-attachment-*")
	if err != nil {
		return nil, fmt.Errorf("keep an attachment until its turn: %w", err)
	}
	s := &spooled{File: f}
	_, writeErr := f.Write(head)
	n, bodyErr := io.Copy(onlyWriter{f, &writeErr}, io.LimitReader(body, maxSpooled))
	if writeErr == nil {
		_, writeErr = f.Seek(0, io.SeekStart)
	}
	if writeErr != nil {
		return nil, errors.Join(fmt.Errorf("keep an attachment until its turn: %w", writeErr), s.Close())
	}
	if n == maxSpooled && bodyErr == nil {
		bodyErr = errors.New("the attachment is too large")
	}
	s.Reader = again(f, bodyErr)
	return s, nil
}

// again is what was read, with the error that ended it.
func again(r io.Reader, err error) io.Reader {
	if err == nil {
		return r
	}
	return io.MultiReader(r, failing{err})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// onlyWriter tells an error of writing from one of reading.
type onlyWriter struct {
	w   io.Writer
	err *error
}

func (o onlyWriter) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	*o.err = err
	return n, err
}

// spooled is a file that is gone when it is closed.
type spooled struct {
	io.Reader
	*os.File
}

// Read implements io.Reader.
func (s *spooled) Read(p []byte) (int, error) { return s.Reader.Read(p) }

// Close implements io.Closer.
func (s *spooled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }
