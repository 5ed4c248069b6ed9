package png_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	stdpng "image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/imagediff/png"
)

// noise fills a picture with values that make an encoder use every filter.
func noise(w, h int, alpha bool) *image.NRGBA {
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{uint8(x + y), uint8(y * 3), uint8(x ^ y), 255}
			switch y / 8 % 4 {
			case 1:
				c.R, c.G = uint8(r.Uint32()), uint8(r.Uint32())
			case 2:
				c = color.NRGBA{200, 100, uint8(x / 9), 255}
			}
			if alpha && x%3 == 0 {
				c.A = uint8(r.Uint32())
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func encoded(t testing.TB, img image.Image, level stdpng.CompressionLevel) []byte {
	t.Helper()
	var b bytes.Buffer
	e := stdpng.Encoder{CompressionLevel: level}
	if err := e.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeAsTheStandardLibraryDoes(t *testing.T) {
	t.Parallel()
	grey := image.NewGray16(image.Rect(0, 0, 9, 7))
	for i := range grey.Pix {
		grey.Pix[i] = byte(i * 31)
	}
	few := image.NewPaletted(image.Rect(0, 0, 21, 5), palette.WebSafe)
	for i := range few.Pix {
		few.Pix[i] = byte(i)
	}
	for name, img := range map[string]image.Image{
		"RGB":               noise(131, 77, false),
		"RGB, a pixel wide": noise(1, 40, false),
		"RGB, narrow":       noise(3, 40, false),
		"RGBA":              noise(131, 77, true),
		"RGBA, narrow":      noise(1, 33, true),
		"grey of 16 bits":   grey,
		"by a palette":      few,
	} {
		for level, named := range map[stdpng.CompressionLevel]string{
			stdpng.NoCompression: "stored", stdpng.BestSpeed: "fast", stdpng.DefaultCompression: "small",
		} {
			t.Run(name+", "+named, func(t *testing.T) {
				t.Parallel()
				file := encoded(t, img, level)
				std, err := stdpng.Decode(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				want := png.FromImage(std)
				got, err := png.Decode(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.NRGBA, got.NRGBA); diff != "" {
					t.Errorf("pixels (-standard library, +ours):\n%s", diff)
				}
				if want.Opaque != got.Opaque {
					t.Errorf("opaque is %t, want %t", got.Opaque, want.Opaque)
				}
				if size, err := png.Size(file); err != nil || size != img.Bounds().Size() {
					t.Errorf("the size is %v, %v", size, err)
				}
			})
		}
	}
}

// TestDecodeEveryFilter packs lines by each filter, whatever suits them.
func TestDecodeEveryFilter(t *testing.T) {
	t.Parallel()
	for _, size := range []int{3, 4} {
		const w, h = 37, 20
		raw := make([]byte, 0, h*(1+w*size))
		r := rand.New(rand.NewPCG(3, uint64(size)))
		for y := range h {
			raw = append(raw, byte(y%5))
			for range w * size {
				raw = append(raw, byte(r.Uint32()))
			}
		}
		colour := byte(2)
		if size == 4 {
			colour = 6
		}
		file := assemble(w, h, colour, 0, pack(raw), nil)
		std, err := stdpng.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(png.FromImage(std).NRGBA, got.NRGBA); diff != "" {
			t.Errorf("%d bytes a pixel (-standard library, +ours):\n%s", size, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := encoded(t, noise(20, 10, false), stdpng.DefaultCompression)
	broken := bytes.Clone(good)
	broken[len(broken)-20] ^= 1
	small := pack(make([]byte, 10*(1+3*20)))
	for name, c := range map[string]struct {
		file []byte
		want string
		kind bool // of the format, not of a limit
	}{
		"empty":              {nil, "it does not begin like one", true},
		"text":               {[]byte(strings.Repeat("<html>", 20)), "it does not begin like one", true},
		"cut off":            {good[:len(good)-15], "it ends", true},
		"only its beginning": {good[:30], "it does not begin like one", true},
		"a bit turned":       {broken, "a checksum is wrong", true},
		"no pixels":          {assemble(0, 10, 2, 0, small, nil), "it has no pixels", true},
		"too few pixels":     {assemble(20, 11, 2, 0, small, nil), "its pixels cannot be unpacked", true},
		"too many pixels":    {assemble(20, 9, 2, 0, small, nil), "its pixels do not end where they should", true},
		"unknown filter":     {assemble(20, 1, 2, 0, pack(bytes.Repeat([]byte{9}, 61)), nil), "it has a filter 9", true},
		"not packed":         {assemble(20, 10, 2, 0, []byte("hello"), nil), "not packed as they should", true},
		"packed nonsense":    {assemble(20, 10, 2, 0, []byte("\x78\x01hello"), nil), "its pixels cannot be unpacked", true},
		"no data":            {assemble(20, 10, 2, 0, nil, nil), "not packed as they should", true},
		"a bomb":             {assemble(30000, 30000, 2, 0, small, nil), "the picture of 30000 x 30000 pixels is larger than what is compared", false},
		"a wide bomb":        {assemble(1<<31, 1, 2, 0, small, nil), "larger than what is compared", false},
		"an interlaced bomb": {assemble(32767, 2000, 2, 1, small, nil), "larger than what is compared", false},
		"too many bytes":     {make([]byte, png.MaxBytes+1), "more than the", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := png.Decode(c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, png.ErrFormat) != c.kind {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestTransparentColour: one colour may be declared to let everything through.
func TestTransparentColour(t *testing.T) {
	t.Parallel()
	file := assemble(2, 1, 2, 0, pack([]byte{0, 1, 2, 3, 4, 5, 6}), []byte{0, 1, 0, 2, 0, 3})
	got, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{1, 2, 3, 0, 4, 5, 6, 255}, got.Pix); diff != "" || got.Opaque {
		t.Errorf("opaque %t, pixels:\n%s", got.Opaque, diff)
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {300, 3}, {640, 700}} {
		img := image.NewPaletted(image.Rectangle{Max: size}, palette.WebSafe)
		for i := range img.Pix {
			img.Pix[i] = byte(i * i / 7 % len(palette.WebSafe))
		}
		got, err := stdpng.Decode(bytes.NewReader(png.Encode(img)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(png.FromImage(img).NRGBA, png.FromImage(got).NRGBA); diff != "" {
			t.Errorf("%v:\n%s", size, diff)
		}
	}
}

// FuzzParsePNG holds our reader against that of the standard library.
func FuzzParsePNG(f *testing.F) {
	f.Add(encoded(f, noise(9, 40, false), stdpng.DefaultCompression))
	f.Add(encoded(f, noise(9, 40, true), stdpng.BestSpeed))
	f.Add(assemble(3, 2, 2, 1, pack(make([]byte, 20)), nil))
	f.Add(assemble(2, 1, 2, 0, pack([]byte{0, 1, 2, 3, 4, 5, 6}), []byte{0, 1, 0, 2, 0, 3}))
	f.Fuzz(func(t *testing.T, file []byte) {
		if size, err := png.Size(file); err == nil && size.X*size.Y > 1<<20 {
			return // within the limits, but slow to fuzz
		}
		got, err := png.Decode(file)
		if err != nil {
			if !errors.Is(err, png.ErrFormat) && !strings.Contains(err.Error(), "larger than") {
				t.Errorf("the error is of no kind: %v", err)
			}
			return
		}
		std, err := stdpng.Decode(bytes.NewReader(file))
		if err != nil {
			return // the order of chunks, and sums that we do not look at
		}
		if !bytes.Equal(png.FromImage(std).Pix, got.Pix) {
			t.Error("the standard library reads other pixels")
		}
	})
}

// assemble puts a file together from its parts.
func assemble(w, h uint32, colour, interlaced byte, data, transparent []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	out := []byte("\x89PNG\r\n\x1a\n")
	out = chunk(out, "IHDR", append(head, 8, colour, 0, 0, interlaced))
	if transparent != nil {
		out = chunk(out, "tRNS", transparent)
	}
	half := len(data) / 2
	return chunk(chunk(chunk(out, "IDAT", data[:half]), "IDAT", data[half:]), "IEND", nil)
}

func chunk(out []byte, kind string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	at := len(out)
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[at:]))
}
