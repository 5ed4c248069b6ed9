package api

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"mime"
	"regexp"
	"strings"

	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of what an XPath expression is evaluated on: the tree needs many times
// the memory of the text, and an evaluation cannot be interrupted.
const (
	maxMarkup      = 2 << 20 // bytes of a body
	maxMarkupNodes = 500_000
	maxMarkupDepth = 1000
	maxFound       = 10_000 // nodes
)

// markup is a body as a tree.
type markup struct {
	html         *html.Node
	xml          *xmlquery.Node
	nodes, depth int
}

func (m *markup) navigator() xpath.NodeNavigator {
	if m.html != nil {
		return htmlquery.CreateXPathNavigator(m.html)
	}
	return xmlquery.CreateXPathNavigator(m.xml)
}

// markup reads the body once. What is not XML by its content type is HTML, which
// any text is.
func (r *response) markup() (*markup, error) {
	if r.tree == nil && r.treeErr == nil {
		r.tree, r.treeErr = r.readMarkup()
	}
	return r.tree, r.treeErr
}

func (r *response) readMarkup() (*markup, error) {
	if len(r.body) > maxMarkup {
		return nil, fmt.Errorf("the body is larger than %d MiB", maxMarkup>>20)
	}
	if len(bytes.TrimSpace(r.body)) == 0 {
		return nil, errors.New("the body is empty")
	}
	m := &markup{}
	var err error
	if r.isXML() {
		if m.xml, err = xmlquery.Parse(bytes.NewReader(r.body)); err != nil {
			return nil, fmt.Errorf("the body is not XML: %s", cause(err))
		}
		m.nodes, m.depth = sizeOf(m.xml, func(n *xmlquery.Node) (child, next, parent *xmlquery.Node) {
			return n.FirstChild, n.NextSibling, n.Parent
		})
	} else {
		if m.html, err = html.Parse(bytes.NewReader(r.body)); err != nil {
			return nil, fmt.Errorf("the body is not HTML: %s", cause(err))
		}
		m.nodes, m.depth = sizeOf(m.html, func(n *html.Node) (child, next, parent *html.Node) { return n.FirstChild, n.NextSibling, n.Parent })
	}
	if m.nodes > maxMarkupNodes || m.depth > maxMarkupDepth {
		return nil, fmt.Errorf("the body has more than %d nodes, or is nested deeper than %d", maxMarkupNodes, maxMarkupDepth)
	}
	return m, nil
}

func (r *response) isXML() bool {
	mediaType, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || mediaType == "" {
		return bytes.HasPrefix(bytes.TrimSpace(r.body), []byte("<?xml"))
	}
	return mediaType == "application/xml" || mediaType == "text/xml" || strings.HasSuffix(mediaType, "+xml") && mediaType != "application/xhtml+xml"
}

// sizeOf counts nodes without recursion: the depth is the target's choice.
func sizeOf[N comparable](root N, at func(N) (child, next, parent N)) (nodes, depth int) {
	var none N
	deepest := 0
	for n := root; ; {
		nodes++
		child, next, parent := at(n)
		if child != none {
			n = child
			depth++
			deepest = max(deepest, depth)
			continue
		}
		for next == none {
			if n == root || parent == none {
				return nodes, deepest
			}
			n = parent
			depth--
			_, next, parent = at(n)
			if n == root {
				return nodes, deepest
			}
		}
		n = next
	}
}

var (
	wideAxes   = regexp.MustCompile(`//|descendant|ancestor`)
	widestAxes = regexp.MustCompile(`following|preceding|\[`)
)

// cost estimates from above how many nodes an expression visits, as shape.cost
// does for JSONPath. What stands in brackets may walk the whole tree for every
// node when it begins at the root or goes down.
func (m *markup) cost(expression string) float64 {
	cost := float64(m.nodes)
	outside, inside := expression, ""
	if i := strings.IndexByte(expression, '['); i >= 0 {
		outside, inside = expression[:i], expression[i:]
	}
	wide := len(wideAxes.FindAllString(outside, -1))
	cost *= math.Pow(float64(m.depth+1), float64(max(wide-1, 0)))
	cost *= math.Pow(float64(m.nodes), float64(len(wideAxes.FindAllString(inside, -1))))
	for _, axis := range widestAxes.FindAllString(expression, -1) {
		if axis != "[" {
			cost *= float64(m.nodes)
		}
	}
	return cost
}

// findXPath evaluates an expression: text for one node, a list of texts for
// several, or the number, text or boolean that it computes.
func (r *response) findXPath(expression string) (value any, found int, err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on functions with wrong arguments
			value, found, err = nil, 0, fmt.Errorf("the expression is wrong: %s", cause(fmt.Errorf("%v", p)))
		}
	}()
	expr, err := spec.CompileXPath(expression)
	if err != nil {
		return nil, 0, fmt.Errorf("the expression is wrong: %s", cause(err))
	}
	m, err := r.markup()
	if err != nil {
		return nil, 0, err
	}
	if m.cost(expression) > maxCost {
		return nil, 0, errors.New("the expression is too costly for a body of this size: use fewer // and name the elements")
	}
	switch v := expr.Evaluate(m.navigator()).(type) {
	case *xpath.NodeIterator:
		var texts []any
		for v.MoveNext() {
			if texts = append(texts, strings.TrimSpace(v.Current().Value())); len(texts) > maxFound {
				return nil, 0, fmt.Errorf("the expression finds more than %d nodes", maxFound)
			}
		}
		if len(texts) == 1 {
			return texts[0], 1, nil
		}
		return texts, len(texts), nil
	case string, bool:
		return v, 1, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, 0, nil
		}
		return v, 1, nil
	}
	return nil, 0, errors.New("the expression computes nothing that can be compared")
}

func (a *attempt) xpath(expression string, m spec.Matcher, in *response) []executors.Check {
	subject := "xpath " + expression
	value, found, err := in.findXPath(expression)
	if err != nil {
		checks := a.verdicts(subject, m, spec.NoActual())
		for i, c := range checks {
			checks[i] = failedCheck(c.Name, c.Expected, "nothing", fmt.Sprintf("%s cannot be read: %s", subject, err))
		}
		return checks
	}
	actual := spec.NoActual()
	switch text, isText := value.(string); {
	case found == 0:
	case isText && aboutLists(m) && m.Contains == nil && m.NotContains == nil && m.Length == nil:
		actual = spec.JSONActual([]any{text})
	case isText:
		actual = spec.TextActual(text)
	default:
		actual = spec.JSONActual(value)
	}
	return a.verdicts(subject, m, actual)
}
