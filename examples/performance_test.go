package examples_test

import (
	"net/http/httptest"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors/browser"
)

// TestPerformanceCasesFindWhatIsSlow measures the front page of the shop, as it
// is and when it is held back, and says which limits tell.
func TestPerformanceCasesFindWhatIsSlow(t *testing.T) {
	t.Parallel()
	plan := parse(t, "shop.plan.yaml")
	web := browser.New(browser.Options{Path: os.Getenv("SEMANTEST_BROWSER")})
	t.Cleanup(func() { web.Close() })
	for _, tt := range []struct {
		fault shop.Fault
		want  []string
	}{
		{shop.FaultNone, nil},
		{shop.FaultSlow, []string{"LCP median<2900"}},
	} {
		s := shop.New(shop.WithFault(tt.fault))
		server := httptest.NewServer(s)
		var broken []string
		for _, c := range plan.Expand() {
			if !slices.Contains(c.Tags, "performance") {
				continue
			}
			for _, step := range execute(t, web, plan, c, server.URL).steps {
				for _, check := range step.Checks {
					if !check.Passed {
						broken = append(broken, check.Name)
					}
				}
				if step.Error != "" && len(step.Checks) == 0 {
					t.Errorf("with the fault %s: %s", tt.fault, step.Error)
				}
			}
		}
		server.CloseClientConnections()
		server.Close()
		s.Close()
		if diff := gocmp.Diff(tt.want, broken); diff != "" {
			t.Errorf("with the fault %s (-want +got):\n%s", tt.fault, diff)
		}
	}
}
