package shop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Defects of the API against openapi.yaml and the GraphQL schema, for contract
// cases to find. The pages show none of them.
const (
	DefectCrashAtLimit   Fault = "crash-at-limit"  // 20 pieces of an article put into the cart answer 500
	DefectHangUp         Fault = "hang-up"         // the cart's connection breaks without an answer
	DefectOddStatus      Fault = "odd-status"      // the cart is answered with 202
	DefectOddMediaType   Fault = "odd-media-type"  // products are text/plain
	DefectNotJSON        Fault = "not-json"        // the list of products breaks off
	DefectMissingField   Fault = "missing-field"   // products have no currency
	DefectExtraField     Fault = "extra-field"     // products tell what they cost the shop
	DefectNumberPrice    Fault = "number-price"    // prices of products are numbers
	DefectOddState       Fault = "odd-state"       // new orders are OPEN
	DefectLostLocation   Fault = "lost-location"   // a new order has no Location
	DefectOddLocation    Fault = "odd-location"    // the Location of a new order leads elsewhere
	DefectTakesAnything  Fault = "takes-anything"  // what cannot be put into the cart is answered with 201
	DefectAnyMethod      Fault = "any-method"      // PUT of the cart is answered with 200
	DefectVanishingOrder Fault = "vanishing-order" // a new order is not found
	DefectOpenAccount    Fault = "open-account"    // everybody is Ada
	DefectRefusesLimit   Fault = "refuses-limit"   // pages of 100 products are refused
	DefectGraphType      Fault = "graph-type"      // GraphQL's total is a text
	DefectGraphUnknown   Fault = "graph-unknown"   // GraphQL ignores fields that it does not know
)

// Defects lists every defect of the API.
func Defects() []Fault {
	out := make([]Fault, 0, len(defects))
	for _, d := range defects {
		out = append(out, d.fault)
	}
	return out
}

// defect changes the answers of some requests.
type defect struct {
	fault  Fault
	method string
	path   string // a * at its end stands for anything; after a ?, a pair of the query
	change func(a *answer, request []byte)
}

// answer is an answer of the shop before it is sent.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

func (a *answer) replace(status int, contentType, body string) {
	a.status = status
	a.header.Set("Content-Type", contentType)
	a.body.Reset()
	a.body.WriteString(body)
}

// swap changes the text of good answers.
func swap(old, text string) func(*answer, []byte) {
	return func(a *answer, _ []byte) {
		if a.status/100 == 2 {
			changed := strings.ReplaceAll(a.body.String(), old, text)
			a.body.Reset()
			a.body.WriteString(changed)
		}
	}
}

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
	fellOver    = `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"Something fell over."}`
)

var defects = []defect{
	{DefectCrashAtLimit, http.MethodPost, "/api/cart/items", func(a *answer, request []byte) {
		var item struct{ Quantity any }
		if json.Unmarshal(request, &item) == nil && item.Quantity == 20.0 {
			a.replace(http.StatusInternalServerError, problemType, fellOver)
		}
	}},
	{DefectHangUp, http.MethodGet, "/api/cart", func(*answer, []byte) { panic(http.ErrAbortHandler) }},
	{DefectOddStatus, http.MethodGet, "/api/cart", func(a *answer, _ []byte) { a.status = http.StatusAccepted }},
	{DefectOddMediaType, http.MethodGet, "/api/products/*", func(a *answer, _ []byte) { a.header.Set("Content-Type", "text/plain") }},
	{DefectNotJSON, http.MethodGet, "/api/products", func(a *answer, _ []byte) {
		if a.status == http.StatusOK {
			a.body.Truncate(a.body.Len() / 2)
		}
	}},
	{DefectMissingField, http.MethodGet, "/api/products/*", swap(`"currency":"EUR",`, "")},
	{DefectExtraField, http.MethodGet, "/api/products/*", swap(`"currency":"EUR",`, `"currency":"EUR","cost":"1.00",`)},
	{DefectNumberPrice, http.MethodGet, "/api/products/*", func(a *answer, _ []byte) {
		var p map[string]any
		if a.status == http.StatusOK && json.Unmarshal(a.body.Bytes(), &p) == nil && p["price"] != nil {
			p["price"] = 12.5
			data, _ := json.Marshal(p) // of what was JSON
			a.replace(a.status, jsonType, string(data))
		}
	}},
	{DefectOddState, http.MethodPost, "/api/orders", swap(`"state":"PENDING"`, `"state":"OPEN"`)},
	{DefectLostLocation, http.MethodPost, "/api/orders", func(a *answer, _ []byte) { a.header.Del("Location") }},
	{DefectOddLocation, http.MethodPost, "/api/orders", func(a *answer, _ []byte) {
		if a.header.Get("Location") != "" {
			a.header.Set("Location", "/somewhere/else")
		}
	}},
	{DefectTakesAnything, http.MethodPost, "/api/cart/items", func(a *answer, _ []byte) {
		if a.status/100 == 4 {
			a.replace(http.StatusCreated, jsonType, `{"items":[],"count":0,"subtotal":"0.00","discount":"0.00","shipping":"0.00","total":"0.00","currency":"EUR"}`)
		}
	}},
	{DefectAnyMethod, http.MethodPut, "/api/cart", func(a *answer, _ []byte) { a.replace(http.StatusOK, jsonType, "{}") }},
	{DefectVanishingOrder, http.MethodGet, "/api/orders/*", func(a *answer, _ []byte) {
		a.replace(http.StatusNotFound, problemType, `{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such order."}`)
	}},
	{DefectOpenAccount, http.MethodGet, "/api/me", func(a *answer, _ []byte) {
		a.replace(http.StatusOK, jsonType, `{"name":"Ada","email":"ada@example.test"}`)
	}},
	{DefectRefusesLimit, http.MethodGet, "/api/products?limit=100", func(a *answer, _ []byte) {
		a.replace(http.StatusUnprocessableEntity, problemType, `{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"Ask for fewer."}`)
	}},
	{DefectGraphType, http.MethodPost, "/graphql", func(a *answer, _ []byte) {
		var result map[string]any
		if json.Unmarshal(a.body.Bytes(), &result) == nil {
			textTotals(result)
			data, _ := json.Marshal(result) // of what was JSON
			a.replace(a.status, jsonType, string(data))
		}
	}},
	{DefectGraphUnknown, http.MethodPost, "/graphql", func(a *answer, request []byte) {
		if bytes.Contains(request, []byte("Unknown")) && bytes.Contains(a.body.Bytes(), []byte("Cannot query field")) {
			a.replace(http.StatusOK, jsonType, `{"data":{"products":{"total":24}}}`)
		}
	}},
}

// textTotals makes whole totals texts, wherever they are.
func textTotals(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if _, isNumber := e.(float64); isNumber && name == "total" {
				v[name] = "24"
			}
			textTotals(e)
		}
	case []any:
		for _, e := range v {
			textTotals(e)
		}
	}
}

// defective shows the defect of a visit where it has one.
func (s *Shop) defective(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := slices.IndexFunc(defects, func(d defect) bool { return d.fault == visitOf(r).fault && d.concerns(r) })
		if at < 0 {
			next.ServeHTTP(w, r)
			return
		}
		request, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
		if err != nil {
			s.fail(w, r, &problem{Status: http.StatusRequestEntityTooLarge, Detail: "Send less."})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(request))
		a := &answer{header: w.Header()}
		next.ServeHTTP(a, r)
		a.WriteHeader(http.StatusOK)
		defects[at].change(a, request)
		a.header.Del("Content-Length")
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body.Bytes()) // whoever asked may have left
	})
}

func (d defect) concerns(r *http.Request) bool {
	path, pair, _ := strings.Cut(d.path, "?")
	start, open := strings.CutSuffix(path, "*")
	return d.method == r.Method && (r.URL.Path == path || open && strings.HasPrefix(r.URL.Path, start)) &&
		(pair == "" || slices.Contains(strings.Split(r.URL.RawQuery, "&"), pair))
}
