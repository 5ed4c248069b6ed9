package report

import (
	"fmt"
	"slices"
	"strings"
)

// healedView is a step that went on with another element than its plan names.
type healedView struct {
	From, To string
	About    string
	Diff     []diffLine
	File     *fileView // the difference, for whoever changes the plan
}

// healedOf shows what a step's detail tells of its healing, with the change to the
// plan that it left, and returns the other files of the step.
func healedOf(detail map[string]any, files []Artifact, b *budget) (*healedView, []Artifact) {
	told, ok := detail["healed"].(map[string]any)
	if !ok || told["status"] != "healed" {
		return nil, files
	}
	v := &healedView{From: oneLine(textOf(told["from"]), lineMax), To: oneLine(textOf(told["to"]), lineMax)}
	if score, ok := number(told["score"]); ok {
		v.About = fmt.Sprintf("%.0f %% alike", 100*min(1, max(0, score)))
	}
	switch textOf(told["by"]) {
	case "model":
		v.About += ", chosen by the language model among those that were about as like"
	case "likeness":
		v.About += ", clearly more than any other"
	}
	v.About = strings.TrimPrefix(v.About, ", ")
	i := slices.IndexFunc(files, func(f Artifact) bool { return strings.HasPrefix(f.ContentType, "text/x-diff") })
	if i < 0 {
		return v, files
	}
	for line := range strings.Lines(b.text(string(files[i].Body))) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
		case strings.HasPrefix(line, "-"), strings.HasPrefix(line, "+"):
			v.Diff = append(v.Diff, diffLine{Sign: line[:1], Text: strings.TrimSpace(oneLine(line[1:], lineMax*4))})
		}
	}
	file := files[i]
	if len(v.Diff) > 0 {
		file.Body = nil // it is shown
	}
	shown := fileOf(file, b)
	v.File = &shown
	return v, slices.Delete(slices.Clone(files), i, i+1)
}
