package digest

import "strings"

// block is a paragraph, a heading or a list of a text of one's own. That is all of
// Markdown that such a text has: a report goes to people who did not write it, and
// may hold neither links nor HTML that they did not expect.
type block struct {
	Heading bool
	Items   []string // of a list
	Text    string
}

// blocksOf reads a text: blocks stand apart by empty lines, headings begin with #,
// items with - or *.
func blocksOf(text string) []block {
	var out []block
	var lines []string
	list := false
	end := func() {
		switch {
		case len(lines) == 0:
		case list:
			out = append(out, block{Items: lines})
		default:
			out = append(out, block{Text: strings.Join(lines, " ")})
		}
		lines, list = nil, false
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = clean(strings.TrimSpace(line))
		item, isItem := strings.CutPrefix(line, "- ")
		if !isItem {
			item, isItem = strings.CutPrefix(line, "* ")
		}
		heading := strings.TrimLeft(line, "#")
		switch {
		case line == "":
			end()
		case strings.HasPrefix(line, "#") && strings.HasPrefix(heading, " "):
			end()
			out = append(out, block{Heading: true, Text: strings.TrimSpace(heading)})
		case isItem:
			if !list {
				end()
			}
			list, lines = true, append(lines, strings.TrimSpace(item))
		case list:
			lines[len(lines)-1] += " " + line
		default:
			lines = append(lines, line)
		}
	}
	end()
	return out
}

func (b block) markdown() string {
	switch {
	case b.Heading:
		return "### " + escape(b.Text) + "\n\n"
	case b.Items != nil:
		var out strings.Builder
		for _, item := range b.Items {
			out.WriteString("- " + escape(item) + "\n")
		}
		return out.String() + "\n"
	}
	return escape(b.Text) + "\n\n"
}
