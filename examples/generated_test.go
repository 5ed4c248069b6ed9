package examples_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/making"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/trial"
)

func tryOut(t *testing.T, target string) (*trial.Trial, error) {
	t.Helper()
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return nil, err
	}
	return trial.Open(target, policy, browser.Options{Path: os.Getenv("SEMANTEST_BROWSER")}, slog.New(slog.DiscardHandler))
}

// generated is a plan made of the shop's document, against a sound shop.
func generated(t *testing.T) *making.Made {
	t.Helper()
	document, err := os.ReadFile("shop/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made, err := making.Make(t.Context(), making.Request{
		Source: making.Source{OpenAPI: string(document)}, Target: openShop(t, shop.FaultNone), MaxCases: 40, Coverage: 1,
	}, making.Tools{Try: func(target string) (accept.Performer, func() error, error) {
		tried, err := tryOut(t, target)
		if err != nil {
			return nil, nil, err
		}
		return tried, tried.Close, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestAPlanMadeOfTheShopsDocumentFindsItsFaults says which of the generated cases
// find which faults of the shop, and that they find nothing in a sound one.
func TestAPlanMadeOfTheShopsDocumentFindsItsFaults(t *testing.T) {
	t.Parallel()
	made := generated(t)
	source, err := made.Plan(accept.Proposed)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range made.Verdicts {
		if v.State == accept.SuspectedDefect {
			t.Errorf("%s suspects the sound shop: %v", v.ID, v.Reasons())
		}
	}
	made.Frame.BaseURL = ""
	faults := slices.Collect(maps.Keys(findsFaults))
	got := make([][]string, len(faults))
	var all errgroup.Group
	all.SetLimit(4)
	for i, fault := range faults {
		all.Go(func() error {
			tried, err := tryOut(t, openShop(t, fault))
			if err != nil {
				return err
			}
			defer func() { _ = tried.Close() }()
			got[i] = failing(t.Context(), tried, plan, made.Frame.Files)
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, fault := range faults {
		if diff := gocmp.Diff(findsFaults[fault], got[i]); diff != "" {
			t.Errorf("cases that should find the fault %s (-) and that do (+):\n%s", fault, diff)
		}
	}
}

// findsFaults says which of the cases that rules make of the shop's document find
// which of its faults. What only shows, and what the document does not speak of
// (how a total is added up), no document tells.
var findsFaults = map[shop.Fault][]string{
	shop.FaultNone: nil,
	shop.FaultServerError: {"api.createOrder.chain", "api.createOrder.least", "api.createOrder.most", "api.createOrder.refused",
		"api.createOrder.then-cancelOrder", "api.createOrder.then-payOrder", "contract.api"},
	shop.DefectCrashAtLimit:   {"api.addCartItem.most"},
	shop.DefectHangUp:         {"api.getCart", "contract.api"},
	shop.DefectOddStatus:      {"api.getCart", "contract.api"},
	shop.DefectOddMediaType:   {"api.getProduct", "api.getProduct.missing", "api.listReviews", "api.listReviews.missing", "contract.api"},
	shop.DefectNotJSON:        {"api.listProducts", "contract.api"},
	shop.DefectMissingField:   {"api.getProduct", "contract.api"},
	shop.DefectExtraField:     {"contract.api"},
	shop.DefectNumberPrice:    {"api.getProduct", "contract.api"},
	shop.DefectOddState:       {"api.createOrder.chain", "api.createOrder.then-cancelOrder", "api.createOrder.then-payOrder", "contract.api"},
	shop.DefectLostLocation:   {"api.createOrder.chain", "api.createOrder.then-cancelOrder", "api.createOrder.then-payOrder", "contract.api"},
	shop.DefectOddLocation:    {"contract.api"},
	shop.DefectTakesAnything:  {"api.addCartItem.refused", "contract.api"},
	shop.DefectAnyMethod:      {"contract.api"},
	shop.DefectVanishingOrder: {"api.createOrder.chain", "api.createOrder.then-cancelOrder", "api.createOrder.then-payOrder", "contract.api"},
	shop.DefectOpenAccount:    {"api.me.anonymous", "contract.api"},
	shop.DefectRefusesLimit:   {"api.listProducts.most"},
}

func failing(ctx context.Context, tried *trial.Trial, plan *spec.Plan, files map[string][]byte) []string {
	var out []string
	for _, c := range plan.Cases {
		one := *plan
		one.Cases = []spec.Case{c}
		if end := tried.Perform(ctx, &one, files, accept.Sound); end.Outcome != spec.OutcomePassed {
			out = append(out, c.ID)
		}
	}
	slices.Sort(out)
	return out
}

// TestCasesOfTheShopsPagesHold crawls the shop, and performs what is made of its
// pages in a browser.
func TestCasesOfTheShopsPagesHold(t *testing.T) {
	t.Parallel()
	base := openShop(t, shop.FaultNone)
	policy, err := egress.New(egress.Dev)
	if err != nil {
		t.Fatal(err)
	}
	made, err := making.Make(t.Context(), making.Request{
		Source: making.Source{Crawl: &making.Crawl{URL: base + "/login", Depth: 0, Pages: 1}}, MaxCases: 10, Coverage: 1,
	}, making.Tools{
		Fetch: func(ctx context.Context, address string, most int64) ([]byte, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return nil, err
			}
			answer, err := policy.Client(egress.Timeouts{}).Do(r)
			if err != nil {
				return nil, err
			}
			defer func() { _ = answer.Body.Close() }()
			return io.ReadAll(io.LimitReader(answer.Body, most))
		},
		Try: func(target string) (accept.Performer, func() error, error) {
			tried, err := tryOut(t, target)
			if err != nil {
				return nil, nil, err
			}
			return tried, tried.Close, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]accept.State{}
	for _, v := range made.Verdicts {
		states[v.ID] = v.State
		if v.State != accept.Proposed {
			t.Errorf("%s is %s: %v", v.ID, v.State, v.Reasons())
		}
	}
	want := map[string]accept.State{"page.login": accept.Proposed, "links.login": accept.Proposed, "form.login": accept.Proposed}
	if diff := gocmp.Diff(want, states); diff != "" || made.Coverage != 1 {
		t.Errorf("cases (-want +got), covering %v:\n%s", made.Coverage, diff)
	}
}
