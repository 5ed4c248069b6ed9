package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/ident"
)

// maxRounds bounds how often a plan is run to write its snapshots: a case ends
// at the first step that differs, so each round may bring the next one to light.
const maxRounds = 25

// updatingSnapshots returns follow for a person who accepts what snapshot checks
// find: it runs the plan, writes what differs beside it, runs the cases that did
// not pass again until nothing differs any more, and at last the whole plan.
func updatingSnapshots(p *planFile) func(context.Context, Sys, *client.Client, client.Start, reportFlags) error {
	return func(ctx context.Context, sys Sys, cl *client.Client, start client.Start, reports reportFlags) error {
		u := &snapshotUpdate{plan: p, before: maps.Clone(p.files), written: map[string]bool{}}
		whole := start.LastFailed
		run, verdict := performRun(ctx, sys, cl, start, reports)
		for range maxRounds {
			if run == nil {
				return verdict
			}
			n, err := u.accept(ctx, cl, run)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			_, _ = fmt.Fprintf(sys.Stdout, "\n%s accepted, running again\n", plural(n, "snapshot"))
			start.Files, start.Key, start.LastFailed = p.files, ident.New(ident.Request), true
			run, verdict = performRun(ctx, sys, cl, start, reportFlags{Beside: reports.Beside})
		}
		if len(u.written) > 0 {
			_, _ = fmt.Fprintf(sys.Stdout, "\nrunning the whole plan with the new snapshots\n")
			start.Key, start.LastFailed = ident.New(ident.Request), whole
			if run, verdict = performRun(ctx, sys, cl, start, reports); run == nil {
				return verdict
			}
			if n, err := u.accept(ctx, cl, run); err != nil || n > 0 {
				return errors.Join(err, errUnstable)
			}
		}
		_, _ = fmt.Fprint(sys.Stdout, u.summary())
		return verdict
	}
}

var errUnstable = errors.New("a snapshot still differs after it was accepted: put what changes with each run under its ignore or fields")

// snapshotUpdate is what was accepted so far.
type snapshotUpdate struct {
	plan    *planFile
	before  map[string][]byte // as the files were
	written map[string]bool
	same    []string
}

// accept writes what the snapshot checks of a run found, and returns how many
// files it wrote.
func (u *snapshotUpdate) accept(ctx context.Context, cl *client.Client, run *client.Run) (int, error) {
	found := map[string][]byte{}
	for _, r := range run.Results {
		if len(r.Attempts) == 0 {
			continue
		}
		last := r.Attempts[len(r.Attempts)-1]
		for _, step := range last.Steps {
			for _, s := range snapshotsOf(step.Detail) {
				if s.same {
					u.same = append(u.same, s.file)
					continue
				}
				body, err := download(ctx, cl, r, last.Number, step.Ordinal, s.file)
				if err != nil {
					return 0, fmt.Errorf("the snapshot %s of %s cannot be written: %w", s.file, r.CaseKey, err)
				}
				if other, ok := found[s.file]; ok && !bytes.Equal(other, body) {
					return 0, fmt.Errorf("the snapshot %s cannot be written: two steps that compare with it found different bodies; give each a file of its own", s.file)
				}
				found[s.file] = body
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if u.written[name] {
			return 0, fmt.Errorf("%s: %w", name, errUnstable)
		}
		if err := u.write(name, found[name]); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

type snapshotFound struct {
	file string
	same bool
}

// snapshotsOf reads what the detail of a step says of its snapshot checks.
func snapshotsOf(detail map[string]any) []snapshotFound {
	list, _ := detail["snapshots"].([]any)
	var out []snapshotFound
	for _, e := range list {
		one, _ := e.(map[string]any)
		if file, ok := one["file"].(string); ok {
			same, _ := one["same"].(bool)
			out = append(out, snapshotFound{file, same})
		}
	}
	return out
}

func download(ctx context.Context, cl *client.Client, r client.Result, attempt, step int, file string) ([]byte, error) {
	name := fmt.Sprintf("step-%d-snapshot-%s", step+1, path.Base(file))
	for _, a := range r.Artifacts {
		if a.Attempt != attempt || a.Name != name {
			continue
		}
		if a.Error != "" {
			return nil, errors.New(a.Error)
		}
		return cl.Artifact(ctx, a.URL, maxFile)
	}
	return nil, fmt.Errorf("the run has not kept %s", name)
}

// write puts a snapshot beside the plan, never outside of its folder and only
// where the plan names it.
func (u *snapshotUpdate) write(name string, body []byte) error {
	if !slices.Contains(u.plan.plan.Snapshots(), name) {
		return fmt.Errorf("the run compares with %s, which is no snapshot of %s", name, u.plan.path)
	}
	root, err := os.OpenRoot(filepath.Dir(u.plan.path))
	if err != nil {
		return fmt.Errorf("open the plan's folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	local := filepath.FromSlash(name)
	if dir := filepath.Dir(local); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a folder for the snapshot %s: %w", name, err)
		}
	}
	if _, err := root.Stat(local); errors.Is(err, fs.ErrNotExist) {
		delete(u.before, name)
	}
	if err := root.WriteFile(local, body, 0o644); err != nil {
		return fmt.Errorf("write the snapshot %s: %w", name, err)
	}
	u.plan.files[name], u.written[name] = body, true
	return nil
}

// summary lists what became of the snapshots.
func (u *snapshotUpdate) summary() string {
	var b strings.Builder
	for _, name := range u.plan.plan.Snapshots() {
		before, existed := u.before[name]
		now := u.plan.files[name]
		switch {
		case u.written[name] && !existed:
			fmt.Fprintf(&b, "  added      %s  (%s)\n", name, plural(len(difflib.SplitLines(strings.TrimSuffix(string(now), "\n"))), "line"))
		case u.written[name]:
			added, removed := diffStat(string(before), string(now))
			fmt.Fprintf(&b, "  changed    %s  (+%d -%d)\n", name, added, removed)
		case slices.Contains(u.same, name):
			fmt.Fprintf(&b, "  unchanged  %s\n", name)
		default:
			fmt.Fprintf(&b, "  not seen   %s\n", name)
		}
	}
	if b.Len() == 0 {
		return "\nThe plan has no snapshots.\n"
	}
	return "\nSnapshots\n" + b.String()
}

// maxDiffedLines bounds what is compared line by line, which takes the square.
const maxDiffedLines = 5000

func diffStat(before, now string) (added, removed int) {
	a, b := difflib.SplitLines(before), difflib.SplitLines(now)
	if len(a) > maxDiffedLines || len(b) > maxDiffedLines {
		return len(b), len(a)
	}
	for _, op := range difflib.NewMatcher(a, b).GetOpCodes() {
		if op.Tag != 'e' {
			removed += op.I2 - op.I1
			added += op.J2 - op.J1
		}
	}
	return added, removed
}
