//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// section is what one benchmark found.
type section struct {
	rows   []row
	tables []table
	notes  []string

	// set by the registry's loop
	name, title, command, load string
	at                         time.Time
}

// row is one promise and what came of it.
type row struct {
	what   string
	value  string
	target string // empty where nothing was promised
	met    bool
}

// table is a further breakdown.
type table struct {
	title  string
	header []string
	rows   [][]string
}

func (r row) verdict() string {
	switch {
	case r.target == "":
		return ""
	case r.met:
		return "met"
	}
	return "**missed**"
}

func (s *section) markdown() string {
	parts := []string{fmt.Sprintf("## %s\n", s.title)}
	promises := table{header: []string{"What", "Measured", "Target", ""}}
	for _, r := range s.rows {
		promises.rows = append(promises.rows, []string{r.what, r.value, r.target, r.verdict()})
	}
	if len(s.rows) > 0 {
		parts = append(parts, promises.markdown())
	}
	for _, t := range s.tables {
		parts = append(parts, t.title+"\n", t.markdown())
	}
	for _, n := range s.notes {
		parts = append(parts, n+"\n")
	}
	parts = append(parts, fmt.Sprintf("`%s`, %s, load average at the end %s.\n",
		s.command, s.at.UTC().Format("2006-01-02 15:04 MST"), s.load))
	return strings.Join(parts, "\n")
}

func (t table) markdown() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.header)
	rule := make([]string, len(t.header))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, r := range t.rows {
		line(r)
	}
	return b.String()
}

// renew replaces what the document says about the machine and about one
// benchmark. Everything outside of the markers stays as it is.
func renew(path string, m machine, s *section) error {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the document: %w", err)
	}
	out := string(text)
	for _, part := range []struct{ name, content string }{{"machine", m.markdown() + "\n"}, {s.name, s.markdown()}} {
		if out, err = replaceMarked(out, part.name, part.content); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := os.WriteFile(path, []byte(out), 0o644); err != nil { //nolint:gosec // a document
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

// replaceMarked puts content between the markers of a name, and adds both at
// the end where they are missing.
func replaceMarked(text, name, content string) (string, error) {
	begin, end := "<!-- bench:"+name+" -->\n", "<!-- /bench:"+name+" -->\n"
	before, rest, found := strings.Cut(text, begin)
	if !found {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + "\n" + begin + content + end, nil
	}
	_, after, found := strings.Cut(rest, end)
	if !found {
		return "", fmt.Errorf("the marker %q has no end", strings.TrimSpace(begin))
	}
	return before + begin + content + end + after, nil
}
