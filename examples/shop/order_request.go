package shop

import (
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"
)

// orderRequest is what a caller asks for. Without items the cart is ordered.
type orderRequest struct {
	Items    []requestItem `json:"items"`
	Customer customer      `json:"customer"`
	Payment  string        `json:"payment"`
}

type requestItem struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

type customer struct {
	Name    string `json:"name"`
	Email   string `json:"email"`
	Country string `json:"country"`
}

// choice is an option of a form.
type choice struct{ Code, Name string }

var (
	countries = []choice{
		{"AT", "Austria"}, {"BE", "Belgium"}, {"DK", "Denmark"}, {"FR", "France"}, {"DE", "Germany"}, {"IE", "Ireland"},
		{"IT", "Italy"}, {"NL", "Netherlands"}, {"PL", "Poland"}, {"ES", "Spain"}, {"SE", "Sweden"},
	}
	payments         = []choice{{"card", "Card"}, {"transfer", "Bank transfer"}, {"invoice", "Invoice"}}
	invoiceCountries = []string{"AT", "DE"}
)

func (r orderRequest) payment() string {
	if r.Payment == "" {
		return "card"
	}
	return r.Payment
}

func (r orderRequest) checkCustomer() []fieldError {
	var errs []fieldError
	add := func(field, message string) { errs = append(errs, fieldError{field, message}) }
	c := r.Customer
	if n := utf8.RuneCountInString(strings.TrimSpace(c.Name)); n < 2 || n > 100 {
		add("customer.name", "Enter your name, 2 to 100 characters.")
	}
	if !validEmail(c.Email) {
		add("customer.email", "Enter an e-mail address such as ada@example.com.")
	}
	if !slices.ContainsFunc(countries, isChoice(c.Country)) {
		add("customer.country", "Choose the country that we ship to.")
	}
	switch {
	case !slices.ContainsFunc(payments, isChoice(r.payment())):
		add("payment", "Choose card, transfer or invoice.")
	case r.payment() == "invoice" && c.Country != "" && !slices.Contains(invoiceCountries, c.Country):
		add("payment", "Invoice is offered in Austria and Germany only. Choose another way to pay.")
	}
	return errs
}

func validEmail(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > 254 {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(strings.Trim(domain, "."), ".")
}

func isChoice(code string) func(choice) bool {
	return func(c choice) bool { return c.Code == code }
}
