package shop

import (
	"slices"
	"strings"
)

// product is one thing that the shop sells. Products never change.
type product struct {
	SKU         string  `json:"sku"`
	Name        string  `json:"name"`
	Category    string  `json:"category"`
	Summary     string  `json:"summary"`
	Description string  `json:"description"`
	Price       money   `json:"price"`
	Currency    string  `json:"currency"`
	InStock     bool    `json:"inStock"`
	Rating      float64 `json:"rating"`
	Picture     string  `json:"picture"`

	motif, colour, backdrop string
}

type catalogue struct {
	all   []*product
	bySKU map[string]*product
}

func newCatalogue() catalogue {
	c := catalogue{bySKU: map[string]*product{}}
	for _, p := range assortment() {
		p.Currency = currency
		p.Picture = "/pictures/" + p.SKU + ".svg"
		c.all = append(c.all, &p)
		c.bySKU[p.SKU] = &p
	}
	return c
}

func (c catalogue) categories() []string {
	var out []string
	for _, p := range c.all {
		if !slices.Contains(out, p.Category) {
			out = append(out, p.Category)
		}
	}
	return out
}

// search returns the products in which every word occurs.
func (c catalogue) search(q, category string) []*product {
	words := strings.Fields(strings.ToLower(q))
	out := []*product{}
	for _, p := range c.all {
		if category != "" && !strings.EqualFold(category, p.Category) {
			continue
		}
		if text := p.searchText(); !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			out = append(out, p)
		}
	}
	return out
}

func (p *product) searchText() string {
	return strings.ToLower(p.Name + " " + p.Category + " " + p.Summary + " " + p.SKU)
}
