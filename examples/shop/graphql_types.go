package shop

import "github.com/graphql-go/graphql"

var (
	text    = graphql.NewNonNull(graphql.String)
	integer = graphql.NewNonNull(graphql.Int)
)

var productType = graphql.NewObject(graphql.ObjectConfig{Name: "Product", Fields: graphql.Fields{
	"sku":         {Type: text},
	"name":        {Type: text},
	"category":    {Type: text},
	"summary":     {Type: text},
	"description": {Type: text},
	"price":       {Type: text, Description: `Decimal, such as "42.00".`},
	"currency":    {Type: text},
	"inStock":     {Type: graphql.NewNonNull(graphql.Boolean)},
	"rating":      {Type: graphql.NewNonNull(graphql.Float)},
	"picture":     {Type: text},
}})

var productListType = graphql.NewObject(graphql.ObjectConfig{Name: "ProductList", Fields: graphql.Fields{
	"items":  {Type: listOf(productType)},
	"total":  {Type: integer, Description: "How many products match, on all pages."},
	"limit":  {Type: integer},
	"offset": {Type: integer},
}})

var orderStateType = graphql.NewEnum(graphql.EnumConfig{Name: "OrderState", Values: graphql.EnumValueConfigMap{
	string(statePending):   {Value: string(statePending)},
	string(statePaid):      {Value: string(statePaid)},
	string(stateCancelled): {Value: string(stateCancelled)},
}})

var orderItemType = graphql.NewObject(graphql.ObjectConfig{Name: "OrderItem", Fields: graphql.Fields{
	"sku":       {Type: text},
	"name":      {Type: text},
	"quantity":  {Type: integer},
	"unitPrice": {Type: text},
	"discount":  {Type: text},
	"lineTotal": {Type: text},
}})

var orderType = graphql.NewObject(graphql.ObjectConfig{Name: "Order", Fields: graphql.Fields{
	"id":        {Type: graphql.NewNonNull(graphql.ID)},
	"number":    {Type: text},
	"state":     {Type: graphql.NewNonNull(orderStateType)},
	"items":     {Type: listOf(orderItemType)},
	"subtotal":  {Type: text},
	"discount":  {Type: text},
	"shipping":  {Type: text},
	"total":     {Type: text},
	"currency":  {Type: text},
	"country":   {Type: text},
	"payment":   {Type: text},
	"createdAt": {Type: graphql.NewNonNull(graphql.DateTime)},
	"paidAt":    {Type: graphql.DateTime},
}})

var createOrderInput = graphql.NewInputObject(graphql.InputObjectConfig{
	Name: "CreateOrderInput",
	Fields: graphql.InputObjectConfigFieldMap{
		"items": {Type: graphql.NewList(graphql.NewNonNull(graphql.NewInputObject(graphql.InputObjectConfig{
			Name:   "OrderItemInput",
			Fields: graphql.InputObjectConfigFieldMap{"sku": {Type: text}, "quantity": {Type: integer}},
		})))},
		"customer": {Type: graphql.NewNonNull(graphql.NewInputObject(graphql.InputObjectConfig{
			Name:   "CustomerInput",
			Fields: graphql.InputObjectConfigFieldMap{"name": {Type: text}, "email": {Type: text}, "country": {Type: text}},
		}))},
		"payment": {Type: graphql.String, Description: "card, transfer or invoice; card when absent."},
	},
})

// graphOrder flattens an order: the library does not look into embedded
// structs.
func graphOrder(o order) map[string]any {
	out := map[string]any{
		"id": o.ID, "number": o.Number, "state": string(o.State), "items": o.Items,
		"subtotal": o.Subtotal, "discount": o.Discount, "shipping": o.Shipping, "total": o.Total, "currency": o.Currency,
		"country": o.Country, "payment": o.Payment, "createdAt": o.CreatedAt,
	}
	if o.PaidAt != nil {
		out["paidAt"] = *o.PaidAt
	}
	return out
}

func listOf(t graphql.Type) graphql.Output {
	return graphql.NewNonNull(graphql.NewList(graphql.NewNonNull(t)))
}
