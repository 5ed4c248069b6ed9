package examples_test

import (
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors/browser"
)

// TestAccessibilityCasesFindWhatHindersPeople runs the plan's audits against the
// shop with faults, and says which rules find them where.
func TestAccessibilityCasesFindWhatHindersPeople(t *testing.T) {
	t.Parallel()
	plan := parse(t, "shop.plan.yaml")
	web := browser.New(browser.Options{Path: os.Getenv("SEMANTEST_BROWSER")})
	t.Cleanup(func() { web.Close() })
	for _, tt := range []struct {
		fault shop.Fault
		want  []string
	}{
		{shop.FaultNone, nil},
		{shop.FaultNoLabel, []string{"a11y.home[viewport=1280x900] label", "a11y.home[viewport=390x844] label"}},
		{shop.FaultPalePrice, []string{"a11y.checkout color-contrast", "a11y.home[viewport=1280x900] color-contrast", "a11y.home[viewport=390x844] color-contrast"}},
	} {
		s := shop.New(shop.WithFault(tt.fault))
		server := httptest.NewServer(s)
		var broken []string
		for _, c := range plan.Expand() {
			if !slices.Contains(c.Tags, "accessibility") {
				continue
			}
			for _, step := range execute(t, web, plan, c, server.URL).steps {
				for _, check := range step.Checks {
					if !check.Passed {
						broken = append(broken, c.Key+" "+strings.TrimPrefix(check.Name, "accessibility "))
					}
				}
				if step.Error != "" && !strings.Contains(step.Error, "the rule") && !strings.Contains(step.Error, "not reached") {
					t.Errorf("%s with the fault %s: %s", c.Key, tt.fault, step.Error)
				}
			}
		}
		server.CloseClientConnections()
		server.Close()
		s.Close()
		slices.Sort(broken)
		if diff := gocmp.Diff(tt.want, broken); diff != "" {
			t.Errorf("with the fault %s (-want +got):\n%s", tt.fault, diff)
		}
	}
}
