package shop_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/examples/shop"
)

const header = shop.FaultHeader

func TestSlowHoldsPagesAndProductsBack(t *testing.T) {
	t.Parallel()
	const wait = 150 * time.Millisecond
	v := newVisitor(t, open(t, shop.WithSlowness(wait)))
	for _, path := range []string{"/", "/cart", "/help", "/api/products", "/api/products/MUG-01"} {
		began := time.Now()
		v.send("GET", path, nil, header, "slow")
		if took := time.Since(began); took < wait {
			t.Errorf("%s took %s, want at least %s", path, took, wait)
		}
	}
}

func TestSlowLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t, shop.WithSlowness(time.Hour), shop.WithFault(shop.FaultSlow)))
	for _, path := range []string{"/healthz", "/api/cart", "/openapi.yaml", "/pictures/MUG-01.svg"} {
		if a := v.send("GET", path, nil); a.status != 200 {
			t.Errorf("%s answered %d", path, a.status)
		}
	}
	v.want(200, "GET", "/api/products", nil, header, "none")
}

func TestSlowGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	s := shop.New(shop.WithSlowness(time.Hour), shop.WithFault(shop.FaultSlow))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec, done := serve(s, newVisitor(t, "http://shop.test").request("GET", "/", nil).WithContext(ctx))
	<-done
	if rec.Body.Len() != 0 {
		t.Errorf("a caller that left got %s", rec.Body)
	}
}

func TestCloseEndsTheWait(t *testing.T) {
	t.Parallel()
	s := shop.New(shop.WithSlowness(time.Hour), shop.WithFault(shop.FaultSlow))
	_, done := serve(s, newVisitor(t, "http://shop.test").request("GET", "/", nil))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
}

func TestServerErrorOnOrders(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	problem := v.want(500, "POST", "/api/orders", orderOf("MUG-01", 1), header, "500")
	if strings.Contains(problem["detail"].(string), "fault") {
		t.Errorf("the answer tells its cause: %v", problem)
	}
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"}, header, "500")
	v.page(200, "/checkout?fault=500")
	a := v.form("/checkout", url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "country": {"DE"}, "payment": {"card"}, "terms": {"yes"}})
	if a.status != 500 || !strings.Contains(string(a.body), "<h1>Internal Server Error</h1>") {
		t.Errorf("checkout answered %d: %s", a.status, a.body)
	}
	v.page(200, "/?fault=none")
	v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))
}

func TestWrongTotalIsACentTooMuchPerLine(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	right := v.want(201, "POST", "/api/orders", orderOf("TEA-01", 3))
	wrong := v.want(201, "POST", "/api/orders", orderOf("TEA-01", 3), header, "wrong-total")
	if right["total"] != "31.76" || wrong["total"] != "31.77" || wrong["subtotal"] != right["subtotal"] {
		t.Errorf("totals %v and %v", right["total"], wrong["total"])
	}
	if again := v.want(200, "GET", "/api/orders/"+wrong["id"].(string), nil); again["total"] != "31.77" {
		t.Errorf("later the total is %v", again["total"])
	}
	v.page(200, "/?fault=wrong-total")
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-02"})
	if page := v.page(200, "/cart"); byID(page, "total") != "36.92" || byID(page, "subtotal") != "32.00" {
		t.Errorf("the cart shows %s of %s", byID(page, "total"), byID(page, "subtotal"))
	}
	if cart := v.want(200, "GET", "/api/cart", nil, header, "none"); cart["total"] != "36.90" {
		t.Errorf("a header that clears the fault is ignored: %v", cart["total"])
	}
}

func TestBrokenLayoutCoversTheButton(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	if strings.Contains(v.page(200, "/checkout"), "broken-layout") {
		t.Error("broken without the fault")
	}
	if !strings.Contains(v.page(200, "/checkout?fault=broken-layout"), `class="page-checkout broken-layout"`) {
		t.Error("the fault does not show")
	}
	css := string(v.send("GET", "/assets/shop.css", nil).body)
	for _, rule := range []string{".broken-layout .promo-layer { display: block;", ".broken-layout #checkout-heading { display: none;"} {
		if !strings.Contains(css, rule) {
			t.Errorf("the style sheet lacks %q", rule)
		}
	}
}

func TestFaultsAreChosenByHeaderThenQueryThenSessionThenProcess(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t, shop.WithFault(shop.FaultWrongTotal)))
	other := newVisitor(t, v.base)
	force := func(v *visitor, path string, headers ...string) string {
		return v.send("GET", path, nil, headers...).header.Get(header)
	}
	steps := []struct{ path, header, want string }{
		{"/api/cart", "", "wrong-total"},
		{"/api/cart?fault=500", "", "500"},
		{"/api/cart", "", "500"},
		{"/api/cart?fault=slow", "none", "none"},
		{"/api/cart", "", "500"},
		{"/api/cart?fault=none", "", "none"},
		{"/api/cart", "", "none"},
	}
	for i, step := range steps {
		headers := []string{}
		if step.header != "" {
			headers = []string{header, step.header}
		}
		if got := force(v, step.path, headers...); got != step.want {
			t.Errorf("step %d: %s with %q gave %q, want %q", i, step.path, step.header, got, step.want)
		}
	}
	if got := force(other, "/api/cart"); got != "wrong-total" {
		t.Errorf("another session has %q", got)
	}
	v.page(422, "/?fault=fire")
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for _, f := range shop.Faults() {
		if got, err := shop.ParseFault(string(f)); err != nil || got != f {
			t.Errorf("%s: %s, %v", f, got, err)
		}
	}
	if _, err := shop.ParseFault("fire"); err == nil || !strings.Contains(err.Error(), "broken-layout") {
		t.Errorf("error %v does not list the faults", err)
	}
	if !slices.Contains(shop.Faults(), shop.FaultNone) {
		t.Error("none is not listed")
	}
}
