package shop_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
)

func TestProductsAreSearchedAndPaged(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	tests := map[string]struct {
		query string
		skus  []string
		total float64
		next  string
	}{
		"one word":       {"?q=mug", []string{"MUG-01", "MUG-02"}, 2, ""},
		"case and order": {"?q=MOSS+stoneware", []string{"MUG-01"}, 1, ""},
		"category":       {"?category=paper&limit=2", []string{"NOT-01", "PEN-01"}, 4, "/api/products?category=paper&limit=2&offset=2"},
		"second page":    {"?category=Paper&limit=2&offset=2", []string{"NOT-02", "PEN-02"}, 4, ""},
		"past the end":   {"?offset=100", []string{}, 24, ""},
		"no match":       {"?q=submarine", []string{}, 0, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newVisitor(t, v.base).want(200, "GET", "/api/products"+tc.query, nil)
			skus := []string{}
			for _, p := range got["items"].([]any) {
				skus = append(skus, p.(map[string]any)["sku"].(string))
			}
			if diff := cmp.Diff(tc.skus, skus); diff != "" {
				t.Error(diff)
			}
			next, _ := got["next"].(string)
			if got["total"] != tc.total || next != tc.next {
				t.Errorf("total %v and next %q, want %v and %q", got["total"], next, tc.total, tc.next)
			}
		})
	}
}

func TestRequestsThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	base := open(t)
	customer := func(change string, value any) map[string]any {
		c := ada()
		c[change] = value
		return map[string]any{"items": []any{map[string]any{"sku": "MUG-01", "quantity": 1}}, "customer": c}
	}
	jsonType := []string{"Content-Type", "application/json"}
	tests := map[string]struct {
		method, path string
		body         any
		headers      []string
		status       int
		fields       []string
	}{
		"limit is no number":        {"GET", "/api/products?limit=many", nil, nil, 422, []string{"limit"}},
		"limit is too large":        {"GET", "/api/products?limit=101", nil, nil, 422, []string{"limit"}},
		"no such product":           {"GET", "/api/products/NO-1", nil, nil, 404, nil},
		"no such order":             {"GET", "/api/orders/ord_x", nil, nil, 404, nil},
		"paying no order":           {"POST", "/api/orders/ord_x/pay", nil, nil, 404, nil},
		"no such route":             {"GET", "/api/unknown", nil, nil, 404, nil},
		"wrong method":              {"PUT", "/api/cart", nil, nil, 405, nil},
		"no session's cart":         {"PATCH", "/api/cart/items/MUG-01", map[string]any{"quantity": 2}, nil, 404, nil},
		"no quantity":               {"PATCH", "/api/cart/items/MUG-01", map[string]any{}, nil, 422, []string{"quantity"}},
		"unknown product in cart":   {"POST", "/api/cart/items", map[string]any{"sku": "NO-1"}, nil, 422, []string{"sku"}},
		"sold out product in cart":  {"POST", "/api/cart/items", map[string]any{"sku": "KET-02"}, nil, 422, []string{"sku"}},
		"quantity of zero":          {"POST", "/api/cart/items", map[string]any{"sku": "MUG-01", "quantity": 0}, nil, 422, []string{"quantity"}},
		"quantity is text":          {"POST", "/api/cart/items", map[string]any{"sku": "MUG-01", "quantity": "two"}, nil, 422, []string{"quantity"}},
		"unknown member":            {"POST", "/api/cart/items", map[string]any{"sku": "MUG-01", "colour": "red"}, nil, 422, []string{"colour"}},
		"body is no JSON":           {"POST", "/api/orders", "{", jsonType, 400, nil},
		"two values":                {"POST", "/api/orders", "{}{}", jsonType, 400, nil},
		"body is a form":            {"POST", "/api/orders", "sku=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, nil},
		"body is huge":              {"POST", "/api/orders", `{"payment":"` + strings.Repeat("x", 70<<10) + `"}`, jsonType, 413, nil},
		"order of nothing":          {"POST", "/api/orders", map[string]any{"customer": ada()}, nil, 422, []string{"items"}},
		"order without a customer":  {"POST", "/api/orders", map[string]any{"items": []any{map[string]any{"sku": "MUG-01", "quantity": 1}}}, nil, 422, []string{"customer.name", "customer.email", "customer.country"}},
		"order of unknown product":  {"POST", "/api/orders", orderOf("NO-1", 1), nil, 422, []string{"items[0].sku"}},
		"order of too many":         {"POST", "/api/orders", orderOf("MUG-01", 21), nil, 422, []string{"items[0].quantity"}},
		"order to another country":  {"POST", "/api/orders", customer("country", "XX"), nil, 422, []string{"customer.country"}},
		"email without a domain":    {"POST", "/api/orders", customer("email", "ada@home"), nil, 422, []string{"customer.email"}},
		"email with a display name": {"POST", "/api/orders", customer("email", "Ada <ada@example.com>"), nil, 422, []string{"customer.email"}},
		"name of one letter":        {"POST", "/api/orders", customer("name", " A "), nil, 422, []string{"customer.name"}},
		"login without a password":  {"POST", "/api/login", map[string]any{"email": "a@b.example"}, nil, 422, []string{"password"}},
		"login that is wrong":       {"POST", "/api/login", map[string]any{"email": "ada@example.test", "password": "guess"}, nil, 401, nil},
		"nobody is signed in":       {"GET", "/api/me", nil, nil, 401, nil},
		"empty message":             {"POST", "/chat", map[string]any{"message": " \n"}, nil, 422, []string{"message"}},
		"endless message":           {"POST", "/chat", map[string]any{"message": strings.Repeat("é", 1001)}, nil, 422, []string{"message"}},
		"no such review picture":    {"GET", "/api/reviews/x/picture", nil, nil, 404, nil},
		"unknown fault in header":   {"GET", "/api/products", nil, []string{shop.FaultHeader, "fire"}, 422, []string{"fault"}},
		"live without a socket":     {"GET", "/live", nil, nil, 426, nil},
		"foreign site":              {"POST", "/api/logout", nil, []string{"Sec-Fetch-Site", "cross-site"}, 403, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newVisitor(t, base).send(tc.method, tc.path, tc.body, tc.headers...)
			if a.status != tc.status {
				t.Fatalf("status %d, want %d: %s", a.status, tc.status, a.body)
			}
			if tc.status == 403 {
				return
			}
			if got := a.header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type %q", got)
			}
			if a.json["status"] != float64(tc.status) || a.json["title"] != http.StatusText(tc.status) || a.json["detail"] == "" {
				t.Errorf("problem %v", a.json)
			}
			if diff := cmp.Diff(tc.fields, fields(a.json)); diff != "" {
				t.Errorf("fields: %s", diff)
			}
		})
	}
}

func TestWrongMethodNamesTheRightOnes(t *testing.T) {
	t.Parallel()
	a := newVisitor(t, open(t)).send("PUT", "/api/cart", nil)
	if got := a.header.Get("Allow"); got != "GET, DELETE" {
		t.Errorf("Allow is %q", got)
	}
}

func TestProductsAnswerIfNoneMatch(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	for _, path := range []string{"/api/products/MUG-01", "/api/products?q=mug"} {
		first := v.send("GET", path, nil)
		tag := first.header.Get("ETag")
		if first.status != 200 || tag == "" {
			t.Fatalf("%s answered %d with ETag %q", path, first.status, tag)
		}
		if again := v.send("GET", path, nil, "If-None-Match", tag); again.status != 304 || len(again.body) != 0 {
			t.Errorf("%s with its ETag answered %d and %d bytes", path, again.status, len(again.body))
		}
		if other := v.send("GET", path, nil, "If-None-Match", `"other"`); other.status != 200 {
			t.Errorf("%s with another ETag answered %d", path, other.status)
		}
	}
}

func TestOldShopRedirects(t *testing.T) {
	t.Parallel()
	a := newVisitor(t, open(t)).send("GET", "/old-shop", nil)
	if a.status != 301 || a.header.Get("Location") != "/" {
		t.Errorf("got %d to %q", a.status, a.header.Get("Location"))
	}
}

func TestCartIsPricedByTheShop(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	sums := func(cart map[string]any) []any {
		return []any{cart["count"], cart["subtotal"], cart["discount"], cart["shipping"], cart["total"]}
	}
	check := func(what string, cart map[string]any, want ...any) {
		t.Helper()
		if diff := cmp.Diff(want, sums(cart)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	check("at first", v.want(200, "GET", "/api/cart", nil), 0.0, "0.00", "0.00", "0.00", "0.00")
	check("one tea", v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "TEA-01"}), 1.0, "9.95", "0.00", "4.90", "14.85")
	check("two more", v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "TEA-01", "quantity": 2}), 3.0, "29.85", "2.99", "4.90", "31.76")
	check("a mug", v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"}), 4.0, "45.85", "2.99", "4.90", "47.76")
	check("free shipping", v.want(200, "PATCH", "/api/cart/items/MUG-01", map[string]any{"quantity": 2}), 5.0, "61.85", "2.99", "0.00", "58.86")
	check("the same later", v.want(200, "GET", "/api/cart", nil), 5.0, "61.85", "2.99", "0.00", "58.86")
	check("no tea", v.want(200, "DELETE", "/api/cart/items/TEA-01", nil), 2.0, "32.00", "0.00", "4.90", "36.90")
	check("quantity 0", v.want(200, "PATCH", "/api/cart/items/MUG-01", map[string]any{"quantity": 0}), 0.0, "0.00", "0.00", "0.00", "0.00")
	v.want(404, "DELETE", "/api/cart/items/MUG-01", nil)
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	v.want(204, "DELETE", "/api/cart", nil)
	check("cleared", v.want(200, "GET", "/api/cart", nil), 0.0, "0.00", "0.00", "0.00", "0.00")
}

func TestOrderLifeCycle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	v := newVisitor(t, open(t, shop.WithClock(func() time.Time { return now })))
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "TEA-01", "quantity": 3})
	a := v.send("POST", "/api/orders", map[string]any{"customer": ada()})
	path := a.header.Get("Location")
	if a.status != 201 || a.json["state"] != "PENDING" || a.json["total"] != "31.76" || path != "/api/orders/"+a.json["id"].(string) {
		t.Fatalf("got %d, Location %q: %s", a.status, path, a.body)
	}
	if cart := v.want(200, "GET", "/api/cart", nil); cart["count"] != 0.0 {
		t.Errorf("the cart still holds %v", cart["count"])
	}
	if got := v.want(200, "POST", path+"/pay", nil); got["state"] != "PAID" || got["paidAt"] != "2026-05-04T03:02:01Z" {
		t.Errorf("paid: %v", got)
	}
	if got := v.want(200, "GET", path, nil); got["state"] != "PAID" {
		t.Errorf("read back: %v", got)
	}
	v.want(409, "POST", path+"/pay", nil)
	v.want(409, "POST", path+"/cancel", nil)

	second := v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))
	if got := v.want(200, "POST", "/api/orders/"+second["id"].(string)+"/cancel", nil); got["state"] != "CANCELLED" {
		t.Errorf("cancelled: %v", got)
	}
	list := v.want(200, "GET", "/api/orders", nil)["items"].([]any)
	if len(list) != 2 || list[1].(map[string]any)["number"] != "DW-1002" {
		t.Errorf("listed: %v", list)
	}
}

func TestInvoiceOnlyWhereItIsOffered(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	order := orderOf("MUG-01", 1)
	order["payment"] = "invoice"
	v.want(201, "POST", "/api/orders", order)
	order["customer"].(map[string]any)["country"] = "FR"
	if got := fields(v.want(422, "POST", "/api/orders", order)); !cmp.Equal(got, []string{"payment"}) {
		t.Errorf("fields %v", got)
	}
}

func TestLoginRenewsTheCookie(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	v.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	before := v.cookie()
	a := v.send("POST", "/api/login", map[string]any{"email": "Ada@example.test", "password": "slow-mornings"})
	if a.status != 200 || v.cookie() == before || v.cookie() == "" {
		t.Fatalf("got %d, cookie %q after %q", a.status, v.cookie(), before)
	}
	if set := a.header.Get("Set-Cookie"); !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") {
		t.Errorf("cookie is %q", set)
	}
	if me := v.want(200, "GET", "/api/me", nil); me["name"] != "Ada" {
		t.Errorf("me is %v", me)
	}
	if cart := v.want(200, "GET", "/api/cart", nil); cart["count"] != 1.0 {
		t.Errorf("the cart was lost: %v", cart)
	}
	old := newVisitor(t, v.base)
	old.want(401, "GET", "/api/me", nil, "Cookie", "shop_session="+before)
	v.want(204, "POST", "/api/logout", nil)
	v.want(401, "GET", "/api/me", nil)
}
