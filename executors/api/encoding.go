package api

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/semantest/semantest/executors"
)

// accepted are the encodings that an answer may come in.
const acceptedEncodings = "gzip, br, zstd"

// maxWindow bounds the memory that a zstd stream may ask for: 8 MiB.
const maxWindow = 8 << 20

// decodeError says that a body is not encoded as its header says.
type decodeError struct {
	encoding string
	err      error
}

func (e decodeError) Error() string { return e.err.Error() }
func (e decodeError) Unwrap() error { return e.err }

// decoder returns a reader of the decoded body; nil where it is empty or not
// encoded in a way that is known.
func decoder(encoding string, raw io.Reader) (io.Reader, func(), error) {
	none := func() {}
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(raw)
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return bytes.NewReader(nil), none, nil // no body at all: HEAD, 204, 304
		}
		if err != nil {
			return nil, none, decodeError{"gzip", err}
		}
		return z, none, nil
	case "br":
		return brotli.NewReader(raw), none, nil
	case "zstd":
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, none, decodeError{"zstd", err}
		}
		return z, z.Close, nil
	}
	return raw, none, nil
}

// undecodable marks an error that comes from the encoding, not from the network.
func undecodable(encoding string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch name := strings.ToLower(strings.TrimSpace(encoding)); {
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, new(flate.CorruptInputError)), strings.HasPrefix(text, "flate:"):
		return decodeError{"gzip", err}
	case name == "br" && strings.HasPrefix(text, "brotli:"):
		return decodeError{"br", err}
	case name == "zstd" && !broken(err) && !errors.Is(err, errBodyTooLarge) && isZstd(err):
		return decodeError{"zstd", err}
	}
	return err
}

func isZstd(err error) bool {
	for _, known := range []error{zstd.ErrMagicMismatch, zstd.ErrWindowSizeExceeded, zstd.ErrWindowSizeTooSmall, zstd.ErrCRCMismatch,
		zstd.ErrReservedBlockType, zstd.ErrCompressedSizeTooBig, zstd.ErrBlockTooSmall, zstd.ErrUnexpectedBlockSize, zstd.ErrUnknownDictionary,
		zstd.ErrFrameSizeExceeded, zstd.ErrFrameSizeMismatch, zstd.ErrDecoderSizeExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	return strings.HasPrefix(err.Error(), "zstd") || strings.Contains(err.Error(), "corrupt") || strings.Contains(err.Error(), "invalid")
}

// compressor writes in the encoding that the plan asks for.
func compressor(encoding string, to io.Writer) (io.WriteCloser, error) {
	switch encoding {
	case "br":
		return brotli.NewWriter(to), nil
	case "zstd":
		z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, executors.Errorf("the body cannot be compressed: %w", err)
		}
		return z, nil
	}
	return gzip.NewWriter(to), nil
}

// compressed is a body in the encoding that the plan asks for.
func compressed(encoding string, body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := compressor(encoding, &b)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(body)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, executors.Errorf("the body cannot be compressed: %w", err)
	}
	return b.Bytes(), nil
}
