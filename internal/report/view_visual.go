package report

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/dustin/go-humanize"
)

// visualView is a picture that was compared with an accepted one.
type visualView struct {
	Name, About      string
	Top              string // where in the pictures to begin to look, as a share of their height
	Baseline, Actual visualSide
	Diff             visualSide
	Note             string // instead of what is not there
}

type visualSide struct {
	Title, Name, Size, Anchor, Link string

	Image template.URL
}

// visualOf shows a comparison that a step's detail tells of, with the pictures
// that it names, and returns the other files of the step. It returns nil where
// the detail tells of none, or the pictures are not there: then the files are
// shown as all others are.
func visualOf(detail map[string]any, files []Artifact, b *budget) (*visualView, []Artifact) {
	told, ok := detail["visual"].(map[string]any)
	if !ok || told["status"] == "same" {
		return nil, files
	}
	find := func(key string) *Artifact {
		name, _ := told[key].(string)
		i := slices.IndexFunc(files, func(f Artifact) bool { return name != "" && f.Name == name && imageType(f.Body) != "" })
		if i < 0 {
			return nil
		}
		return &files[i]
	}
	actual, baseline, diff := find("actual"), find("baseline"), find("diff")
	if actual == nil || baseline == nil && told["status"] != "new" {
		return nil, files
	}
	v := &visualView{Name: oneLine(textOf(told["name"]), lineMax), About: oneLine(aboutVisual(told), lineMax)}
	v.Actual = sideOf("Seen now", actual, textOf(told["size"]), b)
	if baseline != nil {
		size := textOf(told["acceptedSize"])
		if size == "" {
			size = textOf(told["size"])
		}
		v.Baseline = sideOf("Accepted", baseline, size, b)
	}
	if diff != nil {
		v.Diff = sideOf("Difference", diff, "", b)
	}
	v.Top = topOf(told)
	if told["status"] == "new" {
		v.Note = "Nothing is accepted yet to compare it with."
	}
	var rest []Artifact
	for i := range files {
		if f := &files[i]; f != actual && f != baseline && f != diff {
			rest = append(rest, *f)
		}
	}
	return v, rest
}

func sideOf(title string, f *Artifact, size string, b *budget) visualSide {
	shown := fileOf(*f, b)
	return visualSide{Title: title, Name: shown.Name, Size: oneLine(size, 40), Anchor: shown.Anchor, Image: shown.Image, Link: shown.Link}
}

// topOf is where the first difference lies, as a share of the picture's height.
func topOf(told map[string]any) string {
	area, _ := told["area"].(map[string]any)
	y, ok := number(area["y"])
	if own, is := told["area"].(map[string]int); is {
		y, ok = float64(own["y"]), true
	}
	var width, height int
	if _, err := fmt.Sscanf(textOf(told["size"]), "%dx%d", &width, &height); err != nil || !ok || height <= 0 {
		return ""
	}
	return fmt.Sprintf("%.4f", min(1, max(0, y/float64(height))))
}

// aboutVisual says where and how much.
func aboutVisual(told map[string]any) string {
	out := join(told["browser"], told["viewport"])
	if n, ok := number(told["differentPixels"]); ok {
		out += ", " + humanize.Comma(int64(n)) + map[bool]string{true: " pixel differs", false: " pixels differ"}[n == 1]
		if ratio, ok := number(told["ratio"]); ok {
			out += fmt.Sprintf(" (%.2f %%)", 100*ratio)
		}
	}
	if n, ok := number(told["smoothedPixels"]); ok && n > 0 {
		out += ", " + humanize.Comma(int64(n)) + " more only in the smoothing of edges"
	}
	if n, ok := number(told["ignoredPixels"]); ok && n > 0 {
		out += ", " + humanize.Comma(int64(n)) + " not compared"
	}
	return out
}

// number reads a number as a run in this process and one from JSON have it.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

func textOf(v any) string {
	text, _ := v.(string)
	return text
}
