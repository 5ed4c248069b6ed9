package png

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"image"
	"runtime"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Encode writes a picture with few colours. It is made for speed: a byte a
// pixel, no filters, and strips that are packed at the same time.
func Encode(img *image.Paletted) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	head := make([]byte, headerBytes)
	binary.BigEndian.PutUint32(head, uint32(w))     //nolint:gosec // a width
	binary.BigEndian.PutUint32(head[4:], uint32(h)) //nolint:gosec // a height
	head[8], head[9] = 8, 3                         // 8 bits a pixel, by a palette
	palette := make([]byte, 0, 3*len(img.Palette))
	for _, c := range img.Palette {
		r, g, b, _ := c.RGBA()
		palette = append(palette, byte(r>>8), byte(g>>8), byte(b>>8)) //nolint:gosec // the upper of 16 bits
	}
	strips := pack(img)
	total := 0
	for _, s := range strips {
		total += len(s)
	}
	out := make([]byte, 0, len(signature)+len(head)+len(palette)+total+(3+len(strips))*chunkExtra)
	out = append(out, signature...)
	out = appendChunk(out, "IHDR", head)
	out = appendChunk(out, "PLTE", palette)
	for _, s := range strips {
		out = appendChunk(out, "IDAT", s)
	}
	return appendChunk(out, "IEND", nil)
}

func appendChunk(out []byte, kind string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body))) //nolint:gosec // bounded by MaxPixels
	start := len(out)
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

// stripRows is how many rows a strip has at least: less is not worth a
// goroutine.
const stripRows = 128

// pack compresses the rows. The parts make up one zlib stream.
func pack(img *image.Paletted) [][]byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	n := max(1, min(runtime.GOMAXPROCS(0), h/stripRows))
	// The rows with the byte in front of each that names its filter, none.
	raw := make([]byte, (1+w)*h)
	strips := make([][]byte, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			from, to := h*i/n, h*(i+1)/n
			for y := from; y < to; y++ {
				copy(raw[y*(1+w)+1:(y+1)*(1+w)], img.Pix[y*img.Stride:])
			}
			strips[i] = deflate(raw[from*(1+w):to*(1+w)], i == 0, i == n-1)
		})
	}
	wg.Wait()
	strips[n-1] = binary.BigEndian.AppendUint32(strips[n-1], adler32.Checksum(raw))
	return strips
}

// deflaters are kept because each has a large table.
var deflaters sync.Pool

// deflate compresses one part of a zlib stream.
func deflate(raw []byte, first, last bool) []byte {
	var out bytes.Buffer
	if first {
		out.WriteString("\x78\x01") // the header of zlib
	}
	z, ok := deflaters.Get().(*flate.Writer)
	if ok {
		z.Reset(&out)
	} else {
		z, _ = flate.NewWriter(&out, flate.BestSpeed) // the level is one that there is
	}
	defer deflaters.Put(z)
	// A buffer refuses nothing, so neither does what writes to it.
	_, _ = z.Write(raw)
	if last {
		_ = z.Close()
	} else {
		_ = z.Flush()
	}
	return out.Bytes()
}
