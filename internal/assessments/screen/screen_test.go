package screen_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/semantest/semantest/internal/assessments/screen"
)

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	in := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			in.SetRGBA(x, y, color.RGBA{R: uint8(255 * (x * 2 / w)), B: 128, A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestScale(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ w, h, wantW, wantH int }{
		"small":    {40, 30, 40, 30},
		"wide":     {2048, 1000, 1024, 500},
		"tall":     {600, 3072, 200, 1024},
		"a thread": {3000, 1, 1024, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := screen.Scale(picture(t, tt.w, tt.h))
			if err != nil || got.MediaType != "image/jpeg" {
				t.Fatalf("%v, %s", err, got.MediaType)
			}
			out, _, err := image.Decode(bytes.NewReader(got.Data))
			if err != nil || out.Bounds().Dx() != tt.wantW || out.Bounds().Dy() != tt.wantH {
				t.Fatalf("%v: %v, want %d × %d", err, out.Bounds(), tt.wantW, tt.wantH)
			}
			left, _, _, _ := out.At(tt.wantW/8, 0).RGBA()
			right, _, _, _ := out.At(tt.wantW*7/8, 0).RGBA()
			if left>>8 > 60 || right>>8 < 190 {
				t.Errorf("red is %d on the left and %d on the right", left>>8, right>>8)
			}
		})
	}
}

func TestHostilePictures(t *testing.T) {
	t.Parallel()
	whole := picture(t, 20, 20)
	// The head says 60,000 × 60,000 pixels, which nobody may make room for.
	bomb := bytes.Clone(whole)
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("<html>"), "cut off": whole[:len(whole)/2], "a bomb": bomb} {
		if _, err := screen.Scale(data); err == nil {
			t.Errorf("%s is a picture", name)
		}
	}
}
