package shop_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func (v *visitor) form(path string, values url.Values) answer {
	v.t.Helper()
	return v.send("POST", path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
}

func TestPagesWorkWithoutTheirScript(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	if got := byID(v.page(200, "/?q=mug"), "result-count"); got != "2 products" {
		t.Errorf("found %q", got)
	}
	if got := v.form("/cart/items", url.Values{"sku": {"TEA-01"}, "quantity": {"1"}}); got.status != 303 || got.header.Get("Location") != "/cart" {
		t.Fatalf("adding answered %d: %s", got.status, got.body)
	}
	if got := v.form("/cart/items", url.Values{"sku": {"TEA-01"}, "quantity": {"3"}, "set": {"1"}}); got.status != 303 {
		t.Fatalf("changing answered %d: %s", got.status, got.body)
	}
	cart := v.page(200, "/cart")
	if byID(cart, "total") != "31.76" || byID(cart, "cart-count") != "3" {
		t.Errorf("total %q, count %q", byID(cart, "total"), byID(cart, "cart-count"))
	}
	filled := url.Values{"name": {"Ada Lovelace"}, "email": {"ada@example.com"}, "country": {"DE"}, "payment": {"card"}, "terms": {"yes"}}
	done := v.form("/checkout", filled)
	to := done.header.Get("Location")
	if done.status != 303 || !strings.HasSuffix(to, "/thanks") {
		t.Fatalf("checkout answered %d to %q: %s", done.status, to, done.body)
	}
	thanks := v.page(200, to)
	if !strings.Contains(thanks, "<h1>Thanks</h1>") || byID(thanks, "order-number") != "DW-1001" || byID(thanks, "total") != "31.76" || byID(thanks, "state") != "PAID" {
		t.Errorf("thanks page: %s", thanks)
	}
	if page := v.page(200, strings.TrimSuffix(to, "/thanks")); byID(page, "state") != "PAID" {
		t.Errorf("order page says %q", byID(page, "state"))
	}
}

func TestCheckoutNamesWrongFields(t *testing.T) {
	t.Parallel()
	base := open(t)
	good := url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "country": {"FR"}, "payment": {"card"}, "terms": {"yes"}}
	tests := map[string]struct {
		field, value, where, message string
	}{
		"name":    {"name", "", "name-error", "Enter your name, 2 to 100 characters."},
		"email":   {"email", "ada", "email-error", "Enter an e-mail address such as ada@example.com."},
		"country": {"country", "", "country-error", "Choose the country that we ship to."},
		"payment": {"payment", "invoice", "payment-error", "Invoice is offered in Austria and Germany only. Choose another way to pay."},
		"terms":   {"terms", "", "terms-error", "Please accept the terms."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVisitor(t, base)
			v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
			values := url.Values{}
			for k, list := range good {
				values[k] = list
			}
			values.Set(tc.field, tc.value)
			a := v.form("/checkout", values)
			if a.status != 422 || byID(string(a.body), tc.where) != tc.message {
				t.Errorf("got %d and %q", a.status, byID(string(a.body), tc.where))
			}
			if n := len(regexp.MustCompile(`class="error">[^<]`).FindAllIndex(a.body, -1)); n != 1 {
				t.Errorf("%d fields are marked, want 1", n)
			}
			if got := v.want(200, "GET", "/api/cart", nil)["count"]; got != 1.0 {
				t.Errorf("the cart holds %v", got)
			}
		})
	}
}

func TestPagesEscapeWhatVisitorsWrite(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	a := v.form("/checkout", url.Values{"name": {`"><script>alert(1)</script>`}})
	if strings.Contains(string(a.body), "<script>alert") || strings.Contains(v.page(200, "/?q=%22%3E%3Cscript%3Ealert(1)"), "<script>alert") {
		t.Error("a script got into the page")
	}
	if got := a.header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'self'") {
		t.Errorf("policy %q", got)
	}
}

func TestLoginPage(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	wrong := v.form("/login", url.Values{"email": {"ada@example.test"}, "password": {"guess"}})
	if wrong.status != 401 || !strings.Contains(string(wrong.body), `role="alert"`) {
		t.Errorf("a wrong password answered %d", wrong.status)
	}
	if got := v.form("/login", url.Values{"email": {"ada@example.test"}, "password": {"slow-mornings"}}); got.status != 303 {
		t.Fatalf("login answered %d", got.status)
	}
	if !strings.Contains(v.page(200, "/"), "Hello, Ada") {
		t.Error("the page does not greet")
	}
	v.form("/logout", nil)
	if strings.Contains(v.page(200, "/"), "Hello, Ada") {
		t.Error("the page still greets")
	}
}

var (
	link  = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)
	ident = regexp.MustCompile(` id="([^"]+)"`)
)

func TestEveryLinkLeadsSomewhereAndEveryIDIsUnique(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	seen := map[string]bool{}
	for _, start := range []string{"/", "/products/KET-02", "/cart", "/checkout", "/help", "/login"} {
		page := v.page(200, start)
		ids := map[string]bool{}
		for _, m := range ident.FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("%s has the id %s twice", start, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			if seen[to] {
				continue
			}
			seen[to] = true
			if a := v.send("GET", to, nil); a.status != 200 {
				t.Errorf("%s links to %s, which answers %d", start, to, a.status)
			}
		}
	}
	if len(seen) < 55 { // 24 products with a picture each, and the pages
		t.Errorf("only %d links were followed", len(seen))
	}
}

func TestPicturesDrawTheirProduct(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	mug, tea := v.send("GET", "/pictures/MUG-01.svg", nil), v.send("GET", "/pictures/TEA-01.svg", nil)
	if mug.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(string(mug.body), "#5b7553") || string(mug.body) == string(tea.body) {
		t.Errorf("%s: %.200s", mug.header.Get("Content-Type"), mug.body)
	}
	if a := v.send("GET", "/pictures/NO-1.svg", nil); a.status != 404 {
		t.Errorf("an unknown picture answered %d", a.status)
	}
}

func TestUnknownPageIsAPage(t *testing.T) {
	t.Parallel()
	if page := newVisitor(t, open(t)).page(404, "/nowhere"); !strings.Contains(page, "<h1>Not Found</h1>") {
		t.Errorf("got %s", page)
	}
}
