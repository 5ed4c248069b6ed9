package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/semantest/semantest/internal/baselines/folder"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/spec"
)

// settleBaselines looks after what a run found when it compared with baselines,
// and returns the lines that tell the person of it. What a local run found comes
// beside the plan: accepted at once, or where semantest review finds it.
func settleBaselines(ctx context.Context, cl *client.Client, runID string, accept bool, plan string) ([]string, error) {
	found, err := cl.Comparisons(ctx, runID, false)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var keep func(client.Comparison) error
	next := "semantest review list " + runID
	if plan != "" {
		f := folder.New(folder.Of(plan))
		keep = func(c client.Comparison) error { return keepBeside(ctx, cl, f, c, accept) }
		next = "semantest review list --local " + shown(plan)
	}
	for _, c := range found {
		if keep == nil {
			break
		}
		if err := keep(c); err != nil {
			return nil, err
		}
	}
	if accept && plan == "" {
		if _, err := cl.AcceptAll(ctx, runID, false); err != nil {
			return nil, fmt.Errorf("accept what the run found: %w", err)
		}
	}
	return linesOf(found, accept, next), nil
}

// keepBeside puts what a comparison saw into the folder beside the plan.
func keepBeside(ctx context.Context, cl *client.Client, f *folder.Folder, c client.Comparison, accept bool) error {
	key := keyOf(c)
	if c.Status == "SAME" {
		return f.Settle(key)
	}
	if c.Actual == nil {
		return fmt.Errorf("what %s saw is not there any more", key.Title())
	}
	actual, err := cl.Artifact(ctx, c.Actual.URL, folder.MaxBytes)
	if err != nil {
		return fmt.Errorf("fetch what %s saw: %w", key.Title(), err)
	}
	if accept {
		if err := f.Accept(key, actual, false); err != nil {
			return err
		}
		return f.Settle(key)
	}
	var diff []byte
	if c.Diff != nil {
		if diff, err = cl.Artifact(ctx, c.Diff.URL, folder.MaxBytes); err != nil {
			return fmt.Errorf("fetch the difference of %s: %w", key.Title(), err)
		}
	}
	_, err = f.Propose(folder.Pending{
		Key: key, Status: spec.ComparisonStatus(strings.ToLower(c.Status)), DiffPixels: c.DiffPixels, DiffRatio: c.DiffRatio, Reason: c.Reason,
	}, actual, diff)
	return err
}

func keyOf(c client.Comparison) folder.Key {
	return folder.Key{CaseKey: c.CaseKey, Name: c.Name, Kind: spec.BaselineKind(strings.ToLower(c.Kind)), Browser: c.Browser, Viewport: c.Viewport}
}

func linesOf(found []client.Comparison, accept bool, next string) []string {
	var lines []string
	count := map[string]int{}
	for _, c := range found {
		status := c.Status
		if c.Review == "REJECTED" && !accept {
			status = "REJECTED"
		}
		count[status]++
		if c.Status != "SAME" {
			lines = append(lines, "  "+map[string]string{"NEW": "new      ", "CHANGED": "changed  ", "REJECTED": "rejected "}[status]+
				printable(keyOf(c).Title())+difference(c.DiffPixels, c.DiffRatio, c.Reason))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	sum := fmt.Sprintf("baselines: %d new, %d changed, %d unchanged", count["NEW"], count["CHANGED"], count["SAME"])
	if n := count["REJECTED"]; n > 0 {
		sum += fmt.Sprintf(", %d rejected before", n)
	}
	if accept {
		return append([]string{sum + "; accepted"}, lines...)
	}
	return append(append([]string{sum}, lines...), "  review   "+next)
}

func difference(pixels int64, ratio float64, reason string) string {
	out := ""
	if pixels > 0 {
		verb := "differ"
		if pixels == 1 {
			verb = "differs"
		}
		out = fmt.Sprintf(": %s %s, %.2f %%", plural(int(pixels), "pixel"), verb, 100*ratio)
	}
	if reason != "" {
		out += " (" + printable(reason) + ")"
	}
	return out
}

// branchVars name the branch in the environments of continuous integration.
var branchVars = []string{"SEMANTEST_BRANCH", "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BUILDKITE_BRANCH", "CIRCLE_BRANCH", "BRANCH_NAME"}

// branch is the one that a run is about: as given, as continuous integration
// says, or the one that is checked out where the plan lies.
func branch(given, plan string, sys Sys) string {
	if given != "" {
		return given
	}
	for _, name := range branchVars {
		if v, _ := sys.LookupEnv(name); v != "" {
			return v
		}
	}
	dir, err := filepath.Abs(filepath.Dir(plan))
	for err == nil {
		head, readErr := readLimited(os.Open, filepath.Join(dir, ".git", "HEAD"), 4096)
		if readErr == nil {
			name, _ := strings.CutPrefix(strings.TrimSpace(string(head)), "ref: refs/heads/")
			if strings.TrimSpace(string(head)) == name {
				return "" // no branch is checked out
			}
			return name
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return ""
}
