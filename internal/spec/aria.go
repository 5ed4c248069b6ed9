package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// AriaNode is an element of the accessibility tree, or what a plan asks of one.
type AriaNode struct {
	Role     string            `json:"role"` // "text" for text alone
	Name     string            `json:"name"` // in a plan, /expression/ matches
	Text     string            `json:"text"` // of an element that holds nothing else, or the value of a field
	Props    map[string]string `json:"props"`
	Children []AriaNode        `json:"children"`
}

const maxAriaDepth = 50

var ariaKey = regexp.MustCompile(`^([a-z]+)(?:\s+("(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)+/))?((?:\s*\[[a-z]+(?:=[a-z0-9]+)?\])*)$`)
var ariaProp = regexp.MustCompile(`\[([a-z]+)(?:=([a-z0-9]+))?\]`)

// ariaProps are the states and properties that a plan may name.
var ariaProps = []string{"checked", "disabled", "expanded", "level", "pressed", "selected", "required", "invalid"}

// ParseAria reads a snapshot: a YAML list whose elements are `role "name" [state]`,
// with their text or a list of what they hold behind a colon.
func ParseAria(text string) ([]AriaNode, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, fmt.Errorf("is no YAML: %s", bound(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("is empty")
	}
	return ariaList(doc.Content[0], 0)
}

func ariaList(n *yaml.Node, depth int) ([]AriaNode, error) {
	if depth > maxAriaDepth {
		return nil, fmt.Errorf("is nested deeper than %d levels", maxAriaDepth)
	}
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("must be a list in line %d, with a dash before each element", n.Line)
	}
	var out []AriaNode
	for _, c := range n.Content {
		node, err := ariaElement(c, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, node)
	}
	return out, nil
}

func ariaElement(n *yaml.Node, depth int) (AriaNode, error) {
	if n.Kind == yaml.ScalarNode {
		return ariaHead(n.Value, n.Line)
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return AriaNode{}, fmt.Errorf("has in line %d no element of the form: role \"name\" [state]: content", n.Line)
	}
	key, value := n.Content[0], n.Content[1]
	node, err := ariaHead(key.Value, key.Line)
	switch {
	case err != nil:
	case value.Kind == yaml.ScalarNode:
		node.Text = value.Value
	default:
		node.Children, err = ariaList(value, depth+1)
	}
	return node, err
}

// ariaHead reads role "name" [state].
func ariaHead(text string, line int) (AriaNode, error) {
	m := ariaKey.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return AriaNode{}, fmt.Errorf("has %s in line %d, which is not of the form: role \"name\" [state]", brief(text), line)
	}
	node := AriaNode{Role: m[1], Name: m[2]}
	if node.Role != "text" && !slices.Contains(roles, node.Role) {
		return AriaNode{}, fmt.Errorf("names the role %s in line %d, which is none of ARIA", brief(node.Role), line)
	}
	switch {
	case strings.HasPrefix(m[2], `"`):
		name, err := strconv.Unquote(m[2])
		if err != nil {
			return AriaNode{}, fmt.Errorf("has a name in line %d that cannot be read: %s", line, brief(m[2]))
		}
		node.Name = name
	case m[2] != "":
		if _, err := regexp.Compile(m[2][1 : len(m[2])-1]); err != nil {
			return AriaNode{}, fmt.Errorf("has no expression in line %d: %s", line, brief(m[2]))
		}
	}
	for _, p := range ariaProp.FindAllStringSubmatch(m[3], -1) {
		if !slices.Contains(ariaProps, p[1]) {
			return AriaNode{}, fmt.Errorf("names the state %s in line %d; there are %s", brief(p[1]), line, sentenceList(ariaProps))
		}
		if node.Props == nil {
			node.Props = map[string]string{}
		}
		if node.Props[p[1]] = p[2]; p[2] == "" {
			node.Props[p[1]] = "true"
		}
	}
	return node, nil
}

// AriaMatches reports whether a tree has, somewhere among the children of one
// of its elements, everything that is wanted in its order. Where it has not, it
// names the first of those that was not found.
func AriaMatches(wanted, tree []AriaNode) (ok bool, missing string) {
	best := -1
	var visit func([]AriaNode) bool
	visit = func(nodes []AriaNode) bool {
		n := inOrderAria(wanted, nodes)
		if n == len(wanted) {
			return true
		}
		best = max(best, n)
		for _, node := range nodes {
			if len(node.Children) > 0 && visit(node.Children) {
				return true
			}
		}
		return false
	}
	if visit(tree) {
		return true, ""
	}
	return false, wanted[max(0, best)].head()
}

// inOrderAria is how many of the wanted elements are there, one behind the
// other; others may stand between them.
func inOrderAria(wanted, nodes []AriaNode) int {
	n := 0
	for _, node := range nodes {
		if n < len(wanted) && wanted[n].fits(node) {
			n++
		}
	}
	return n
}

// fits reports whether an element of a page is what is wanted.
func (n AriaNode) fits(there AriaNode) bool {
	if n.Role != there.Role || !ariaTextFits(n.Name, there.Name) || !ariaTextFits(n.Text, there.allText()) {
		return false
	}
	for name, value := range n.Props {
		if there.Props[name] != value {
			return false
		}
	}
	return inOrderAria(n.Children, there.Children) == len(n.Children)
}

// allText is an element's text, and that of what it holds.
func (n AriaNode) allText() string {
	out := n.Text
	for _, c := range n.Children {
		if c.Role == "text" {
			out = words(out, c.Text)
		}
	}
	return out
}

func ariaTextFits(wanted, text string) bool {
	if len(wanted) > 2 && wanted[0] == '/' && wanted[len(wanted)-1] == '/' {
		re, err := regexp.Compile(wanted[1 : len(wanted)-1])
		return err == nil && re.MatchString(text)
	}
	return wanted == "" || strings.Join(strings.Fields(wanted), " ") == text
}

func (n AriaNode) head() string {
	out := n.Role
	if strings.HasPrefix(n.Name, "/") && strings.HasSuffix(n.Name, "/") && len(n.Name) > 2 {
		out += " " + n.Name
	} else if n.Name != "" {
		out += " " + strconv.Quote(n.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Props)) {
		if v := n.Props[name]; v == "true" {
			out += " [" + name + "]"
		} else {
			out += " [" + name + "=" + v + "]"
		}
	}
	if n.Text != "" && len(n.Children) == 0 {
		out += ": " + n.Text
	}
	return out
}

// RenderAria writes a tree as ParseAria reads it.
func RenderAria(nodes []AriaNode) string {
	var b strings.Builder
	renderAria(&b, nodes, "")
	return b.String()
}

func renderAria(b *strings.Builder, nodes []AriaNode, indent string) {
	for _, n := range nodes {
		text := n.Text
		n.Text = ""
		b.WriteString(indent + "- " + yamlPlain(n.head()))
		switch {
		case len(n.Children) > 0:
			b.WriteString(":\n")
			if text != "" {
				n.Children = append([]AriaNode{{Role: "text", Text: text}}, n.Children...)
			}
			renderAria(b, n.Children, indent+"  ")
		case text != "":
			b.WriteString(": " + yamlText(text) + "\n")
		default:
			b.WriteString("\n")
		}
	}
}

// yamlPlain quotes an element's head where YAML would read more into it.
func yamlPlain(head string) string {
	if strings.Contains(head, ": ") || strings.Contains(head, " #") || strings.HasSuffix(head, ":") {
		return "'" + strings.ReplaceAll(head, "'", "''") + "'"
	}
	return head
}

var safeText = regexp.MustCompile(`^[\pL\pN][\pL\pN ,.;()/+-]*$`)

// yamlText is a text as YAML reads it back.
func yamlText(text string) string {
	if safeText.MatchString(text) && strings.TrimSpace(text) == text {
		return text
	}
	return strconv.Quote(text)
}
