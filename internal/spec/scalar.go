package spec

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	wholeForm = regexp.MustCompile(`^[-+]?[0-9]+$`)
	octalForm = regexp.MustCompile(`^0o[0-7]+$`)
	hexForm   = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	floatForm = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// scalar reads a scalar by the core schema of YAML 1.2, which is what JSON
// means too: yes, on and 12:30 are text, and 010 is ten. It returns nil, bool,
// int64, float64 or string. NaN and the infinities come back as float64; JSON
// has no such values.
func scalar(n *yaml.Node) any {
	if isText(n) {
		return n.Value
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	case ".nan", ".NaN", ".NAN":
		return math.NaN()
	}
	switch strings.ToLower(strings.TrimLeft(n.Value, "+")) {
	case ".inf":
		return math.Inf(1)
	case "-.inf":
		return math.Inf(-1)
	}
	if v, ok := parsePlain(n.Value); ok {
		return v
	}
	return n.Value
}

func parsePlain(text string) (any, bool) {
	if text[0] > '9' {
		return nil, false
	}
	if len(text) > 400 { // beyond what any number needs: infinite, unless it is text
		return math.Inf(1), strings.Trim(text, "+-.eE0123456789") == ""
	}
	base, digits := 0, ""
	switch {
	case wholeForm.MatchString(text):
		base, digits = 10, text
	case octalForm.MatchString(text):
		base, digits = 8, text[2:]
	case hexForm.MatchString(text):
		base, digits = 16, text[2:]
	case !floatForm.MatchString(text):
		return nil, false
	}
	if base != 0 {
		if i, err := strconv.ParseInt(digits, base, 64); err == nil {
			return i, true
		} else if base != 10 {
			return nil, false
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, false
	}
	return f, true
}

// isText reports whether a scalar is text by its form: in quotes, a block, or
// tagged !!str.
func isText(n *yaml.Node) bool {
	const forms = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Style&forms != 0 || n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && scalar(n) == nil }

// nodeKind names what a node is, for sentences.
func nodeKind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch scalar(n).(type) {
	case nil:
		return "empty"
	case bool, int64, float64:
		return n.Value
	}
	return "the text " + brief(n.Value)
}
