package shop

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

const maxForm = 16 << 10 // bytes

// submitCartItem serves the product and cart pages without their script: it
// adds a product, or sets a quantity when the form says so.
func (s *Shop) submitCartItem(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	quantity, err := strconv.Atoi(r.PostFormValue("quantity"))
	if err != nil {
		err = invalid("quantity", "Give a whole number.")
	} else if sess := visitOf(r).demandSession(); r.PostFormValue("set") != "" {
		err = s.store.setQuantity(sess, r.PostFormValue("sku"), quantity)
	} else {
		err = s.store.addToCart(sess, r.PostFormValue("sku"), quantity)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/cart", http.StatusSeeOther)
}

// submitCheckout orders the cart and pays. An order that could not be paid
// stays, and its page offers to try again.
func (s *Shop) submitCheckout(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	v := visitOf(r)
	req := orderRequest{
		Customer: customer{Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Country: r.PostFormValue("country")},
		Payment:  r.PostFormValue("payment"),
	}
	if r.PostFormValue("terms") == "" {
		errs := append(req.checkCustomer(), fieldError{"terms", "Please accept the terms."})
		s.renderCheckout(w, r, http.StatusUnprocessableEntity, req, errs)
		return
	}
	o, err := s.store.place(v.session, req, v.fault)
	if p, ok := errors.AsType[*problem](err); ok && p.Status == http.StatusUnprocessableEntity {
		s.renderCheckout(w, r, p.Status, req, p.Errors)
		return
	}
	if err == nil {
		_, err = s.pay(r.Context(), o.ID)
	}
	switch {
	case r.Context().Err() != nil:
	case err != nil:
		s.fail(w, r, err)
	default:
		http.Redirect(w, r, "/orders/"+o.ID+"/thanks", http.StatusSeeOther)
	}
}

func (s *Shop) submitLogin(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	c := credentials{Email: r.PostFormValue("email"), Password: r.PostFormValue("password")}
	a, err := authenticate(c)
	if err != nil {
		p := asProblem(err)
		s.renderLogin(w, r, p.Status, c.Email, err.Error())
		return
	}
	s.signIn(visitOf(r), a)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Shop) submitLogout(w http.ResponseWriter, r *http.Request) {
	s.signOut(visitOf(r))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("The form is larger than %d bytes.", maxForm)}
	}
	if err != nil {
		return &problem{Status: http.StatusBadRequest, Detail: "The form cannot be read."}
	}
	return nil
}
