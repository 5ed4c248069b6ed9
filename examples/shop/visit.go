package shop

import "net/http"

const cookieName = "shop_session"

// visit is one request with its session and fault. The session is made only
// when something must be remembered, so that crawlers and stateless calls do
// not push real sessions out.
type visit struct {
	shop    *Shop
	w       http.ResponseWriter
	r       *http.Request
	fault   Fault
	session *session // nil until there is something to remember
}

type visitKey struct{}

// visitOf returns the request's visit; ServeHTTP puts one into every request.
func visitOf(r *http.Request) *visit {
	return r.Context().Value(visitKey{}).(*visit)
}

// demandSession returns the session, and begins one where there is none. It
// must be called before the answer's header is written.
func (v *visit) demandSession() *session {
	if v.session == nil {
		sess, id := v.shop.store.begin()
		v.session = sess
		v.setCookie(id)
	}
	return v.session
}

// renewSession gives the session a new id, so that an id planted before a
// login is worth nothing after it.
func (v *visit) renewSession() {
	v.setCookie(v.shop.store.rename(v.demandSession()))
}

func (v *visit) setCookie(id string) {
	http.SetCookie(v.w, &http.Cookie{
		Name: cookieName, Value: id, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.r.TLS != nil,
	})
}

func sessionCookie(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}
