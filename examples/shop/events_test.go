package shop_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/semantest/semantest/examples/shop"
)

func TestOrderEvents(t *testing.T) {
	t.Parallel()
	s := shop.New(shop.WithPaymentDelay(0))
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	v := newVisitor(t, server.URL)
	if got := v.send(http.MethodGet, "/orders/ord_none/events", nil); got.status != http.StatusNotFound {
		t.Errorf("no order: status %d", got.status)
	}
	id, _ := v.send(http.MethodPost, "/api/orders", map[string]any{
		"items":    []any{map[string]any{"sku": "TEA-01", "quantity": 1}},
		"customer": map[string]any{"name": "Ada Lovelace", "email": "ada@example.com", "country": "DE"},
	}).json["id"].(string)
	res, err := v.client.Do(v.request(http.MethodGet, "/orders/"+id+"/events", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := bufio.NewReader(res.Body)
	read := func(want ...string) {
		t.Helper()
		for _, w := range append(want, "\n") {
			if line, err := events.ReadString('\n'); err != nil || !strings.Contains(line, w) {
				t.Errorf("%q, %v, want %q", line, err, w)
			}
		}
	}
	read("event: order.snapshot", "id: 1", `"state":"PENDING"`)
	v.send(http.MethodPost, "/api/orders/"+id+"/pay", nil)
	read("event: order.", "id: 2", `"state":"PAID"`)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(events); err == nil && len(rest) > 0 {
		t.Errorf("after the end: %q", rest)
	}
}
