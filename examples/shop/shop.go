package shop

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
)

// Shop is the web shop. It implements http.Handler and is safe for concurrent
// use.
type Shop struct {
	settings settings
	store    *store
	live     *hub
	mux      *http.ServeMux
	handler  http.Handler
	closed   chan struct{}
	close    sync.Once
}

var errClosed = errors.New("the shop is closed")

// New opens a shop with its catalogue and nothing else. Close it to end the
// live connections.
func New(opts ...Option) *Shop {
	set := defaults()
	for _, opt := range opts {
		opt(&set)
	}
	s := &Shop{settings: set, live: newHub(set.maxWatchers), mux: http.NewServeMux(), closed: make(chan struct{})}
	s.store = newStore(set, s.live.publish)
	s.routes()
	s.handler = s.defective(http.NewCrossOriginProtection().Handler(s.mux))
	return s
}

// ServeHTTP implements http.Handler.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'")

	v := &visit{shop: s, w: w, session: s.store.find(sessionCookie(r))}
	v.r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
	if err := s.chooseFault(v); err != nil {
		s.fail(w, v.r, invalid("fault", err.Error()))
		return
	}
	h.Set(FaultHeader, string(v.fault))
	s.handler.ServeHTTP(w, v.r)
}

// Close ends the live connections and waits for them. Requests under way are
// the server's to wait for.
func (s *Shop) Close() error {
	s.close.Do(func() { close(s.closed) })
	s.live.close()
	return nil
}

func (s *Shop) routes() {
	page := func(pattern string, h http.HandlerFunc) { s.mux.HandleFunc(pattern, s.slowed(h)) }
	page("GET /{$}", s.homePage)
	page("GET /products/{sku}", s.productPage)
	page("GET /cart", s.cartPage)
	page("GET /checkout", s.checkoutPage)
	page("GET /orders/{id}", s.orderPage)
	page("GET /orders/{id}/thanks", s.thanksPage)
	page("GET /help", s.helpPage)
	page("GET /login", s.loginPage)
	s.mux.HandleFunc("POST /cart/items", s.submitCartItem)
	s.mux.HandleFunc("POST /checkout", s.submitCheckout)
	s.mux.HandleFunc("POST /login", s.submitLogin)
	s.mux.HandleFunc("POST /logout", s.submitLogout)
	s.mux.Handle("GET /old-shop", http.RedirectHandler("/", http.StatusMovedPermanently))
	s.mux.HandleFunc("GET /pictures/{file}", s.picture)
	s.mux.Handle("GET /assets/", assets())

	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /openapi.yaml", openAPI)
	s.mux.HandleFunc("GET /api/products", s.slowed(s.listProducts))
	s.mux.HandleFunc("GET /api/products/{sku}", s.slowed(s.getProduct))
	s.mux.HandleFunc("GET /api/products/{sku}/reviews", s.slowed(s.listReviews))
	s.mux.HandleFunc("POST /api/products/{sku}/reviews", s.createReview)
	s.mux.HandleFunc("GET /api/reviews/{id}/picture", s.reviewPicture)
	s.mux.HandleFunc("GET /api/cart", s.getCart)
	s.mux.HandleFunc("DELETE /api/cart", s.clearCart)
	s.mux.HandleFunc("POST /api/cart/items", s.addCartItem)
	s.mux.HandleFunc("PATCH /api/cart/items/{sku}", s.changeCartItem)
	s.mux.HandleFunc("DELETE /api/cart/items/{sku}", s.removeCartItem)
	s.mux.HandleFunc("GET /api/orders", s.listOrders)
	s.mux.HandleFunc("POST /api/orders", s.createOrder)
	s.mux.HandleFunc("GET /api/orders/{id}", s.getOrder)
	s.mux.HandleFunc("POST /api/orders/{id}/pay", s.payOrder)
	s.mux.HandleFunc("POST /api/orders/{id}/cancel", s.cancelOrder)
	s.mux.HandleFunc("POST /api/login", s.login)
	s.mux.HandleFunc("POST /api/logout", s.logout)
	s.mux.HandleFunc("GET /api/me", s.me)
	s.mux.HandleFunc("POST /chat", s.chat)
	s.mux.HandleFunc("POST /graphql", s.graphQL)
	s.mux.HandleFunc("GET /live", s.watch)
	s.mux.HandleFunc("GET /orders/{id}/events", s.orderEvents)
	s.mux.HandleFunc("/", s.unknownRoute)
}

// unknownRoute answers what no other route took: 405 where another method
// would have been right, else 404.
func (s *Shop) unknownRoute(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{"GET", "POST", "PATCH", "DELETE"} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := s.mux.Handler(other); pattern != "/" && pattern != "" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 {
		s.fail(w, r, notFound("There is nothing at this address."))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.fail(w, r, &problem{Status: http.StatusMethodNotAllowed, Detail: "Use " + strings.Join(allowed, " or ") + " at this address."})
}

func (s *Shop) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}
