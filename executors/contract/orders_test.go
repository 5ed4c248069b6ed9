package contract_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const token = "letmein"

// orders is the API of testdata/orders.yaml, with a defect that is planted.
type orders struct {
	fault string

	mu   sync.Mutex
	next int
	kept map[string]map[string]any
}

func startOrders(t testing.TB, fault string) string {
	t.Helper()
	o := &orders{fault: fault, kept: map[string]map[string]any{}}
	server := httptest.NewServer(o)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

func (o *orders) has(fault string) bool { return o.fault == fault }

func (o *orders) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	id, item := strings.CutPrefix(rest, "orders/")
	switch {
	case !ok:
		problem(w, 404, "nothing here")
	case rest == "status":
		o.status(w, r)
	case rest == "reports":
		o.report(w, r)
	case rest == "orders" && r.Method == http.MethodGet && o.known(w, r):
		o.list(w, r)
	case rest == "orders" && r.Method == http.MethodPost && o.known(w, r):
		o.create(w, r)
	case item && r.Method == http.MethodGet && o.known(w, r):
		o.get(w, id)
	case item && r.Method == http.MethodDelete && o.known(w, r):
		o.remove(w, id)
	case (rest == "orders" || item) && r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodDelete:
		problem(w, 405, "no such method")
	case rest == "orders" && r.Method == http.MethodDelete, item && r.Method == http.MethodPost:
		problem(w, 405, "no such method")
	case rest != "orders" && !item:
		problem(w, 404, "nothing here")
	}
}

func (o *orders) known(w http.ResponseWriter, r *http.Request) bool {
	got := r.Header.Get("Authorization")
	if got == "Bearer "+token || o.has("open-door") && got == "" || o.has("any-token") && got != "" {
		return true
	}
	problem(w, 401, "who are you?")
	return false
}

func (o *orders) status(w http.ResponseWriter, r *http.Request) {
	switch {
	case o.has("hang-up"):
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	case o.has("any-method") && r.Method == http.MethodPatch:
		answer(w, 200, map[string]any{"status": "ok"})
	case r.Method != http.MethodGet:
		problem(w, 405, "no such method")
	case o.has("wrong-content-type"):
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>ok</p>")
	case o.has("not-json"):
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status": ok}`)
	default:
		answer(w, 200, map[string]any{"status": "ok"})
	}
}

func (o *orders) report(w http.ResponseWriter, r *http.Request) {
	tenant := r.Header.Get("X-Tenant")
	switch {
	case r.Method != http.MethodGet:
		problem(w, 405, "no such method")
	case tenant == "" && !o.has("optional-header"):
		problem(w, 400, "X-Tenant is missing")
	case tenant != "" && (len(tenant) < 2 || len(tenant) > 20):
		problem(w, 400, "X-Tenant is wrong")
	default:
		answer(w, 200, map[string]any{"orders": 1})
	}
}

func (o *orders) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	state := q.Get("state")
	if state != "open" && state != "closed" {
		problem(w, 400, "state is wrong")
		return
	}
	if q.Has("limit") {
		n, err := strconv.Atoi(q.Get("limit"))
		if (err != nil || n < 1 || n > 100) && !o.has("any-limit") {
			problem(w, 400, "limit is wrong")
			return
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	all := []any{}
	for _, one := range o.kept {
		if len(all) < 3 && !o.has("missing-field") {
			all = append(all, one)
		}
	}
	if o.has("missing-field") {
		all = append(all, map[string]any{"id": "ord-1", "sku": "ABC-01", "quantity": 1})
	}
	if o.has("undocumented-status") {
		answer(w, 206, all)
		return
	}
	answer(w, 200, all)
}

var sku = regexp.MustCompile(`^[A-Z]{3}-\d{2}$`)

func (o *orders) create(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	data, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(data, &in); err != nil || in == nil {
		problem(w, 400, "the body is no object")
		return
	}
	if why := o.wrong(in); why != "" {
		problem(w, 400, why)
		return
	}
	quantity, _ := in["quantity"].(float64)
	note, _ := in["note"].(string)
	switch {
	case o.has("crash-at-limit") && quantity == 20:
		problem(w, 500, "index out of range")
		return
	case o.has("crash-on-unicode") && utf8.RuneCountInString(note) != len(note):
		problem(w, 503, "bad encoding")
		return
	case o.has("refuses-good") && quantity == 1:
		problem(w, 400, "at least two")
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next++
	id := fmt.Sprintf("ord-%d", o.next)
	out := map[string]any{"id": id, "sku": in["sku"], "quantity": in["quantity"], "state": "open"}
	if out["sku"] == nil {
		out["sku"] = "ABC-00"
	}
	if q, ok := out["quantity"].(float64); !ok || q < 1 {
		out["quantity"] = 1
	}
	if !o.has("vanishes") {
		o.kept[id] = out
	}
	if !o.has("missing-header") {
		w.Header().Set("Location", "/v1/orders/"+id)
	}
	if o.has("wrong-type") {
		answer(w, 201, map[string]any{"id": id, "sku": out["sku"], "quantity": fmt.Sprint(out["quantity"]), "state": "open"})
		return
	}
	answer(w, 201, out)
}

// wrong says what the document does not allow.
func (o *orders) wrong(in map[string]any) string {
	for key := range in {
		if !slices.Contains([]string{"sku", "quantity", "note", "address"}, key) && !o.has("accepts-extra") {
			return "unknown member " + key
		}
	}
	s, isText := in["sku"].(string)
	if _, there := in["sku"]; !(o.has("accepts-missing") && !there) && (!isText || !sku.MatchString(s)) {
		return "sku is wrong"
	}
	q, isNumber := in["quantity"].(float64)
	if !isNumber || q != float64(int(q)) || q < 1 || q > 20 && !o.has("accepts-too-much") {
		return "quantity is wrong"
	}
	if note, there := in["note"]; there && note != nil {
		if text, ok := note.(string); !ok || utf8.RuneCountInString(text) > 100 {
			return "note is wrong"
		}
	}
	a, there := in["address"]
	if !there || o.has("ignores-address") {
		return ""
	}
	address, ok := a.(map[string]any)
	if !ok {
		return "address is wrong"
	}
	for key := range address {
		if key != "city" && key != "country" {
			return "unknown member " + key
		}
	}
	city, ok := address["city"].(string)
	if n := utf8.RuneCountInString(city); !ok || n < 1 || n > 50 {
		return "city is wrong"
	}
	if c, there := address["country"]; there && c != "DE" && c != "DK" {
		return "country is wrong"
	}
	return ""
}

func (o *orders) get(w http.ResponseWriter, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	one, ok := o.kept[id]
	if !ok {
		problem(w, 404, "no such order")
		return
	}
	w.Header().Set("X-Version", "1")
	if o.has("bad-header") {
		w.Header().Set("X-Version", "one")
	}
	answer(w, 200, one)
}

func (o *orders) remove(w http.ResponseWriter, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.kept[id]; !ok {
		problem(w, 404, "no such order")
		return
	}
	if !o.has("undead") {
		delete(o.kept, id)
	}
	w.WriteHeader(http.StatusNoContent)
}

func problem(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]any{"error": why})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// task is a contract case of the orders API at an address.
func task(t testing.TB, base string, k spec.ContractCase) executors.Task {
	t.Helper()
	if k.Schema == "" {
		k.Schema = "file://orders.yaml"
	}
	if k.Auth == nil && k.Schema == "file://orders.yaml" {
		k.Auth = map[string]string{"bearer": "${{ TOKEN }}"}
	}
	return executors.Task{
		RunID: "run", ResultID: "res", Attempt: 1,
		Case:  spec.Case{ID: "contract", Kind: spec.KindContract, Contract: k},
		Scope: spec.NewScope(map[string]any{spec.VarBaseURL: base}, map[string]string{"TOKEN": token}),
		Files: fstest.MapFS{"orders.yaml": {Data: read(t, "testdata/orders.yaml")}},
	}
}
