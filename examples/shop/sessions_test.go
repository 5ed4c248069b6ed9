package shop_test

import (
	"fmt"
	"net/url"
	"sync"
	"testing"

	"github.com/semantest/semantest/examples/shop"
)

func (v *visitor) cookie() string {
	v.t.Helper()
	u, err := url.Parse(v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(u) {
		if c.Name == "shop_session" {
			return c.Value
		}
	}
	return ""
}

func TestSessionsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	base := open(t)
	a, b := newVisitor(t, base), newVisitor(t, base)
	a.want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01", "quantity": 2})
	b.want(201, "POST", "/api/cart/items", map[string]any{"sku": "TEA-01"})
	a.want(200, "POST", "/api/login", map[string]any{"email": "ada@example.test", "password": "slow-mornings"})
	a.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))
	a.page(200, "/?fault=wrong-total")

	if got := b.want(200, "GET", "/api/cart", nil); got["total"] != "14.85" {
		t.Errorf("b's cart is %v", got)
	}
	b.want(401, "GET", "/api/me", nil)
	if got := b.want(200, "GET", "/api/orders", nil)["items"].([]any); len(got) != 0 {
		t.Errorf("b sees orders %v", got)
	}
	if got := a.want(200, "GET", "/api/cart", nil); got["total"] != "36.91" {
		t.Errorf("a's cart is %v", got)
	}
}

func TestReadingBeginsNoSession(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	v.page(200, "/")
	v.want(200, "GET", "/api/products", nil)
	v.want(200, "GET", "/api/cart", nil)
	if got := v.cookie(); got != "" {
		t.Errorf("cookie %q", got)
	}
}

func TestOldestSessionsMakeRoom(t *testing.T) {
	t.Parallel()
	base := open(t, shop.WithLimits(2, 0, 0))
	visitors := make([]*visitor, 3)
	for i := range visitors {
		visitors[i] = newVisitor(t, base)
		visitors[i].want(201, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
	}
	for i, want := range []float64{0, 1, 1} {
		if got := visitors[i].want(200, "GET", "/api/cart", nil)["count"]; got != want {
			t.Errorf("visitor %d has %v in the cart, want %v", i, got, want)
		}
	}
}

func TestOldestOrdersMakeRoom(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t, shop.WithLimits(0, 3, 0)))
	var ids []string
	for range 5 {
		ids = append(ids, v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))["id"].(string))
		v.send("GET", "/api/orders/"+ids[0], nil) // reading must not keep an order alive
	}
	for i, id := range ids {
		want := 200
		if i < 2 {
			want = 404
		}
		v.want(want, "GET", "/api/orders/"+id, nil)
	}
	if got := len(v.want(200, "GET", "/api/orders", nil)["items"].([]any)); got != 3 {
		t.Errorf("%d orders are listed", got)
	}
}

func TestCartHasALimit(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	list := v.want(200, "GET", "/api/products?limit=100", nil)["items"].([]any)
	added, refused := 0, 0
	for _, p := range list {
		switch a := v.send("POST", "/api/cart/items", map[string]any{"sku": p.(map[string]any)["sku"]}); a.status {
		case 201:
			added++
		case 422:
			refused++
		default:
			t.Fatalf("got %d: %s", a.status, a.body)
		}
	}
	if added != 20 || refused != 4 {
		t.Errorf("%d added and %d refused", added, refused)
	}
	v.want(422, "POST", "/api/cart/items", map[string]any{"sku": "MUG-01", "quantity": 20})
}

func TestManyVisitorsAtOnce(t *testing.T) {
	t.Parallel()
	base := open(t, shop.WithLimits(8, 8, 0))
	var all sync.WaitGroup
	for i := range 16 {
		v := newVisitor(t, base)
		all.Go(func() {
			for n := range 5 {
				v.send("POST", "/api/cart/items", map[string]any{"sku": "MUG-01"})
				a := v.send("POST", "/api/orders", orderOf("TEA-01", 1+n))
				if a.status != 201 {
					t.Errorf("visitor %d: %d %s", i, a.status, a.body)
					continue
				}
				v.send("POST", fmt.Sprintf("/api/orders/%v/pay", a.json["id"]), nil)
				v.send("GET", "/", nil)
			}
		})
	}
	all.Wait()
}
