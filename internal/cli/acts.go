package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/spec"
)

// actsFile is the file of recorded acts that a plan names, empty for none.
func actsFile(p *spec.Plan) string {
	name, err := spec.FilePath(p.Use.Acts)
	if err != nil {
		return ""
	}
	return name
}

// updatingActs returns follow for a person who lets the acts be chosen anew: the
// run knows none, and what the cases that pass have chosen is written.
func updatingActs(p *planFile) (func(context.Context, Sys, *client.Client, client.Start, reportFlags) error, error) {
	name := actsFile(p.plan)
	if name == "" {
		return nil, usage("%s names no file for its acts: put acts: file://%s under use", p.path, actsFileFor(p.path))
	}
	before, err := spec.ParseActs(p.files[name])
	if err != nil {
		return nil, usage("%s: %w", name, err)
	}
	p.files[name] = []byte{}
	return func(ctx context.Context, sys Sys, cl *client.Client, start client.Start, reports reportFlags) error {
		run, verdict := performRun(ctx, sys, cl, start, reports)
		if run == nil {
			return verdict
		}
		u := newActsUpdate(before, run)
		if u.added+u.changed+u.dropped > 0 {
			text, err := spec.RenderActs(u.acts)
			if err != nil {
				return err
			}
			if err := writeBeside(p.path, name, text); err != nil {
				return err
			}
		}
		_, _ = fmt.Fprintf(sys.Stdout, "\nActs in %s: %d added, %d changed, %d unchanged, %d dropped\n", name, u.added, u.changed, u.same, u.dropped)
		return verdict
	}, nil
}

// actsFileFor is what a person would call the file of a plan's acts.
func actsFileFor(plan string) string {
	base := filepath.Base(plan)
	for _, ext := range []string{".plan.yaml", ".plan.yml", ".yaml", ".yml", ".json"} {
		if n := len(base) - len(ext); n > 0 && base[n:] == ext {
			return base[:n] + ".acts.yaml"
		}
	}
	return base + ".acts.yaml"
}

// actsUpdate is what becomes of the recorded acts: those of cases that passed are
// replaced, the others stay.
type actsUpdate struct {
	acts                          []spec.RecordedAct
	added, changed, same, dropped int
}

type actKey struct{ of, act, page string }

func keyOfAct(a spec.RecordedAct) actKey { return actKey{a.Case, a.Act, a.Page} }

func newActsUpdate(before []spec.RecordedAct, run *client.Run) actsUpdate {
	known, passed, chosen := map[actKey]spec.RecordedAct{}, map[string]bool{}, map[actKey]bool{}
	for _, a := range before {
		known[keyOfAct(a)] = a
	}
	var u actsUpdate
	for _, r := range run.Results {
		if len(r.Attempts) == 0 || r.Outcome != "PASSED" && r.Outcome != "FLAKY" {
			continue
		}
		for _, step := range r.Attempts[len(r.Attempts)-1].Steps {
			a, ok := actOf(step.Detail)
			if !ok || chosen[keyOfAct(a)] {
				continue
			}
			passed[a.Case], chosen[keyOfAct(a)] = true, true
			old, had := known[keyOfAct(a)]
			switch {
			case !had:
				u.added++
			case sameAct(old, a):
				u.same++
			default:
				u.changed++
			}
			u.acts = append(u.acts, a)
		}
	}
	for _, a := range before {
		switch {
		case chosen[keyOfAct(a)]:
		case passed[a.Case]:
			u.dropped++ // the case has no such act any more
		default:
			u.same++
			u.acts = append(u.acts, a)
		}
	}
	return u
}

func sameAct(a, b spec.RecordedAct) bool {
	if (a.Nth == nil) != (b.Nth == nil) || a.Nth != nil && *a.Nth != *b.Nth {
		return false
	}
	a.Nth, b.Nth = nil, nil
	return a == b
}

// actOf reads what the detail of a step says of its act.
func actOf(detail map[string]any) (spec.RecordedAct, bool) {
	act, _ := detail["act"].(map[string]any)
	data, err := json.Marshal(act["record"])
	var a spec.RecordedAct
	if act["record"] == nil || err != nil || json.Unmarshal(data, &a) != nil {
		return a, false
	}
	return a, true
}

// writeBeside writes a file that a plan names, never outside of its folder.
func writeBeside(plan, name string, content []byte) error {
	root, err := os.OpenRoot(filepath.Dir(plan))
	if err != nil {
		return fmt.Errorf("open the plan's folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	local := filepath.FromSlash(name)
	if dir := filepath.Dir(local); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a folder for %s: %w", name, err)
		}
	}
	if err := root.WriteFile(local, content, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
