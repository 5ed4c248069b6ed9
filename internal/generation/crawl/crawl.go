// Package crawl reads the pages of a target as far as their links lead: what each
// is titled, its headings, links and forms, by what people call them. It stays
// at one origin and is bounded in pages, depth and bytes; time is its context's.
//
// It reads what a server sends. What only scripts put into a page it does not
// see. How pages are fetched is handed in, so that the egress policy judges it.
package crawl

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page is what was read of one page.
type Page struct {
	Path     string // with its query, relative to the origin
	Title    string
	Headings []string // visible texts of h1 and h2
	Links    []string // paths within the origin
	Forms    []Form
}

// Form is a form of a page.
type Form struct {
	Submit   string // name of its button; empty where it has none
	Required []Field
	Fields   int
}

// Field is a required field of a form.
type Field struct {
	Label string // what people call it; empty where nothing says
	Type  string // of the input: text, email
}

// Limits of a crawl.
type Limits struct {
	Depth int // links from the first page
	Pages int
}

// maxPage bounds one page: 2 MiB. maxTexts bounds what is kept of one.
const (
	maxPage  = 2 << 20
	maxTexts = 50
	maxWords = 200 // characters of a text
)

// Fetch reads what lies at an address.
type Fetch func(ctx context.Context, address string, most int64) ([]byte, error)

// Read reads the pages, the first one first. A page that cannot be read is named
// in the notes; that the first one cannot be is an error. When ctx ends, what was
// read is the answer.
func Read(ctx context.Context, fetch Fetch, start string, limits Limits) (pages []Page, notes []string, err error) {
	base, err := url.Parse(start)
	if err != nil || base.Hostname() == "" {
		return nil, nil, fmt.Errorf("%.200q is no address", start)
	}
	type place struct {
		path  string
		depth int
	}
	first := relative(base)
	queue, seen := []place{{first, 0}}, map[string]bool{first: true}
	for len(queue) > 0 && len(pages) < limits.Pages && ctx.Err() == nil {
		at := queue[0]
		queue = queue[1:]
		body, err := fetch(ctx, base.Scheme+"://"+base.Host+at.path, maxPage)
		if err != nil {
			if len(pages) == 0 && len(queue) == 0 && at.depth == 0 {
				return nil, nil, err
			}
			if len(notes) < maxTexts {
				notes = append(notes, fmt.Sprintf("the page %s could not be read: %s", at.path, err))
			}
			continue
		}
		page, ok := parse(body, base, at.path)
		if !ok {
			continue
		}
		pages = append(pages, page)
		if at.depth == limits.Depth {
			continue
		}
		for _, link := range page.Links {
			if !seen[link] && worthReading(link) {
				seen[link] = true
				queue = append(queue, place{link, at.depth + 1})
			}
		}
	}
	if len(pages) == 0 {
		return nil, notes, fmt.Errorf("there is no page of HTML at %.200s", start)
	}
	return pages, notes, nil
}

// worthReading leaves out what is no page by its name, and what would do
// something.
func worthReading(link string) bool {
	file, _, _ := strings.Cut(link, "?")
	switch strings.ToLower(path.Ext(file)) {
	case "", ".html", ".htm", ".php", ".asp", ".aspx", ".jsp":
	default:
		return false
	}
	for _, word := range []string{"logout", "signout", "sign-out", "delete", "remove", "unsubscribe"} {
		if strings.Contains(strings.ToLower(link), word) {
			return false
		}
	}
	return true
}

func relative(u *url.URL) string {
	p := u.EscapedPath()
	if p == "" {
		p = "/"
	}
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p
}

func parse(body []byte, base *url.URL, at string) (Page, bool) {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil || !bytes.Contains(bytes.ToLower(body[:min(len(body), 4096)]), []byte("<html")) && !bytes.Contains(bytes.ToLower(body[:min(len(body), 4096)]), []byte("<!doctype")) {
		return Page{}, false
	}
	r := reader{page: Page{Path: at}, base: base, labels: map[string]string{}}
	r.gatherLabels(root, 0)
	r.walk(root, 0)
	return r.page, true
}

type reader struct {
	page   Page
	base   *url.URL
	labels map[string]string // by the id of the field
}

// maxDepth bounds nested elements.
const maxDepth = 200

func (r *reader) gatherLabels(n *html.Node, depth int) {
	if depth > maxDepth {
		return
	}
	if n.DataAtom == atom.Label && attribute(n, "for") != "" {
		r.labels[attribute(n, "for")] = text(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.gatherLabels(c, depth+1)
	}
}

func (r *reader) walk(n *html.Node, depth int) {
	if depth > maxDepth || hidden(n) {
		return
	}
	switch n.DataAtom {
	case atom.Title:
		if r.page.Title == "" {
			r.page.Title = text(n)
		}
	case atom.H1, atom.H2:
		if words := text(n); words != "" && len(r.page.Headings) < maxTexts && !slices.Contains(r.page.Headings, words) {
			r.page.Headings = append(r.page.Headings, words)
		}
	case atom.A:
		r.link(attribute(n, "href"))
	case atom.Form:
		if len(r.page.Forms) < maxTexts {
			f := Form{}
			r.form(n, &f, "", depth)
			r.page.Forms = append(r.page.Forms, f)
		}
	case atom.Script, atom.Style, atom.Template, atom.Svg:
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.walk(c, depth+1)
	}
}

func (r *reader) link(href string) {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil || href == "" {
		return
	}
	here, err := url.Parse(r.page.Path)
	if err != nil {
		return
	}
	to := r.base.ResolveReference(here).ResolveReference(u)
	if to.Scheme != r.base.Scheme || to.Host != r.base.Host {
		return
	}
	if link := relative(to); len(link) < 1000 && len(r.page.Links) < 500 && !slices.Contains(r.page.Links, link) {
		r.page.Links = append(r.page.Links, link)
	}
}

func (r *reader) form(n *html.Node, f *Form, label string, depth int) {
	if depth > maxDepth || hidden(n) {
		return
	}
	kind := strings.ToLower(attribute(n, "type"))
	switch n.DataAtom {
	case atom.Label:
		label = text(n)
	case atom.Button:
		if f.Submit == "" && (kind == "" || kind == "submit") {
			f.Submit = name(n, text(n))
		}
	case atom.Input, atom.Textarea, atom.Select:
		switch {
		case kind == "submit" || kind == "image":
			if f.Submit == "" {
				f.Submit = name(n, attribute(n, "value"))
			}
		case kind == "hidden" || kind == "reset" || kind == "button":
		default:
			f.Fields++
			if has(n, "required") && len(f.Required) < maxTexts {
				said := label
				if other := r.labels[attribute(n, "id")]; other != "" {
					said = other
				}
				f.Required = append(f.Required, Field{Label: name(n, said), Type: kind})
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.form(c, f, label, depth+1)
	}
}

// name is what people call an element, as far as its own attributes and the text
// that belongs to it tell.
func name(n *html.Node, said string) string {
	if own := attribute(n, "aria-label"); own != "" {
		return words(own)
	}
	return words(said)
}

func hidden(n *html.Node) bool {
	return has(n, "hidden") || attribute(n, "aria-hidden") == "true" || strings.Contains(strings.ReplaceAll(attribute(n, "style"), " ", ""), "display:none")
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// text is what is written within an element.
func text(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if depth > maxDepth || b.Len() > 4*maxWords || n.Type == html.ElementNode && hidden(n) {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(n, 0)
	return words(b.String())
}

func words(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	return string(runes[:min(len(runes), maxWords)])
}
