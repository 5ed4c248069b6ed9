package devtools

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxFrame is the most bytes of one message: enough for the picture of a long
// page, and a bound for what a page can make us hold.
const maxFrame = 128 << 20

// tooLargeError says that a message was skipped.
type tooLargeError struct {
	id    int64 // of the command that it answered, 0 for an event
	limit int
}

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the browser's answer is larger than %d MB", e.limit>>20)
}

// frameReader reads messages that end with a zero byte.
type frameReader struct {
	src   io.ReadCloser
	br    *bufio.Reader
	limit int
	buf   []byte
}

func newFrameReader(src io.ReadCloser, limit int) *frameReader {
	return &frameReader{src: src, br: bufio.NewReaderSize(src, 64<<10), limit: limit}
}

func (f *frameReader) Close() error { return f.src.Close() }

// Next returns the next message, valid until the next call. A message over the
// limit is skipped and reported as *tooLargeError.
func (f *frameReader) Next() ([]byte, error) {
	if cap(f.buf) > 4<<20 {
		f.buf = nil // one large message must not keep its memory for ever
	}
	f.buf = f.buf[:0]
	var large *tooLargeError
	for {
		part, err := f.br.ReadSlice(0)
		if large == nil {
			f.buf = append(f.buf, part...)
			if len(f.buf) > f.limit {
				large = &tooLargeError{id: answeredID(f.buf), limit: f.limit}
				f.buf = nil
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			if errors.Is(err, io.EOF) && len(f.buf) > 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, err
		case large != nil:
			return nil, large
		}
		frame := bytes.TrimSuffix(f.buf, []byte{0})
		if len(bytes.TrimSpace(frame)) > 0 {
			return frame, nil
		}
		f.buf = f.buf[:0]
	}
}

// answeredID reads the number at the start of an answer, where the browser
// writes it, without the need to parse the whole message.
func answeredID(frame []byte) int64 {
	rest, ok := bytes.CutPrefix(frame, []byte(`{"id":`))
	if !ok {
		return 0
	}
	end := bytes.IndexByte(rest[:min(len(rest), 20)], ',')
	if end < 0 {
		return 0
	}
	id, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
