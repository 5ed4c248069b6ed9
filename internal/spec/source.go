package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxSourceBytes is the largest plan file that is read: 1 MiB.
const MaxSourceBytes = 1 << 20

// readSource turns the text of a plan into nodes. Its error is *Mistakes with
// one mistake: text that is not YAML has no parts to go on with.
func readSource(source []byte) (*yaml.Node, error) {
	if len(source) > MaxSourceBytes {
		return nil, mistake(1, 1, "the plan is larger than 1 MiB (%d bytes); divide it into several", len(source))
	}
	if err := checkText(source); err != nil {
		return nil, err
	}
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	if first := bytes.TrimLeft(source, " \t\r\n"); len(first) == 0 {
		return nil, mistake(1, 1, "the plan is empty")
	} else if first[0] == '{' && json.Valid(source) {
		return readJSON(source), nil
	}
	return readYAML(source)
}

// checkText refuses bytes that no plan contains, with their position.
func checkText(source []byte) error {
	for _, mark := range [][]byte{{0xFF, 0xFE}, {0xFE, 0xFF}} {
		if bytes.HasPrefix(source, mark) {
			return mistake(1, 1, "the plan is not UTF-8 but UTF-16; save it as UTF-8")
		}
	}
	line, column := 1, 1
	for i, first := 0, true; i < len(source); first = false {
		r, size := utf8.DecodeRune(source[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return mistake(line, column, "the plan is not UTF-8: byte 0x%02X", source[i])
		case r == '\uFEFF' && !first:
			return mistake(line, column, "a byte order mark stands inside the plan; remove it")
		case r == 0:
			return mistake(line, column, "the plan contains a NUL byte")
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r >= 0x7F && r < 0xA0 && r != 0x85, r >= 0xFFFE && r <= 0xFFFF:
			return mistake(line, column, "the plan contains the control character U+%04X", r)
		}
		i += size
		switch {
		case r == '\n', r == '\r' && (i >= len(source) || source[i] != '\n'):
			line, column = line+1, 1
		case r != '\uFEFF':
			column++
		}
	}
	return nil
}

// readYAML reads the one document of a YAML text.
func readYAML(source []byte) (_ *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil { // whatever a plan makes the library do, it is the plan's mistake
			err = mistake(1, 1, "the YAML cannot be read")
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(source))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, mistake(1, 1, "the plan is empty")
	case err != nil:
		return nil, syntaxMistake(source, err)
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, syntaxMistake(source, err)
	default:
		return nil, mistake(second.Line, second.Column, "a second document begins here; a plan file holds one")
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil, mistake(1, 1, "the plan is empty")
	}
	return doc.Content[0], nil
}

// syntaxMistake turns an error of the library, which often names no line or
// that of something before, into a sentence with the place where reading
// stopped.
func syntaxMistake(source []byte, err error) error {
	problem := strings.TrimPrefix(err.Error(), "yaml: ")
	begin := 1 // of what could not be finished; the library leaves out line 1
	if rest, ok := strings.CutPrefix(problem, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			problem = after
			if n, err := strconv.Atoi(number); err == nil {
				begin = n
			}
		}
	}
	offset := stoppedAt(source)
	if strings.Contains(problem, "unexpected end of stream") || strings.Contains(problem, "unexpected document indicator") {
		return mistake(begin, 1, "a text in quotes that begins in this line is not closed")
	}
	if name, ok := strings.CutPrefix(problem, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "'")
		if i := bytes.Index(source, []byte("*"+name)); i >= 0 {
			offset = i
		}
		line, column := position(source, offset)
		return mistake(line, column, "*%s refers to an anchor that is not defined before it", cut(name, 60))
	}
	sentence := explain(problem, source, offset)
	line, column := position(source, culprit(problem, source, offset))
	return mistake(line, column, "%s", sentence)
}

// stoppedAt reads source again, a byte at a time, and returns the offset that
// the library had come to when it gave up.
func stoppedAt(source []byte) int {
	r := &counting{source: source}
	var n yaml.Node
	for dec := yaml.NewDecoder(r); dec.Decode(&n) == nil; {
		n = yaml.Node{}
	}
	// The scanner has looked one character ahead; what it stumbled over is
	// never the white space there.
	i := min(r.offset, len(source)) - 1
	for i > 0 && (source[i] == ' ' || source[i] == '\n' || source[i] == '\r' || source[i] == '\t') {
		i--
	}
	return max(i, 0)
}

// culprit steps back from where reading stopped, a few characters ahead, to
// the one that was in the way.
func culprit(problem string, source []byte, offset int) int {
	var set string
	switch {
	case strings.Contains(problem, "cannot start any token"):
		set = "@`%\t"
	case strings.Contains(problem, "mapping values are not allowed"):
		set = ":"
	case strings.Contains(problem, "escape"), strings.Contains(problem, "hexadecimal digit"):
		set = `\`
	case strings.Contains(problem, "expected key"), strings.Contains(problem, "expected '-'"):
		line := bytes.LastIndexByte(source[:offset], '\n') + 1
		return line + len(source[line:]) - len(bytes.TrimLeft(source[line:], " "))
	}
	for back := 0; back <= 12 && back <= offset; back++ {
		if strings.IndexByte(set, source[offset-back]) >= 0 {
			return offset - back
		}
	}
	return offset
}

// counting is a reader that knows how much was asked of it.
type counting struct {
	source []byte
	offset int
}

// Read implements io.Reader.
func (c *counting) Read(p []byte) (int, error) {
	if c.offset >= len(c.source) || len(p) == 0 {
		return 0, io.EOF
	}
	p[0] = c.source[c.offset]
	c.offset++
	return 1, nil
}

// position returns line and column, from 1, of a byte offset.
func position(source []byte, offset int) (line, column int) {
	before := source[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:])
}

// lineAt returns the line of text that holds an offset.
func lineAt(source []byte, offset int) string {
	start := bytes.LastIndexByte(source[:offset], '\n') + 1
	end := len(source)
	if i := bytes.IndexByte(source[start:], '\n'); i >= 0 {
		end = start + i
	}
	return string(source[start:end])
}

// explain says in one sentence what the library's problem means for the author.
func explain(problem string, source []byte, offset int) string {
	line := lineAt(source, offset)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(problem, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("exceeded max depth"):
		return tooDeep
	case has("',' or '}'", "',' or ']'", "did not find expected node content") && strings.Contains(line, refOpen):
		return "put quotes around a text with ${{ }} that stands inside { } or [ ]"
	case has("',' or '}'"):
		return "a { is not closed by }, or a comma is missing"
	case has("',' or ']'"):
		return "a [ is not closed by ], or a comma is missing"
	case has("mapping values are not allowed"):
		return `a ":" stands where no key can be: check the indentation, or put quotes around a text that contains ": "`
	case has("cannot start any token") && strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "a tab indents this line; YAML is indented by spaces"
	case has("cannot start any token"):
		return "a text cannot begin with this character; put quotes around the text"
	case has("unknown escape character", "invalid Unicode character escape", "hexadecimal digit"):
		return `a \ in a text in double quotes begins an escape that does not exist; write \\ for a backslash, or use single quotes`
	case has("could not find expected ':'"):
		return `a ":" is missing after a key`
	case has("expected key", "expected '-'", "expected <document start>", "block sequence entries are not allowed", "mapping keys are not allowed"):
		return "the line does not fit what is above it: check the indentation"
	case has("expected node content"):
		return "a value is missing here"
	}
	return fmt.Sprintf("the YAML cannot be read: %s", bound(problem))
}
