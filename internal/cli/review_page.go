package cli

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
)

//go:embed review.html.tmpl
var reviewTemplate string

var reviewHTML = template.Must(template.New("review").Parse(reviewTemplate))

// Bounds of the page.
const (
	maxReviewed     = 200     // items
	maxReviewedText = 200_000 // bytes of a text
)

type reviewView struct {
	Items []reviewItem
	More  int
	How   string
}

type reviewItem struct {
	Number                   int
	Title, Status, Detail    string
	Name                     string // that accepts or rejects it
	Baseline, Actual, Differ *reviewContent
}

// reviewContent is a picture or a text.
type reviewContent struct {
	Picture template.URL
	Text    string
}

// reviewPage shows items side by side, on a page that needs nothing else.
func reviewPage(ctx context.Context, list []item, how string) ([]byte, error) {
	v := reviewView{How: how, More: max(0, len(list)-maxReviewed)}
	for _, i := range list[:min(len(list), maxReviewed)] {
		one := reviewItem{
			Number: i.number, Title: i.title, Status: lower(i.status), Name: i.id,
			Detail: strings.TrimPrefix(difference(i.pixels, i.ratio, i.reason), ": "),
		}
		if i.review == "REJECTED" {
			one.Status = "rejected"
		}
		if one.Name == "" {
			one.Name = fmt.Sprint(i.number)
		}
		for _, part := range []struct {
			read func(context.Context) ([]byte, error)
			into **reviewContent
		}{{i.baseline, &one.Baseline}, {i.actual, &one.Actual}, {i.differ, &one.Differ}} {
			if part.read == nil {
				continue
			}
			content, err := part.read(ctx)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", i.title, err)
			}
			*part.into = contentOf(content)
		}
		v.Items = append(v.Items, one)
	}
	var out bytes.Buffer
	if err := reviewHTML.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

var png = []byte("\x89PNG\r\n\x1a\n")

func contentOf(content []byte) *reviewContent {
	if bytes.HasPrefix(content, png) {
		return &reviewContent{Picture: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(content))} //nolint:gosec // made here, of base64
	}
	text := strings.ToValidUTF8(string(content[:min(len(content), maxReviewedText)]), "\uFFFD")
	if len(content) > maxReviewedText {
		text += "\n…"
	}
	return &reviewContent{Text: text}
}
