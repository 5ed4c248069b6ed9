package examples_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/spec"
)

// shelf keeps what one case has accepted. Pictures differ from machine to machine
// by their fonts, so they are taken in the test and not committed.
type shelf struct {
	mu       sync.Mutex
	accepted map[executors.BaselineKey][]byte
	proposed []executors.Comparison
}

// Accepted implements executors.Baselines.
func (s *shelf) Accepted(_ context.Context, key executors.BaselineKey) ([]executors.Baseline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.accepted[key]
	if !ok {
		return nil, nil
	}
	sum := sha256.Sum256(file)
	return []executors.Baseline{{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(file)), ContentType: "image/png",
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}}, nil
}

// Propose implements executors.Baselines.
func (s *shelf) Propose(_ context.Context, c executors.Comparison) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proposed = append(s.proposed, c)
	return nil
}

// accept takes over what a case has shown.
func (s *shelf) accept(t *testing.T, r result) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.proposed {
		for _, a := range r.left.Attachments() {
			if a.Name == c.Actual {
				if s.accepted == nil {
					s.accepted = map[executors.BaselineKey][]byte{}
				}
				s.accepted[c.Key] = a.Data
			}
		}
	}
	s.proposed = nil
}

// TestVisualCasesFindWhatOnlyShows accepts how a sound shop looks, and then runs
// the plan's visual cases against the shop with each fault.
func TestVisualCasesFindWhatOnlyShows(t *testing.T) {
	t.Parallel()
	plan := parse(t, "shop.plan.yaml")
	web := browser.New(browser.Options{Path: os.Getenv("SEMANTEST_BROWSER")})
	t.Cleanup(func() { web.Close() })
	shelves := map[string]*shelf{}
	// look runs the visual cases and returns those that do not pass.
	look := func(fault shop.Fault) (failed []string, proposed int) {
		s := shop.New(shop.WithFault(fault))
		server := httptest.NewServer(s)
		defer s.Close()
		defer server.Close()
		defer server.CloseClientConnections()
		for _, c := range plan.Expand() {
			if !slices.Contains(c.Tags, "visual") {
				continue
			}
			if shelves[c.Key] == nil {
				shelves[c.Key] = &shelf{}
			}
			r := executeBeside(t, web, plan, c, server.URL, shelves[c.Key])
			proposed += len(shelves[c.Key].proposed)
			if r.outcome != spec.OutcomePassed {
				failed = append(failed, c.Key)
				if r.err == nil || !strings.Contains(r.err.Error(), "is not as accepted") {
					t.Errorf("%s with the fault %s is %s: %v", c.Key, fault, r.outcome, r.err)
				}
				shelves[c.Key].proposed = nil
				continue
			}
			if len(shelves[c.Key].accepted) == 0 {
				shelves[c.Key].accept(t, r)
			}
			shelves[c.Key].proposed = nil
		}
		return failed, proposed
	}
	if failed, proposed := look(shop.FaultNone); len(failed) > 0 || proposed != 4 {
		t.Fatalf("before anything is accepted %v fail, and %d comparisons are proposed, want 4", failed, proposed)
	}
	for _, tt := range []struct {
		fault shop.Fault
		want  []string
	}{
		{shop.FaultNone, nil},
		{shop.FaultBrokenLayout, []string{"visual.checkout"}},
		{shop.FaultWrongTotal, []string{"visual.checkout"}},
		{shop.FaultShiftedBanner, []string{"visual.home[viewport=1280x900]", "visual.home[viewport=390x844]"}},
		{shop.FaultPalePrice, []string{"visual.home[viewport=1280x900]", "visual.home[viewport=390x844]", "visual.product"}},
	} {
		failed, _ := look(tt.fault)
		if diff := gocmp.Diff(tt.want, failed); diff != "" {
			t.Errorf("with the fault %s (-want +got):\n%s", tt.fault, diff)
		}
	}
}
