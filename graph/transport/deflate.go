package transport

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// Compression by permessage-deflate without context takeover. The id of a
// subscription differs from client to client, so what is shared is the payload
// alone, as blocks that begin and end at a byte; head and tail of a message go
// around it as stored blocks.

// minPacked is from how many bytes on compression pays: what it saves below is
// less than what both sides spend on it.
const minPacked = 1 << 10

// packed is a payload compressed once for all who can read it.
type packed struct {
	once   sync.Once
	blocks []byte // nil where it does not pay
}

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func (p *packed) of(payload []byte) []byte {
	if len(payload) < minPacked {
		return nil
	}
	p.once.Do(func() {
		var out bytes.Buffer
		w := deflaters.Get().(*flate.Writer)
		defer deflaters.Put(w)
		w.Reset(&out)
		_, err := w.Write(payload)
		if err = errors.Join(err, w.Flush()); err == nil && out.Len() < len(payload)*3/4 {
			p.blocks = bytes.Clone(out.Bytes())
		}
	})
	return p.blocks
}

// appendStored appends bytes as a block that is not compressed. They are fewer
// than 65,536.
func appendStored(b []byte, parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	b = binary.LittleEndian.AppendUint16(b, ^uint16(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

var inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}

// tail is what the sender leaves out at the end of a message, and a last block.
var tail = []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}

// inflate unpacks a message, but no more than most bytes.
func inflate(b []byte, most int64) ([]byte, error) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	if err := r.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(b), bytes.NewReader(tail)), nil); err != nil {
		return nil, &broken{closeProtocol, "the message cannot be unpacked"}
	}
	out, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, &broken{closeProtocol, "the message cannot be unpacked"}
	case int64(len(out)) > most:
		return nil, tooBig(most)
	}
	return out, nil
}
