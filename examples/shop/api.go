package shop

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

//go:embed openapi.yaml
var openAPIDocument []byte

func openAPI(w http.ResponseWriter, r *http.Request) {
	writeCached(w, r, "application/yaml", openAPIDocument)
}

// productList is one page of a list.
type productList struct {
	Items  []*product `json:"items"`
	Total  int        `json:"total"`
	Limit  int        `json:"limit"`
	Offset int        `json:"offset"`
	Next   string     `json:"next,omitempty"`
}

func (s *Shop) listProducts(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := number(q, "limit", 12, 1, 100)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	offset, err := number(q, "offset", 0, 0, 10_000)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	list := page(s.store.catalogue.search(q.Get("q"), q.Get("category")), limit, offset)
	if end := offset + limit; end < list.Total {
		q.Set("limit", strconv.Itoa(limit))
		q.Set("offset", strconv.Itoa(end))
		list.Next = "/api/products?" + q.Encode()
		w.Header().Set("Link", "<"+list.Next+`>; rel="next"`)
	}
	s.writeCachedJSON(w, r, list)
}

func (s *Shop) getProduct(w http.ResponseWriter, r *http.Request) {
	p, err := s.store.product(r.PathValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.writeCachedJSON(w, r, p)
}

func (s *Shop) getCart(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	writeJSON(w, http.StatusOK, s.store.cart(v.session, v.fault))
}

func (s *Shop) clearCart(w http.ResponseWriter, r *http.Request) {
	s.store.emptyCart(visitOf(r).session)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Shop) addCartItem(w http.ResponseWriter, r *http.Request) {
	it := requestItem{Quantity: 1}
	err := readJSON(w, r, &it, false)
	v := visitOf(r)
	if err == nil {
		err = s.store.addToCart(v.demandSession(), it.SKU, it.Quantity)
	}
	s.answerCart(w, r, http.StatusCreated, err)
}

func (s *Shop) changeCartItem(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Quantity *int `json:"quantity"`
	}
	err := readJSON(w, r, &body, false)
	if err == nil && body.Quantity == nil {
		err = invalid("quantity", "Name the new quantity.")
	}
	if err == nil {
		err = s.store.setQuantity(visitOf(r).session, r.PathValue("sku"), *body.Quantity)
	}
	s.answerCart(w, r, http.StatusOK, err)
}

func (s *Shop) removeCartItem(w http.ResponseWriter, r *http.Request) {
	s.answerCart(w, r, http.StatusOK, s.store.setQuantity(visitOf(r).session, r.PathValue("sku"), 0))
}

func (s *Shop) listOrders(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"items": s.store.ordersOf(visitOf(r).session)})
}

func (s *Shop) createOrder(w http.ResponseWriter, r *http.Request) {
	var req orderRequest
	if err := readJSON(w, r, &req, false); err != nil {
		s.fail(w, r, err)
		return
	}
	v := visitOf(r)
	o, err := s.store.place(v.demandSession(), req, v.fault)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Location", "/api/orders/"+o.ID)
	writeJSON(w, http.StatusCreated, o)
}

func (s *Shop) getOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.store.order(r.PathValue("id"))
	s.answerOrder(w, r, o, err)
}

func (s *Shop) payOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.pay(r.Context(), r.PathValue("id"))
	if r.Context().Err() != nil {
		return
	}
	s.answerOrder(w, r, o, err)
}

func (s *Shop) cancelOrder(w http.ResponseWriter, r *http.Request) {
	o, err := s.store.move(r.PathValue("id"), stateCancelled)
	s.answerOrder(w, r, o, err)
}

// pay takes the time that a payment takes. An order whose payer leaves
// meanwhile stays PENDING.
func (s *Shop) pay(ctx context.Context, id string) (order, error) {
	o, err := s.store.order(id)
	if err != nil {
		return order{}, err
	}
	if err := o.mayMove(); err != nil {
		return order{}, err
	}
	if err := s.pause(ctx, s.settings.paymentDelay); err != nil {
		return order{}, err
	}
	return s.store.move(id, statePaid)
}

func (s *Shop) answerCart(w http.ResponseWriter, r *http.Request, status int, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v := visitOf(r)
	writeJSON(w, status, s.store.cart(v.session, v.fault))
}

func (s *Shop) answerOrder(w http.ResponseWriter, r *http.Request, o order, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, o)
}

func (s *Shop) writeCachedJSON(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeCached(w, r, "application/json", body)
}

// writeCached lets callers ask again with If-None-Match for little.
func writeCached(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func page(all []*product, limit, offset int) productList {
	start := min(offset, len(all))
	return productList{Items: all[start:min(start+limit, len(all))], Total: len(all), Limit: limit, Offset: offset}
}

func number(q url.Values, name string, def, low, high int) (int, error) {
	if q.Get(name) == "" {
		return def, nil
	}
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < low || n > high {
		return 0, invalid(name, fmt.Sprintf("Give a whole number from %d to %d.", low, high))
	}
	return n, nil
}
