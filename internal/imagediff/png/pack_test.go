package png_test

import (
	"bytes"
	"compress/zlib"
)

// pack compresses as the format asks.
func pack(raw []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(raw) // a buffer refuses nothing
	_ = z.Close()
	return b.Bytes()
}
