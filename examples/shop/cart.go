package shop

import (
	"fmt"
	"slices"
)

func (s *store) cart(sess *session, fault Fault) bill {
	if sess == nil {
		return priceLines(nil, fault)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return priceLines(sess.cart, fault)
}

func (s *store) addToCart(sess *session, sku string, quantity int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sess.lineOf(sku)
	had := 0
	if at >= 0 {
		had = sess.cart[at].quantity
	}
	l, err := s.checkedLine("", sku, quantity)
	if err != nil {
		return invalidAll([]fieldError{*err})
	}
	if had+quantity > maxQuantity {
		return invalid("quantity", fmt.Sprintf("Your cart may hold at most %d of one product.", maxQuantity))
	}
	if at >= 0 {
		sess.cart[at].quantity += quantity
		return nil
	}
	if len(sess.cart) == maxLines {
		return invalid("sku", fmt.Sprintf("Your cart may hold at most %d products.", maxLines))
	}
	sess.cart = append(sess.cart, l)
	return nil
}

// setQuantity changes a line that is in the cart; 0 removes it.
func (s *store) setQuantity(sess *session, sku string, quantity int) error {
	absent := notFound(fmt.Sprintf("Product %.40q is not in the cart.", sku))
	if sess == nil {
		return absent
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := sess.lineOf(sku)
	switch {
	case at < 0:
		return absent
	case quantity < 0 || quantity > maxQuantity:
		return invalid("quantity", fmt.Sprintf("Choose a quantity from 0 to %d.", maxQuantity))
	case quantity == 0:
		sess.cart = slices.Delete(sess.cart, at, at+1)
	default:
		sess.cart[at].quantity = quantity
	}
	return nil
}

func (s *store) emptyCart(sess *session) {
	if sess == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.cart = nil
}

// checkedLine returns the line, or which field of it is wrong.
func (s *store) checkedLine(prefix, sku string, quantity int) (line, *fieldError) {
	p := s.catalogue.bySKU[sku]
	switch {
	case p == nil:
		return line{}, &fieldError{prefix + "sku", fmt.Sprintf("There is no product %.40q.", sku)}
	case !p.InStock:
		return line{}, &fieldError{prefix + "sku", p.Name + " is sold out."}
	case quantity < 1 || quantity > maxQuantity:
		return line{}, &fieldError{prefix + "quantity", fmt.Sprintf("Choose a quantity from 1 to %d.", maxQuantity)}
	}
	return line{p, quantity}, nil
}

func (s *session) lineOf(sku string) int {
	return slices.IndexFunc(s.cart, func(l line) bool { return l.product.SKU == sku })
}
