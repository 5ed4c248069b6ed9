package byrules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/generation/crawl"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/spec"
)

// maxLinks bounds the links that one case asks for.
const maxLinks = 30

// FromPages makes cases of pages as they were read: each page looks as it did, its
// links lead somewhere, and its forms ask for what they require.
func FromPages(base string, pages []crawl.Page) (*draft.Set, error) {
	set := &draft.Set{Frame: draft.Frame{Name: "Pages of the target", BaseURL: base}}
	ids := map[string]bool{}
	add := func(p crawl.Page, aspect string, doc draft.CaseDoc) error {
		text, err := draft.Render(doc)
		if err != nil {
			return err
		}
		item := p.Path + " " + aspect
		set.Universe = append(set.Universe, item)
		set.Cases = append(set.Cases, draft.Case{Source: string(text), Covers: []string{item}, Cites: []draft.Cite{{Kind: draft.Page, Ref: p.Path}}})
		return nil
	}
	for _, p := range pages {
		set.Cites = append(set.Cites, draft.Cite{Kind: draft.Page, Ref: p.Path, Quote: p.Title})
		words := cmp.Or(strings.Trim(p.Path, "/"), "front")
		if err := add(p, "looks", draft.CaseDoc{
			ID: uniqueID("page.", words, "", ids), Name: line("The page " + p.Path + " is as it was"), Kind: string(spec.KindBrowser),
			Tags: []string{"generated", "smoke"}, Steps: looks(p),
		}); err != nil {
			return nil, err
		}
		if len(p.Links) > 0 {
			if err := add(p, "links", draft.CaseDoc{
				ID: uniqueID("links.", words, "", ids), Name: line("The links of " + p.Path + " lead somewhere"), Kind: string(spec.KindAPI),
				Tags: []string{"generated", "links"}, Steps: links(p),
			}); err != nil {
				return nil, err
			}
		}
		for _, f := range p.Forms {
			if steps := demands(p, f); steps != nil {
				if err := add(p, "asks for "+f.Required[0].Label, draft.CaseDoc{
					ID: uniqueID("form.", words, "", ids), Name: line("A form of " + p.Path + " asks for " + f.Required[0].Label), Kind: string(spec.KindBrowser),
					Tags: []string{"generated", "form"}, Steps: steps,
				}); err != nil {
					return nil, err
				}
			}
		}
	}
	return set, nil
}

func line(text string) string {
	runes := []rune(strings.Join(strings.Fields(strings.ReplaceAll(text, "${{", "$ {{")), " "))
	return string(runes[:min(len(runes), 150)])
}

func usable(text string) bool { return text != "" && !strings.Contains(text, "${{") }

func looks(p crawl.Page) []any {
	steps := []any{draft.Pairs{"goto", p.Path}}
	if usable(p.Title) {
		steps = append(steps, draft.Pairs{"expect", draft.Pairs{"title", p.Title}})
	}
	for _, h := range p.Headings[:min(len(p.Headings), 5)] {
		if usable(h) {
			steps = append(steps, draft.Pairs{"expect", draft.Pairs{"visible", draft.Pairs{"role", "heading", "name", h, "exact", true, "nth", 0}}})
		}
	}
	return append(steps, draft.Pairs{"expect", draft.Pairs{"console", "clean"}}, draft.Pairs{"expect", draft.Pairs{"requests", "clean"}})
}

func links(p crawl.Page) []any {
	var steps []any
	for _, link := range p.Links[:min(len(p.Links), maxLinks)] {
		if usable(link) {
			steps = append(steps, draft.StepDoc{HTTP: draft.Pairs{"url", link}, Check: []draft.Pairs{{"status", "2xx"}}})
		}
	}
	return steps
}

// demands sends a form without its first required field: the page stays, and the
// field is invalid.
func demands(p crawl.Page, f crawl.Form) []any {
	if !usable(f.Submit) || len(f.Required) == 0 || !usable(f.Required[0].Label) || slices.Contains([]string{"checkbox", "radio", "file"}, f.Required[0].Type) {
		return nil
	}
	field := f.Required[0].Label
	return []any{
		draft.Pairs{"goto", p.Path},
		draft.Pairs{"expect", draft.Pairs{"visible", draft.Pairs{"label", field}}},
		draft.Pairs{"clear", draft.Pairs{"label", field}},
		draft.Pairs{"click", draft.Pairs{"role", "button", "name", f.Submit, "exact", true}},
		draft.Pairs{"expect", draft.Pairs{"focused", draft.Pairs{"label", field}}},
		draft.Pairs{"expect", draft.Pairs{"url", p.Path}},
	}
}
