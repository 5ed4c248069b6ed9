package shop

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// assetVersion changes with the assets, so that browsers may keep them.
var assetVersion = hashAssets()

var pages = parsePages()

// view is what every page is made from; Body is the page's own.
type view struct {
	Title     string
	Name      string // of the template; the body's class
	CartCount int
	User      *account
	Looks     string // of a fault that shows
	Version   string
	Body      any
}

func (s *Shop) render(w http.ResponseWriter, r *http.Request, status int, name, title string, body any) {
	v := visitOf(r)
	var out bytes.Buffer
	err := pages[name].ExecuteTemplate(&out, "layout", view{
		Title: title, Name: name, Body: body, Version: assetVersion,
		CartCount: s.store.cart(v.session, v.fault).Count,
		User:      s.store.userOf(v.session),
		Looks:     v.fault.looks(),
	})
	if err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The answer is on its way: a caller that left is nothing to act on.
	_, _ = out.WriteTo(w)
}

func (s *Shop) errorPage(w http.ResponseWriter, r *http.Request, p *problem) {
	s.render(w, r, p.Status, "error", p.Title, p)
}

func (s *Shop) homePage(w http.ResponseWriter, r *http.Request) {
	q, category := r.URL.Query().Get("q"), r.URL.Query().Get("category")
	found := s.store.catalogue.search(q, category)
	type card struct {
		*product
		Search string
		Hidden bool
	}
	cards := make([]card, 0, len(s.store.catalogue.all))
	for _, p := range s.store.catalogue.all {
		cards = append(cards, card{p, p.searchText(), !slices.Contains(found, p)})
	}
	s.render(w, r, http.StatusOK, "home", "Goods for slow mornings", map[string]any{
		"Query": q, "Category": category, "Categories": s.store.catalogue.categories(), "Cards": cards, "Found": len(found),
		"Labelled": visitOf(r).fault != FaultNoLabel,
	})
}

func (s *Shop) productPage(w http.ResponseWriter, r *http.Request) {
	p, err := s.store.product(r.PathValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "product", p.Name, map[string]any{
		"Product": p, "Reviews": s.store.reviewsOf(visitOf(r).session, p.SKU), "Max": maxQuantity,
		"DiscountFrom": discountFrom, "DiscountPercent": int(discountPercent),
	})
}

func (s *Shop) cartPage(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	s.render(w, r, http.StatusOK, "cart", "Cart", s.store.cart(v.session, v.fault))
}

func (s *Shop) checkoutPage(w http.ResponseWriter, r *http.Request) {
	s.renderCheckout(w, r, http.StatusOK, orderRequest{Payment: "card"}, nil)
}

func (s *Shop) renderCheckout(w http.ResponseWriter, r *http.Request, status int, req orderRequest, errs []fieldError) {
	v := visitOf(r)
	messages := map[string]string{}
	for _, e := range errs {
		messages[e.Field] = e.Message
	}
	s.render(w, r, status, "checkout", "Checkout", map[string]any{
		"Cart": s.store.cart(v.session, v.fault), "Form": req, "Errors": messages, "Terms": r.PostFormValue("terms") != "", "Countries": countries, "Payments": payments,
	})
}

func (s *Shop) orderPage(w http.ResponseWriter, r *http.Request) {
	s.showOrder(w, r, "order", "Order ")
}
func (s *Shop) thanksPage(w http.ResponseWriter, r *http.Request) {
	s.showOrder(w, r, "thanks", "Thanks for order ")
}

func (s *Shop) showOrder(w http.ResponseWriter, r *http.Request, name, title string) {
	o, err := s.store.order(r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, name, title+o.Number, o)
}

func (s *Shop) helpPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "help", "Help", map[string]any{"Fee": shippingFee, "FreeAt": freeShippingAt})
}

func (s *Shop) loginPage(w http.ResponseWriter, r *http.Request) {
	s.renderLogin(w, r, http.StatusOK, "", "")
}

func (s *Shop) renderLogin(w http.ResponseWriter, r *http.Request, status int, email, message string) {
	s.render(w, r, status, "login", "Sign in", map[string]string{
		"Email": email, "Error": message, "DemoEmail": demoEmail, "DemoPassword": demoPassword,
	})
}

func (s *Shop) picture(w http.ResponseWriter, r *http.Request) {
	p := s.store.catalogue.bySKU[strings.TrimSuffix(r.PathValue("file"), ".svg")]
	if p == nil {
		s.fail(w, r, notFound("There is no such picture."))
		return
	}
	var out bytes.Buffer
	data := map[string]string{"Motif": p.motif, "Colour": p.colour, "Backdrop": p.backdrop}
	if err := pages["picture"].ExecuteTemplate(&out, "picture", data); err != nil {
		s.fail(w, r, err)
		return
	}
	// A picture is no page: it may carry its own styles and nothing else.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	writeCached(w, r, "image/svg+xml", out.Bytes())
}

func assets() http.Handler {
	files := http.FileServerFS(assetFiles)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		files.ServeHTTP(w, r)
	})
}

// parsePages panics on a template that is wrong in itself: every start and
// every test would show it.
func parsePages() map[string]*template.Template {
	funcs := template.FuncMap{
		"stars":  func(rating float64) string { return fmt.Sprintf("%.1f out of 5", rating) },
		"repeat": strings.Repeat,
		"full":   func(l pricedLine) money { return l.LineTotal + l.Discount },
	}
	layout := template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/picture.svg"))
	out := map[string]*template.Template{"picture": layout}
	for _, name := range []string{"home", "product", "cart", "checkout", "thanks", "order", "help", "login", "error"} {
		out[name] = template.Must(template.Must(layout.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return out
}

func hashAssets() string {
	h := sha256.New()
	err := fs.WalkDir(assetFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := assetFiles.ReadFile(path)
		h.Write(data)
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
