package shop

const (
	shippingFee     money = 490
	freeShippingAt  money = 5000
	discountFrom          = 3 // pieces of one product
	discountPercent money = 10
)

// line is a product and how many of it.
type line struct {
	product  *product
	quantity int
}

// pricedLine is a line as callers see it.
type pricedLine struct {
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Picture   string `json:"picture"`
	Quantity  int    `json:"quantity"`
	UnitPrice money  `json:"unitPrice"`
	Discount  money  `json:"discount"`
	LineTotal money  `json:"lineTotal"`
}

// bill is what a cart or an order costs.
type bill struct {
	Items    []pricedLine `json:"items"`
	Count    int          `json:"count"`
	Subtotal money        `json:"subtotal"`
	Discount money        `json:"discount"`
	Shipping money        `json:"shipping"`
	Total    money        `json:"total"`
	Currency string       `json:"currency"`
}

func priceLines(lines []line, fault Fault) bill {
	b := bill{Items: make([]pricedLine, 0, len(lines)), Currency: currency}
	for _, l := range lines {
		full := l.product.Price * money(l.quantity)
		var discount money
		if l.quantity >= discountFrom {
			discount = full.share(discountPercent)
		}
		b.Items = append(b.Items, pricedLine{
			SKU: l.product.SKU, Name: l.product.Name, Picture: l.product.Picture,
			Quantity: l.quantity, UnitPrice: l.product.Price, Discount: discount, LineTotal: full - discount,
		})
		b.Count += l.quantity
		b.Subtotal += full
		b.Discount += discount
		b.Total += full - discount
		if fault == FaultWrongTotal {
			b.Total++ // a sum that rounds up amounts that are whole already
		}
	}
	if len(lines) > 0 && b.Subtotal-b.Discount < freeShippingAt {
		b.Shipping = shippingFee
	}
	b.Total += b.Shipping
	return b
}
