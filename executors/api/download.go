package api

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // a checksum that targets publish, not a safeguard
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/spec"
)

// maxDownload bounds a body that is kept while it comes, after decompression:
// 512 MiB.
const maxDownload = 512 << 20

// receiver takes the body of an answer.
type receiver func(ctx context.Context, resp *http.Response, in *response) error

// hold keeps the body in memory.
func hold(_ context.Context, resp *http.Response, in *response) (err error) {
	in.body, err = readBody(resp)
	return err
}

// download keeps the body as an artifact while it comes, and in memory only its
// beginning. A store that takes no more does not change the outcome: the rest is
// read for its checksums.
func (a *attempt) download(step spec.APIStep, r *executors.Report) receiver {
	return func(ctx context.Context, resp *http.Response, in *response) error {
		most := a.executor.maxDownload
		raw := &io.LimitedReader{R: resp.Body, N: most + 1}
		encoding := resp.Header.Get("Content-Encoding")
		decoded, done, err := decoder(encoding, raw)
		if err != nil {
			return err
		}
		defer done()
		d := &passing{from: decoded, limit: most}
		for _, c := range step.Checks {
			if c.SHA256 != nil && d.sha256 == nil {
				d.sha256 = sha256.New()
			}
			if c.MD5 != nil && d.md5 == nil {
				d.md5 = md5.New() //nolint:gosec // as above
			}
		}
		a.attachFrom(ctx, r, step.HTTP.Save, cmp.Or(resp.Header.Get("Content-Type"), "application/octet-stream"), io.NopCloser(asFarAsItCame{d}))
		_, err = io.Copy(io.Discard, d)
		in.body, in.passed = d.head, d
		switch {
		case encoding != "" && d.size == 0 && raw.N == most+1 && errors.Is(err, io.ErrUnexpectedEOF):
			return nil // no body at all
		case raw.N <= 0:
			return errDownloadTooLarge
		}
		return undecodable(encoding, err)
	}
}

// asFarAsItCame ends where the target broke off: that is the step's failure, not
// that of whoever keeps what there is.
type asFarAsItCame struct{ *passing }

// Read implements io.Reader.
func (c asFarAsItCame) Read(p []byte) (int, error) {
	n, err := c.passing.Read(p)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

var errDownloadTooLarge = errors.New("the body is too large to be kept")

// passing looks at a body that goes by. What it has answered it answers again.
type passing struct {
	from   io.Reader
	limit  int64
	size   int64
	head   []byte
	sha256 hash.Hash
	md5    hash.Hash
	err    error
}

// Read implements io.Reader.
func (d *passing) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.from.Read(p)
	if d.size += int64(n); d.size > d.limit {
		err = errDownloadTooLarge
	}
	d.err = err
	for _, h := range []hash.Hash{d.sha256, d.md5} {
		if h != nil {
			_, _ = h.Write(p[:n]) // a hash never fails
		}
	}
	if room := har.MaxBody - len(d.head); room > 0 {
		d.head = append(d.head, p[:min(n, room)]...)
	}
	return n, err
}

// size is how many bytes the body has, decoded.
func (r *response) size() int64 {
	if r.passed != nil {
		return r.passed.size
	}
	return int64(len(r.body))
}

func (r *response) sha256() string {
	if r.passed != nil {
		return hex.EncodeToString(r.passed.sha256.Sum(nil))
	}
	sum := sha256.Sum256(r.body)
	return hex.EncodeToString(sum[:])
}

func (r *response) md5() string {
	if r.passed != nil {
		return hex.EncodeToString(r.passed.md5.Sum(nil))
	}
	sum := md5.Sum(r.body) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}
