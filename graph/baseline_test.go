package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/app/apptest"
)

// pictures is a plan whose case compares one picture.
func pictures(text string) string {
	return fmt.Sprintf(`
version: "1"
name: Pictures
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: home, kind: api, tags: [fake.picture-home-%s], steps: [{http: /}]}
`, text)
}

// look is a run of a plan on a branch, when it has ended.
type look struct {
	run, status string
	found       object // the one comparison
}

const comparisonFields = `id status review reviewNote diffPixels diffRatio reason branch caseKey name kind browser viewport
	actual { name url } diff { name } baseline { id sha256 }`

func lookAt(t *testing.T, s *apptest.Server, text, branch string, accept bool) look {
	t.Helper()
	out := s.Query(t, `mutation($in: StartRunInput!) { startRun(input: $in) { run { id } } }`,
		object{"in": object{"source": pictures(text), "branch": branch, "acceptBaselines": accept}})
	id := out["startRun"].(object)["run"].(object)["id"].(string)
	s.Follow(t, id)
	run := s.Query(t, `query($id: ID!) { run(id: $id) { status comparisons { totalCount nodes { `+comparisonFields+` } } } }`, object{"id": id})["run"].(object)
	nodes := run["comparisons"].(object)["nodes"].([]any)
	if len(nodes) != 1 {
		t.Fatalf("%d comparisons: %v", len(nodes), run)
	}
	return look{run: id, status: run["status"].(string), found: nodes[0].(object)}
}

func (l look) expect(t *testing.T, what, run, status, review string) {
	t.Helper()
	if l.status != run || l.found["status"] != status || l.found["review"] != review {
		t.Errorf("%s: the run is %s and its comparison %v %v, want %s, %s %s", what, l.status, l.found["status"], l.found["review"], run, status, review)
	}
}

func review(t *testing.T, s *apptest.Server, mutation, id, more string) object {
	t.Helper()
	q := fmt.Sprintf(`mutation($id: ID!) { %s(input: {comparisonId: $id%s}) { comparison { id review reviewedBy reviewNote reviewedAt } } }`, mutation, more)
	return s.Query(t, q, object{"id": id})[mutation].(object)["comparison"].(object)
}

func TestAPictureIsReviewed(t *testing.T) {
	t.Parallel()
	s := server(t)
	first := lookAt(t, s, "one", "", false)
	first.expect(t, "a picture that nobody has seen", "FAILED", "NEW", "PENDING")
	waiting := s.Query(t, `query($id: ID!) { pendingComparisons(runId: $id) { totalCount nodes { id } } baselines { totalCount } }`, object{"id": first.run})
	if diff := cmp.Diff(object{
		"pendingComparisons": object{"totalCount": 1.0, "nodes": []any{object{"id": first.found["id"]}}}, "baselines": object{"totalCount": 0.0},
	}, waiting); diff != "" {
		t.Error(diff)
	}

	accepted := review(t, s, "acceptBaseline", first.found["id"].(string), `, note: "as designed"`)
	if accepted["review"] != "ACCEPTED" || accepted["reviewNote"] != "as designed" || accepted["reviewedAt"] == nil {
		t.Errorf("got %v", accepted)
	}
	if again := review(t, s, "acceptBaseline", first.found["id"].(string), `, note: "again"`); again["reviewNote"] != "as designed" {
		t.Errorf("accepting twice changed the review: %v", again)
	}
	lookAt(t, s, "one", "", false).expect(t, "the accepted picture", "PASSED", "SAME", "UNNEEDED")

	changed := lookAt(t, s, "two", "", false)
	changed.expect(t, "another picture", "FAILED", "CHANGED", "PENDING")
	changed.found["id"], changed.found["actual"].(object)["url"] = "", ""
	baseline := changed.found["baseline"].(object)
	want := object{
		"id": "", "status": "CHANGED", "review": "PENDING", "reviewNote": "", "diffPixels": 1.0, "diffRatio": 0.5, "reason": "the bytes differ", "branch": "main",
		"caseKey": "home", "name": "home", "kind": "SCREENSHOT", "browser": "fake", "viewport": "800x600@1",
		"actual": object{"name": "home.png", "url": ""}, "diff": object{"name": "home-diff.png"}, "baseline": baseline,
	}
	if diff := cmp.Diff(want, changed.found); diff != "" {
		t.Error(diff)
	}
	kept := s.Query(t, `query($id: ID!) { baseline(id: $id) { url size acceptedBy retiredAt plan { name } } node(id: $id) { __typename } }`, object{"id": baseline["id"]})
	res, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.App.URL()+kept["baseline"].(object)["url"].(string), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Header.Set("Authorization", "Bearer "+s.Token)
	got, err := http.DefaultClient.Do(res)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "one" || got.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the baseline holds %q as %s: %v", body, got.Header.Get("Content-Type"), err)
	}
}

func TestARejectedPictureIsKnownAgain(t *testing.T) {
	t.Parallel()
	s := server(t)
	wrong := lookAt(t, s, "wrong", "", false)
	review(t, s, "rejectBaseline", wrong.found["id"].(string), `, note: "the logo is gone"`)
	again := lookAt(t, s, "wrong", "", false)
	again.expect(t, "the rejected picture", "FAILED", "NEW", "REJECTED")
	if again.found["reviewNote"] != "the logo is gone" {
		t.Errorf("the note is %v", again.found["reviewNote"])
	}
	lookAt(t, s, "other", "", false).expect(t, "another picture", "FAILED", "NEW", "PENDING")
	if after := review(t, s, "acceptBaseline", wrong.found["id"].(string), ""); after["review"] != "ACCEPTED" {
		t.Errorf("a rejected picture cannot be accepted after all: %v", after)
	}
	status, out := post(t, s, s.Token, "application/json", gql(`mutation($id: ID!) { rejectBaseline(input: {comparisonId: $id}) { comparison { id } } }`, object{"id": wrong.found["id"]}))
	if first(out)["code"] != "CONFLICT" {
		t.Errorf("an accepted picture is rejected: %d %v", status, out)
	}
}

func TestBaselinesByBranchAndVariant(t *testing.T) {
	t.Parallel()
	s := server(t)
	main := lookAt(t, s, "one", "", false)
	review(t, s, "acceptBaseline", main.found["id"].(string), "")
	lookAt(t, s, "one", "feature", false).expect(t, "a branch without a baseline", "PASSED", "SAME", "UNNEEDED")

	feature := lookAt(t, s, "two", "feature", false)
	feature.expect(t, "a branch that changes it", "FAILED", "CHANGED", "PENDING")
	review(t, s, "acceptBaseline", feature.found["id"].(string), ", asVariant: true")
	for _, text := range []string{"one", "two"} {
		lookAt(t, s, text, "feature", false).expect(t, "variant "+text, "PASSED", "SAME", "UNNEEDED")
	}
	lookAt(t, s, "two", "main", false).expect(t, "the other branch's variant", "FAILED", "CHANGED", "PENDING")

	third := lookAt(t, s, "three", "feature", false)
	review(t, s, "acceptBaseline", third.found["id"].(string), "")
	lookAt(t, s, "two", "feature", false).expect(t, "a variant that was replaced", "FAILED", "CHANGED", "PENDING")
	list := s.Query(t, `{ baselines(branch: "feature") { nodes { id branch } totalCount } }`, nil)["baselines"].(object)
	if list["totalCount"] != 1.0 {
		t.Errorf("accepted are %v", list)
	}
	id := list["nodes"].([]any)[0].(object)["id"]
	for range 2 {
		out := s.Query(t, `mutation($id: ID!) { removeBaseline(input: {id: $id}) { baseline { retiredAt } } }`, object{"id": id})
		if out["removeBaseline"].(object)["baseline"].(object)["retiredAt"] == nil {
			t.Error("a removed baseline is still accepted")
		}
	}
	lookAt(t, s, "one", "feature", false).expect(t, "a branch without a baseline of its own again", "PASSED", "SAME", "UNNEEDED")
}

func TestPicturesAreAcceptedBeforehand(t *testing.T) {
	t.Parallel()
	s := server(t)
	l := lookAt(t, s, "one", "", true)
	l.expect(t, "a run that accepts what it sees", "PASSED", "NEW", "PENDING")
	out := s.Query(t, `mutation($id: ID!) { acceptAll(input: {runId: $id}) { left comparisons { id review } } }`, object{"id": l.run})
	if diff := cmp.Diff(object{"left": 0.0, "comparisons": []any{object{"id": l.found["id"], "review": "ACCEPTED"}}}, out["acceptAll"]); diff != "" {
		t.Error(diff)
	}
	if again := s.Query(t, `mutation($id: ID!) { acceptAll(input: {runId: $id}) { left comparisons { id } } }`, object{"id": l.run}); len(again["acceptAll"].(object)["comparisons"].([]any)) != 0 {
		t.Errorf("accepting all twice accepted %v", again)
	}
	lookAt(t, s, "one", "", false).expect(t, "the picture", "PASSED", "SAME", "UNNEEDED")
}

// TestReviewsAreTold follows a run beyond its end.
func TestReviewsAreTold(t *testing.T) {
	t.Parallel()
	s := server(t)
	l := lookAt(t, s, "one", "", false)
	type event struct {
		Seq                        int64
		Type, ComparisonID, Review string
		Title                      *string
		After                      int64
		Status                     string
		OutcomeCounts              struct{ Failed int }
		CaseKey                    *string
	}
	follow := func(ctx context.Context, after int64, reviews bool, next func(event) error) error {
		return s.Client.Subscribe(ctx, `subscription($id: ID!, $after: Int!, $reviews: Boolean!) { runEvents(runId: $id, after: $after, reviews: $reviews) {
			seq type comparisonId review title caseKey status outcomeCounts { failed } } }`,
			object{"id": l.run, "after": after, "reviews": reviews}, func(data json.RawMessage) error {
				var item struct{ RunEvents event }
				if err := json.Unmarshal(data, &item); err != nil {
					return err
				}
				return next(item.RunEvents)
			})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan int64, 1)
	told := make(chan event, 1)
	go func() {
		_ = follow(ctx, 0, true, func(e event) error { // the test ends it
			switch e.Type {
			case "RUN_FINISHED":
				ended <- e.Seq
			case "COMPARISON_REVIEWED":
				told <- e
			}
			return nil
		})
	}()
	var last int64
	select {
	case last = <-ended:
	case <-ctx.Done():
		t.Fatal("the end of the run was not told")
	}
	review(t, s, "rejectBaseline", l.found["id"].(string), "")
	select {
	case e := <-told:
		if e.Seq <= last || e.ComparisonID != l.found["id"] || e.Review != "REJECTED" || e.Title == nil || *e.Title != "home" || e.Status != "FAILED" || e.OutcomeCounts.Failed != 1 {
			t.Errorf("told %+v", e)
		}
	case <-ctx.Done():
		t.Fatal("the review was not told")
	}
	// Who does not ask for reviews gets those that there are, and an end.
	var types []string
	if err := follow(ctx, last, false, func(e event) error {
		if e.Type != "ASSESSMENT_COMPLETED" { // it comes when it is ready
			types = append(types, e.Type)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(types, " "); got != "COMPARISON_REVIEWED" {
		t.Errorf("after the end there is %q", got)
	}
}
