package load

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	maxBodyBytes   = 10 << 20  // of one answer, decoded; as in api cases
	maxHeldBodies  = 256 << 20 // of all answers together that are being read
	keptBodyBytes  = 64 << 10  // of a body that stays with its user for the next one
	maxInterim     = 10        // answers such as 100 Continue before the real one
	maxDiscarded   = 1 << 30   // of a body that nobody looks at
	maxTrailerSize = 16 << 10
)

// answer is what came back; it belongs to one virtual user and is used again.
type answer struct {
	header fasthttp.ResponseHeader
	body   []byte
	status int
	begun  time.Time // its first byte
}

// Failures of an exchange, each a sentence about the target.
var (
	errHeaderTooLarge = fmt.Errorf("the headers of the answer are larger than the limit of %d KiB", maxHeaderBytes>>10)
	errBodyTooLarge   = fmt.Errorf("the body of the answer is larger than the limit of %d MiB", maxBodyBytes>>20)
	errTooMuchHeld    = fmt.Errorf("the bodies that are being read take more than %d MiB together", maxHeldBodies>>20)
	errNotHTTP        = errors.New("the answer is not valid HTTP")
	errTruncated      = errors.New("the connection was closed in the middle of the answer")
	errUpgrade        = errors.New("the target switched to another protocol")
	errNotGzip        = errors.New("the answer says that it is gzip, but it cannot be decoded")
)

// read reads one answer. The body is kept only where somebody looks at it.
func (a *answer) read(c *conn, method string, keep bool, held *atomic.Int64) error {
	if _, err := c.in.Peek(1); err != nil {
		return err
	}
	a.begun = time.Now()
	for interim := 0; ; interim++ {
		if err := a.readHeader(c); err != nil {
			return err
		}
		if a.status = a.header.StatusCode(); a.status >= 200 {
			break
		}
		if a.status == http.StatusSwitchingProtocols {
			return errUpgrade
		}
		if interim == maxInterim {
			return errNotHTTP
		}
	}
	a.body = a.body[:0]
	if method == http.MethodHead || a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		return nil
	}
	return a.readBody(c, keep, held)
}

func (a *answer) readHeader(c *conn) error {
	err := a.header.Read(c.in)
	if _, small := errors.AsType[*fasthttp.ErrSmallBuffer](err); small && c.widen() {
		err = a.header.Read(c.in)
	}
	if err == nil {
		return nil
	}
	if _, small := errors.AsType[*fasthttp.ErrSmallBuffer](err); small {
		return errHeaderTooLarge
	}
	if isNetwork(err) {
		return fmt.Errorf("%w: %w", errTruncated, err)
	}
	return errNotHTTP // the library's sentence quotes the answer
}

func (a *answer) readBody(c *conn, keep bool, held *atomic.Int64) error {
	length := a.header.ContentLength()
	if length >= 0 && !keep {
		if length > maxDiscarded {
			return errBodyTooLarge
		}
		if _, err := c.in.Discard(length); err != nil {
			return fmt.Errorf("%w: %w", errTruncated, err)
		}
		return nil
	}
	var from io.Reader
	switch {
	case length >= 0:
		from = io.LimitReader(c.in, int64(length))
	case length == -1:
		from = httputil.NewChunkedReader(c.in)
	default: // to the end of the connection
		a.header.SetConnectionClose()
		from = c.in
	}
	var err error
	if keep {
		err = a.keep(from, length, held)
	} else {
		err = discard(from)
	}
	if err == nil && length == -1 {
		err = a.trailer(c)
	}
	return err
}

func discard(from io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(from, maxDiscarded+1))
	switch {
	case err != nil:
		return bodyError(err)
	case n > maxDiscarded:
		return errBodyTooLarge
	}
	return nil
}

// keep reads the body into memory, of which all users together have a share.
func (a *answer) keep(from io.Reader, length int, held *atomic.Int64) error {
	if length > maxBodyBytes {
		return errBodyTooLarge
	}
	share := int64(max(length, keptBodyBytes))
	if length < 0 || a.zipped() {
		share = maxBodyBytes
	}
	if share > keptBodyBytes {
		if held.Add(share) > maxHeldBodies {
			held.Add(-share)
			return errTooMuchHeld
		}
		defer held.Add(-share)
	}
	b := bytes.NewBuffer(a.body)
	n, err := b.ReadFrom(io.LimitReader(from, maxBodyBytes+1))
	a.body = b.Bytes()
	switch {
	case err != nil:
		return bodyError(err)
	case n > maxBodyBytes:
		return errBodyTooLarge
	case length >= 0 && n < int64(length):
		return errTruncated
	case a.zipped() && n > 0:
		return a.unzip()
	}
	return nil
}

func bodyError(err error) error {
	if isNetwork(err) {
		return fmt.Errorf("%w: %w", errTruncated, err)
	}
	return errNotHTTP
}

func (a *answer) zipped() bool {
	encoding := strings.ToLower(string(a.header.ContentEncoding()))
	return encoding == "gzip" || encoding == "x-gzip"
}

func (a *answer) unzip() error {
	z, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		return errNotGzip
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxBodyBytes+1))
	switch {
	case err != nil:
		return errNotGzip
	case len(plain) > maxBodyBytes:
		return errBodyTooLarge
	}
	a.body = plain
	return nil
}

// trailer reads what may follow the last chunk, up to the empty line.
func (a *answer) trailer(c *conn) error {
	for size := 0; ; {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return bodyError(err)
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil
		}
		if size += len(line); size > maxTrailerSize {
			return errNotHTTP
		}
	}
}

// release lets go of a body that is too large to be kept for the next answer.
func (a *answer) release() {
	if cap(a.body) > keptBodyBytes {
		a.body = nil
	}
}

// headers are the headers as the checks of api cases take them.
func (a *answer) headers() http.Header {
	out := http.Header{}
	for k, v := range a.header.All() {
		out.Add(textproto.CanonicalMIMEHeaderKey(string(k)), string(v))
	}
	return out
}

// cookies are those that the answer sets.
func (a *answer) cookies() []*http.Cookie {
	var out []*http.Cookie
	for _, line := range a.header.Cookies() {
		if c, err := http.ParseSetCookie(string(line)); err == nil {
			out = append(out, c)
		}
	}
	return out
}
