package shop_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/semantest/semantest/examples/shop"
)

func TestPaymentTakesItsTime(t *testing.T) {
	t.Parallel()
	const wait = 120 * time.Millisecond
	v := newVisitor(t, open(t, shop.WithPaymentDelay(wait)))
	id := v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))["id"].(string)
	began := time.Now()
	v.want(200, "POST", "/api/orders/"+id+"/pay", nil)
	if took := time.Since(began); took < wait {
		t.Errorf("took %s, want at least %s", took, wait)
	}
}

func TestOrderWhosePayerLeavesStaysPending(t *testing.T) {
	t.Parallel()
	s := shop.New(shop.WithPaymentDelay(time.Hour))
	defer s.Close()
	rec, done := serve(s, newVisitor(t, "http://shop.test").request("POST", "/api/orders", orderOf("MUG-01", 1)))
	<-done
	path := rec.Header().Get("Location")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, done = serve(s, newVisitor(t, "http://shop.test").request("POST", path+"/pay", nil).WithContext(ctx))
	<-done
	rec, done = serve(s, newVisitor(t, "http://shop.test").request("POST", path+"/cancel", nil))
	<-done
	if rec.Code != http.StatusOK {
		t.Errorf("the order cannot be cancelled: %d %s", rec.Code, rec.Body)
	}
}

func TestOneOfManyPaymentsWins(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	id := v.want(201, "POST", "/api/orders", orderOf("MUG-01", 1))["id"].(string)
	statuses := make(chan int, 8)
	for range cap(statuses) {
		other := newVisitor(t, v.base)
		go func() { statuses <- other.send("POST", "/api/orders/"+id+"/pay", nil).status }()
	}
	count := map[int]int{}
	for range cap(statuses) {
		count[<-statuses]++
	}
	if count[200] != 1 || count[409] != 7 {
		t.Errorf("statuses %v", count)
	}
}
