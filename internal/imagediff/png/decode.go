package png

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// The limits of a picture that is read. A full page of 1920 pixels in width and
// the height that a browser draws at most stays within them.
const (
	MaxSide   = 32767
	MaxPixels = 32 << 20
	MaxBytes  = 64 << 20
)

// ErrFormat is wrapped by the error about a file that is no valid PNG.
var ErrFormat = errors.New("not a valid PNG picture")

// Picture is a decoded picture.
type Picture struct {
	*image.NRGBA

	// Opaque says that no pixel lets anything through. It shadows the method of
	// the image, which would look at each pixel.
	Opaque bool
}

// Decode reads a picture. Its error is one sentence: what is wrong with the
// file, or which limit it is beyond.
func Decode(file []byte) (Picture, error) {
	h, err := readHeader(file)
	if err != nil {
		return Picture{}, err
	}
	if !h.plain() {
		return decodeOther(file)
	}
	parts, err := readChunks(file)
	if err != nil {
		return Picture{}, err
	}
	if parts.transparent {
		return decodeOther(file)
	}
	return decodePlain(h, parts.data)
}

// Size returns the width and height that a file says it has, within the limits.
func Size(file []byte) (image.Point, error) {
	h, err := readHeader(file)
	return image.Pt(h.width, h.height), err
}

// header is what the first chunk says.
type header struct {
	width, height    int
	depth, colour    byte
	method, interlac byte
}

// The colour types of the format that are read here.
const (
	colourRGB  = 2
	colourRGBA = 6
)

func (h header) plain() bool {
	return h.depth == 8 && (h.colour == colourRGB || h.colour == colourRGBA) && h.method == 0 && h.interlac == 0
}

const (
	signature   = "\x89PNG\r\n\x1a\n"
	headerBytes = 13
	chunkExtra  = 12 // length, type and checksum of a chunk
)

func readHeader(file []byte) (header, error) {
	if len(file) > MaxBytes {
		return header{}, fmt.Errorf("the picture has %d bytes, more than the %d that are read", len(file), MaxBytes)
	}
	if len(file) < len(signature)+chunkExtra+headerBytes || string(file[:len(signature)]) != signature {
		return header{}, fmt.Errorf("%w: it does not begin like one", ErrFormat)
	}
	c := file[len(signature):]
	if string(c[4:8]) != "IHDR" || binary.BigEndian.Uint32(c) != headerBytes {
		return header{}, fmt.Errorf("%w: it does not begin with its header", ErrFormat)
	}
	c = c[8:]
	w, h := binary.BigEndian.Uint32(c), binary.BigEndian.Uint32(c[4:])
	if w == 0 || h == 0 {
		return header{}, fmt.Errorf("%w: it has no pixels", ErrFormat)
	}
	if w > MaxSide || h > MaxSide || uint64(w)*uint64(h) > MaxPixels {
		return header{}, fmt.Errorf("the picture of %d x %d pixels is larger than what is compared: %d pixels in all, and %d in width or height",
			w, h, MaxPixels, MaxSide)
	}
	return header{width: int(w), height: int(h), depth: c[8], colour: c[9], method: c[10] | c[11], interlac: c[12]}, nil
}

// chunks is what stands behind the header.
type chunks struct {
	data        []byte // compressed pixels
	transparent bool   // one colour is declared to be transparent
}

func readChunks(file []byte) (chunks, error) {
	var out chunks
	var several bool
	for at := len(signature); ; {
		if len(file)-at < chunkExtra {
			return chunks{}, fmt.Errorf("%w: it ends too early", ErrFormat)
		}
		n := int(binary.BigEndian.Uint32(file[at:]))
		if n > len(file)-at-chunkExtra {
			return chunks{}, fmt.Errorf("%w: it ends within a chunk", ErrFormat)
		}
		kind, body := string(file[at+4:at+8]), file[at+8:at+8+n]
		if crc32.ChecksumIEEE(file[at+4:at+8+n]) != binary.BigEndian.Uint32(file[at+8+n:]) {
			return chunks{}, fmt.Errorf("%w: a checksum is wrong", ErrFormat)
		}
		switch kind {
		case "IDAT":
			switch {
			case out.data == nil:
				out.data = body
			case !several:
				several = true
				out.data = append(make([]byte, 0, len(file)-at+len(out.data)), out.data...)
				fallthrough
			default:
				out.data = append(out.data, body...)
			}
		case "tRNS":
			out.transparent = true
		case "IEND":
			return out, nil
		}
		at += chunkExtra + n
	}
}

// inflaters are kept because each has tables and a window of its own.
var inflaters sync.Pool

// inflater unpacks a zlib stream. The sum at its end is not looked at: it would
// take a third of the time, and each chunk has a checksum of its own.
func inflater(data []byte) (io.ReadCloser, error) {
	const method, methodBits, dictionary = 8, 0x0f, 0x20
	if len(data) < 2 || data[0]&methodBits != method || data[1]&dictionary != 0 || binary.BigEndian.Uint16(data)%31 != 0 {
		return nil, fmt.Errorf("%w: its pixels are not packed as they should", ErrFormat)
	}
	packed := bytes.NewReader(data[2:])
	if kept, ok := inflaters.Get().(io.ReadCloser); ok {
		if reset, ok := kept.(flate.Resetter); ok {
			return kept, reset.Reset(packed, nil)
		}
	}
	return flate.NewReader(packed), nil
}

func decodePlain(h header, data []byte) (Picture, error) {
	z, err := inflater(data)
	if err != nil {
		return Picture{}, err
	}
	defer inflaters.Put(z)
	size := 4
	if h.colour == colourRGB {
		size = 3
	}
	img := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	row := h.width * size
	// A row more than is shown stands above the first one, as filters see it.
	lines := [2][]byte{make([]byte, row), make([]byte, row)}
	line := make([]byte, 1+row)
	seen := byte(0xff)
	for y := range h.height {
		if _, err := io.ReadFull(z, line); err != nil {
			return Picture{}, fmt.Errorf("%w: its pixels cannot be unpacked", ErrFormat)
		}
		cur, above := lines[y&1], lines[1-y&1]
		if err := unfilter(line[0], cur, line[1:], above, size); err != nil {
			return Picture{}, err
		}
		out := img.Pix[y*img.Stride : y*img.Stride+4*h.width]
		if size == 3 {
			widen(out, cur)
		} else {
			copy(out, cur)
			seen &= faintest(cur)
		}
	}
	if n, err := z.Read(line[:1]); n != 0 || !errors.Is(err, io.EOF) {
		return Picture{}, fmt.Errorf("%w: its pixels do not end where they should", ErrFormat)
	}
	return Picture{NRGBA: img, Opaque: seen == 0xff}, nil
}

// widen turns RGB into opaque RGBA, four pixels at a time.
func widen(out, in []byte) {
	const opaque = 0xff000000ff000000
	for len(in) >= 12 && len(out) >= 16 {
		first, last := binary.LittleEndian.Uint64(in), binary.LittleEndian.Uint64(in[4:])
		binary.LittleEndian.PutUint64(out, first&0xffffff|first<<8&0xffffff00000000|opaque)
		binary.LittleEndian.PutUint64(out[8:], last>>16&0xffffff|last>>8&0xffffff00000000|opaque)
		in, out = in[12:], out[16:]
	}
	for ; len(in) >= 3; in, out = in[3:], out[4:] {
		out[0], out[1], out[2], out[3] = in[0], in[1], in[2], 0xff
	}
}

// faintest returns a value that is 0xff only where each alpha is.
func faintest(rgba []byte) byte {
	all := uint32(0xffffffff)
	for ; len(rgba) >= 4; rgba = rgba[4:] {
		all &= binary.LittleEndian.Uint32(rgba)
	}
	return byte(all >> 24)
}
