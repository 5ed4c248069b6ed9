package browser_test

import (
	"testing"

	"github.com/semantest/semantest/executors/browser/hostiletest"
)

// TestHostileInterfaces acts where a person could not, or not yet. What the
// pages have told their server counts, and not what the executor says. The
// benchmark ui does it a thousand times.
func TestHostileInterfaces(t *testing.T) {
	t.Parallel()
	site := hostiletest.NewSite()
	t.Cleanup(site.Close)
	for n, page := range site.Pages() {
		t.Run(page.Name, func(t *testing.T) {
			t.Parallel()
			if wrong := site.Try(t.Context(), shared, n); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}
