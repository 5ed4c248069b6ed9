package shop

import (
	"fmt"
	"slices"
	"time"
)

type orderState string

const (
	statePending   orderState = "PENDING"
	statePaid      orderState = "PAID"
	stateCancelled orderState = "CANCELLED"
)

// order is a sale. It holds no name and no address, because its id alone opens
// it.
type order struct {
	ID        string     `json:"id"`
	Number    string     `json:"number"`
	State     orderState `json:"state"`
	Country   string     `json:"country"`
	Payment   string     `json:"payment"`
	CreatedAt time.Time  `json:"createdAt"`
	PaidAt    *time.Time `json:"paidAt,omitempty"`
	bill

	owner uint64
}

// place makes a PENDING order of the request's items, or of the cart, which is
// empty afterwards. The session may be nil when the request has items.
func (s *store) place(sess *session, req orderRequest, fault Fault) (order, error) {
	if fault == FaultServerError {
		return order{}, fmt.Errorf("fault %s is on", fault)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, errs := s.linesOf(sess, req)
	errs = append(errs, req.checkCustomer()...)
	if len(errs) > 0 {
		return order{}, invalidAll(errs)
	}
	s.numbers++
	o := &order{
		ID: newID("ord"), Number: fmt.Sprintf("DW-%d", s.numbers), State: statePending,
		Country: req.Customer.Country, Payment: req.payment(), CreatedAt: s.settings.now().UTC(),
		bill: priceLines(lines, fault),
	}
	if sess != nil {
		o.owner = sess.owner
		sess.orders = append(sess.orders, o.ID)
		if len(sess.orders) > ordersPerSession {
			sess.orders = slices.Delete(sess.orders, 0, 1)
		}
		if len(req.Items) == 0 {
			sess.cart = nil
		}
	}
	s.orders.Add(o.ID, o)
	s.publish(o.event("order.created"))
	return *o, nil
}

func (s *store) order(id string) (order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.lookUp(id)
	if err != nil {
		return order{}, err
	}
	return *o, nil
}

// move takes a PENDING order to its end state.
func (s *store) move(id string, to orderState) (order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.lookUp(id)
	if err != nil {
		return order{}, err
	}
	if err := o.mayMove(); err != nil {
		return order{}, err
	}
	o.State = to
	kind := "order.cancelled"
	if to == statePaid {
		kind = "order.paid"
		at := s.settings.now().UTC()
		o.PaidAt = &at
	}
	s.publish(o.event(kind))
	return *o, nil
}

// ordersOf returns the session's orders, oldest first.
func (s *store) ordersOf(sess *session) []order {
	out := []order{}
	if sess == nil {
		return out
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range sess.orders {
		if o, ok := s.orders.Peek(id); ok {
			out = append(out, *o)
		}
	}
	return out
}

func (s *store) lookUp(id string) (*order, error) {
	if o, ok := s.orders.Peek(id); ok {
		return o, nil
	}
	return nil, notFound(fmt.Sprintf("There is no order %.60q.", id))
}

func (o *order) mayMove() error {
	if o.State != statePending {
		return conflict(fmt.Sprintf("Order %s is %s; only a PENDING order can be paid or cancelled.", o.Number, o.State))
	}
	return nil
}

func (o *order) event(kind string) orderEvent {
	return orderEvent{Type: kind, ID: o.ID, Number: o.Number, State: o.State, Total: o.Total, Currency: o.Currency, owner: o.owner}
}

func (s *store) linesOf(sess *session, req orderRequest) ([]line, []fieldError) {
	if len(req.Items) > maxLines {
		return nil, []fieldError{{"items", fmt.Sprintf("An order may hold at most %d products.", maxLines)}}
	}
	if len(req.Items) == 0 {
		if sess == nil || len(sess.cart) == 0 {
			return nil, []fieldError{{"items", "The order is empty: name items, or put some into the cart."}}
		}
		return sess.cart, nil
	}
	var lines []line
	var errs []fieldError
	seen := map[string]bool{}
	for i, it := range req.Items {
		prefix := fmt.Sprintf("items[%d].", i)
		l, err := s.checkedLine(prefix, it.SKU, it.Quantity)
		switch {
		case err != nil:
			errs = append(errs, *err)
		case seen[it.SKU]:
			errs = append(errs, fieldError{prefix + "sku", "The product is named twice: add the quantities."})
		default:
			seen[it.SKU] = true
			lines = append(lines, l)
		}
	}
	return lines, errs
}
