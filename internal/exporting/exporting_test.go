package exporting_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/internal/exporting"
	"github.com/semantest/semantest/internal/spec"
)

const orders = `
version: "1"
name: Orders of the shop
env: {BASE_URL: "http://localhost:1", COUNTRY: DE}
cases:
  - id: api.order
    name: An order is accepted
    kind: api
    steps:
      - http: {method: POST, url: /api/orders, json: {items: [{sku: TEA-01, quantity: 1}], customer: {name: Ada Lovelace, email: ada@example.com, country: "${{ COUNTRY }}"}}}
        capture: {id: {jsonpath: $.id}}
        check:
          - {status: 201}
          - {header: Location, matches: ^/api/orders/ord_}
          - {jsonpath: $.state, in: [PENDING, PAID]}
          - {jsonpath: "$.items[0].quantity", type: integer, gte: 1, lte: 20}
          - {jsonpath: "$.items[*].sku", contains: TEA-01}
      - http: {url: "/api/orders/${{ id }}"}
        check: [{status: 2xx}, {jsonpath: $.id, equals: "${{ id }}"}, {jsonpath: $.country, length: 2}]
  - id: api.product
    kind: api
    matrix: {sku: [TEA-01, "a\"b"]}
    steps: [{http: "/api/products/${{ sku }}", check: [{status: 200}, {jsonpath: $.sku, equals: "${{ sku }}"}]}]
  - id: api.upload
    kind: api
    steps: [{http: {method: POST, url: /, multipart: [{name: a, value: b}]}}]
  - id: ui.home
    name: The front page
    kind: browser
    steps:
      - goto: /
      - expect: {title: {contains: Driftwood (shop)}}
      - expect: {visible: {role: heading, name: Driftwood, nth: 0}}
      - fill: {label: Search, value: "${{ COUNTRY }}"}
      - expect: {console: clean}
  - id: ui.drag
    kind: browser
    steps: [{goto: /}, {drag: {text: a, to: {text: b}}}]
  - id: load.order
    kind: load
    uses: api.order
    scenarios: {peak: {executor: ramping-arrival-rate, startRate: 1, preAllocatedVUs: 5, stages: [{duration: 1s, target: 5}]}}
    thresholds: {http_req_duration: ["p(95)<500"]}
`

func export(t *testing.T, format exporting.Format, ids ...string) (*exporting.Result, string) {
	t.Helper()
	plan, err := spec.Parse([]byte(orders))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exporting.Export(plan, format, ids...)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range out.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Path), []byte(f.Content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out, dir
}

// TestNothingIsDroppedSilently compares what is in an export with what it says
// that it lacks.
func TestNothingIsDroppedSilently(t *testing.T) {
	t.Parallel()
	for format, want := range map[exporting.Format]struct{ cases, left []string }{
		exporting.Go:         {[]string{"api.order", "api.product[sku=TEA-01]"}, []string{"api.order", "api.upload", "ui.home", "ui.drag", "load.order"}},
		exporting.Playwright: {[]string{"api.order", "api.product[sku=TEA-01]", "ui.home"}, []string{"api.order", "api.upload", "ui.drag", "load.order"}},
		exporting.K6:         {[]string{"api.order", "api.product[sku=TEA-01]", "load.order"}, []string{"api.order", "api.upload", "ui.home", "ui.drag"}},
	} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			out, _ := export(t, format)
			if diff := cmp.Diff(want.cases, out.Cases); diff != "" {
				t.Error(diff)
			}
			for _, id := range want.left {
				at := slices.IndexFunc(out.Left, func(s string) bool { return strings.HasPrefix(s, "case "+id) })
				if at < 0 {
					t.Errorf("nothing says what %s lacks: %v", id, out.Left)
					continue
				}
				if !slices.ContainsFunc(out.Files, func(f exporting.File) bool { return strings.Contains(f.Content, out.Left[at]) }) {
					t.Errorf("no comment says %q", out.Left[at])
				}
			}
		})
	}
}

// TestGoTestsFindFaults compiles the export and runs it against the shop.
func TestGoTestsFindFaults(t *testing.T) {
	t.Parallel()
	_, dir := export(t, exporting.Go)
	if out, err := goTool(t, dir, "", "vet", "./..."); err != nil {
		t.Fatalf("vet: %v\n%s", err, out)
	}
	for fault, message := range map[shop.Fault]string{
		shop.FaultNone:            "",
		shop.FaultServerError:     "status is 500, want equals 201",
		shop.DefectOddState:       `$.state is OPEN, want in ["PENDING","PAID"]`,
		shop.DefectLostLocation:   "header Location",
		shop.DefectVanishingOrder: "status is 404, want equals 2xx",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := shop.New(shop.WithFault(fault))
			server := httptest.NewServer(s)
			t.Cleanup(func() { server.CloseClientConnections(); server.Close(); s.Close() })
			out, err := goTool(t, dir, server.URL, "test", "-count=1", "./...")
			if (err != nil) != (message != "") || !strings.Contains(out, message) {
				t.Errorf("%v, want %q:\n%s", err, message, out)
			}
		})
	}
}

func goTool(t *testing.T, dir, base string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off")
	if base != "" {
		cmd.Env = append(cmd.Env, "BASE_URL="+base)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestOneCaseAndOneThatIsNotThere(t *testing.T) {
	t.Parallel()
	out, _ := export(t, exporting.Playwright, "ui.home")
	if diff := cmp.Diff([]string{"ui.home"}, out.Cases); diff != "" || len(out.Left) != 0 {
		t.Errorf("%s, left %v", diff, out.Left)
	}
	if !strings.Contains(out.Files[0].Content, `page.getByLabel("Search").fill(vars.fill("${{ COUNTRY }}"))`) {
		t.Error(out.Files[0].Content)
	}
	plan, err := spec.Parse([]byte(orders))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exporting.Export(plan, exporting.Go, "no"); err == nil {
		t.Error("a case that is not there was exported")
	}
}
