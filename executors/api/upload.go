package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// maxUpload bounds the body of a request, files included: 512 MiB.
	maxUpload = 512 << 20

	// maxHeldUpload is up to where a body from files is held in memory, so that the
	// detail of the step and the HTTP archive can show it: 64 KiB. Longer ones are
	// read while they are sent.
	maxHeldUpload = 64 << 10
)

// upload is a body that is read while it is sent. It can be opened again, for a
// redirect or a connection that was closed meanwhile.
type upload struct {
	parts []piece
	size  int64                             // of all pieces; -1 when it is not known before
	over  func(io.ReadCloser) io.ReadCloser // what encodes the pieces, or nil

	mu   sync.Mutex
	open []*openUpload
}

// piece is some bytes, or a file that came with the plan.
type piece struct {
	data []byte
	file string // reference
	size int64
}

// filePiece looks at a file without reading it.
func (a *attempt) filePiece(ref string) (piece, error) {
	f, name, err := executors.OpenFile(a.task.Files, ref)
	if err != nil {
		return piece{}, err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return piece{}, executors.Errorf("the file %s cannot be read: %w", name, err)
	}
	return piece{file: ref, size: info.Size()}, nil
}

// sendPieces makes them the body of a request.
func (a *attempt) sendPieces(out *request, parts []piece) error {
	u := &upload{parts: parts}
	for _, p := range parts {
		u.size += p.size
	}
	switch {
	case u.size > maxUpload:
		return executors.Errorf("the body of the request is too large: %s", bytesText(maxUpload))
	case u.size > maxHeldUpload:
		out.upload = u
		return nil
	}
	r := a.openUpload(u)
	data, err := io.ReadAll(io.LimitReader(r, maxHeldUpload+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	out.body = data
	return nil
}

// openUpload returns a reader of the whole body. closeUploads closes it too:
// net/http may hold on to it after the answer has come.
func (a *attempt) openUpload(u *upload) io.ReadCloser {
	var r io.ReadCloser = &piecesReader{attempt: a, parts: u.parts}
	if u.over != nil {
		r = u.over(r)
	}
	o := &openUpload{r: r}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open = append(u.open, o)
	return o
}

func (u *upload) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, o := range u.open {
		_ = o.Close() // what was read is sent or of no use
	}
	u.open = nil
}

// openUpload is closed only between two reads.
type openUpload struct {
	mu     sync.Mutex
	r      io.ReadCloser
	closed bool
}

var errUploadOver = errors.New("the body of the request is closed")

// Read implements io.Reader.
func (o *openUpload) Read(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, errUploadOver
	}
	return o.r.Read(p)
}

// Close implements io.Closer.
func (o *openUpload) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	return o.r.Close()
}

// piecesReader reads one piece after the other, with one file open at a time.
type piecesReader struct {
	attempt *attempt
	parts   []piece
	now     io.Reader
	file    io.Closer
}

// Read implements io.Reader.
func (r *piecesReader) Read(p []byte) (int, error) {
	for {
		if r.now == nil {
			if len(r.parts) == 0 {
				return 0, io.EOF
			}
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.now.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := r.Close(); err != nil || n > 0 {
			return n, err
		}
	}
}

func (r *piecesReader) next() error {
	part := r.parts[0]
	r.parts = r.parts[1:]
	if part.file == "" {
		r.now = bytes.NewReader(part.data)
		return nil
	}
	f, _, err := executors.OpenFile(r.attempt.task.Files, part.file)
	if err != nil {
		return err
	}
	r.now, r.file = f, f
	return nil
}

// Close implements io.Closer.
func (r *piecesReader) Close() error {
	r.now = nil
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// compress encodes the body of a request as the plan asks.
func (r *request) compress(encoding string) error {
	if r.upload != nil {
		r.upload.size = -1
		r.upload.over = func(body io.ReadCloser) io.ReadCloser { return &compressing{encoding: encoding, from: body} }
		return nil
	}
	var err error
	r.body, err = compressed(encoding, r.body)
	return err
}

// compressing compresses what is read, without a goroutine that someone would
// have to end.
type compressing struct {
	encoding string
	from     io.ReadCloser
	to       bytes.Buffer
	w        io.WriteCloser
	buffer   []byte
	err      error
}

// Read implements io.Reader.
func (c *compressing) Read(p []byte) (int, error) {
	if c.w == nil && c.err == nil {
		c.buffer = make([]byte, 32<<10)
		c.w, c.err = compressor(c.encoding, &c.to)
	}
	for c.to.Len() == 0 && c.err == nil {
		n, err := c.from.Read(c.buffer)
		_, writeErr := c.w.Write(c.buffer[:n])
		if errors.Is(err, io.EOF) {
			writeErr = errors.Join(writeErr, c.w.Close())
		}
		if c.err = err; writeErr != nil {
			c.err = writeErr
		}
	}
	if c.to.Len() > 0 {
		return c.to.Read(p)
	}
	return 0, c.err
}

// Close implements io.Closer.
func (c *compressing) Close() error { return c.from.Close() }

// heldBody is the whole body, for who cannot stream it.
func (a *attempt) heldBody(out *request) ([]byte, error) {
	if out.upload == nil {
		return out.body, nil
	}
	const most = 32 << 20
	r := a.openUpload(out.upload)
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, executors.Errorf("the body of the request cannot be read: %w", err)
	}
	if len(data) > most {
		return nil, executors.Errorf("the body of a request of a load is too large: %s", bytesText(most))
	}
	return data, nil
}

// said stands for the body where it would be shown.
func (u *upload) said() string {
	if u.size < 0 {
		return "(read from files while it was sent)"
	}
	return fmt.Sprintf("(%d bytes, read from files while they were sent)", u.size)
}

// bodySize is how many bytes the body of a request has, -1 when it is not known.
func (r *request) bodySize() int64 {
	if r.upload != nil {
		return r.upload.size
	}
	return int64(len(r.body))
}

// readsBody reports whether something that a step asks of its answer needs the
// body itself; its size and checksums are known without.
func readsBody(step spec.APIStep) bool {
	for _, c := range step.Checks {
		if c.Body != nil || c.JSONPath != "" || c.XPath != "" || c.Regex != "" || c.Bytes != nil || c.Schema != nil || c.Snapshot != nil {
			return true
		}
	}
	for _, c := range step.Capture {
		if c.JSONPath != "" || c.XPath != "" || c.Regex != "" {
			return true
		}
	}
	return false
}
