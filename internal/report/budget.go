package report

import (
	"bytes"
	"encoding/base64"
	"html/template"

	"github.com/dustin/go-humanize"
)

// What one page holds, in bytes. Browsers and people bear no more.
const (
	imagesMax = 20 << 20
	imageMax  = 8 << 20
	textsMax  = 8 << 20
	textMax   = 32 << 10
	valueMax  = 8 << 10
	lineMax   = 1_000
)

// budget is what is still free on the page, and what was left out of it.
type budget struct {
	images, texts         int
	leftImages, leftTexts int
	leftBytes             int64
	nextImage             int
}

func newBudget() *budget { return &budget{images: imagesMax, texts: textsMax} }

// image returns the picture as an address that holds it, "" when it is none
// that browsers show safely or there is no room.
func (b *budget) image(body []byte) template.URL {
	kind := imageType(body)
	if kind == "" {
		return ""
	}
	if len(body) > imageMax || len(body) > b.images {
		b.leftImages++
		b.leftBytes += int64(len(body))
		return ""
	}
	b.images -= len(body)
	b.nextImage++
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(body)) //nolint:gosec // base64 of an image kind that was checked
}

// text returns a long text, cut, or "" when there is no room for it.
func (b *budget) text(s string) string {
	if s == "" {
		return ""
	}
	if min(len(s), textMax) > b.texts {
		b.leftTexts++
		return ""
	}
	s = clip(s, textMax)
	b.texts -= len(s)
	return s
}

// imageType tells a raster image by its first bytes; what an artifact says of
// itself is not believed.
func imageType(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(body, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case len(body) >= 12 && string(body[:4]) == "RIFF" && string(body[8:12]) == "WEBP":
		return "image/webp"
	case bytes.HasPrefix(body, []byte("GIF87a")), bytes.HasPrefix(body, []byte("GIF89a")):
		return "image/gif"
	}
	return ""
}

func byteSize(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
