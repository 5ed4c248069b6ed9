package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/baselines/folder"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/ident"
)

// localItems are those that lie beside a plan.
func localItems(plan string) ([]item, error) {
	if _, err := os.Stat(plan); errors.Is(err, fs.ErrNotExist) {
		return nil, usage("there is no plan %s", plan)
	}
	f := folder.New(folder.Of(plan))
	waiting, err := f.Waiting()
	if err != nil {
		return nil, err
	}
	out := make([]item, len(waiting))
	for n, p := range waiting {
		read := func(path string) func(context.Context) ([]byte, error) {
			if path == "" {
				return nil
			}
			return func(context.Context) ([]byte, error) { return f.Read(path) }
		}
		i := item{
			number: n + 1, title: p.Title(), caseKey: p.CaseKey, name: p.Name, status: strings.ToUpper(string(p.Status)), kind: string(p.Kind),
			pixels: p.DiffPixels, ratio: p.DiffRatio, reason: p.Reason, actual: read(p.ActualPath()), differ: read(p.DiffPath()),
			accept: func(_ context.Context, asVariant bool, _ string) error { return f.AcceptPending(p, asVariant) },
			reject: func(context.Context, string) error { return f.RejectPending(p) },
		}
		if p.Rejected {
			i.review = "REJECTED"
		}
		accepted, err := f.Variants(p.Key)
		if err != nil {
			return nil, err
		}
		if len(accepted) > 0 {
			i.baseline = read(accepted[0].Path)
		}
		out[n] = i
	}
	return out, nil
}

// serverItems are those of a run, or comparisons.
func serverItems(ctx context.Context, cl *client.Client, what []string) ([]item, error) {
	var found []client.Comparison
	for _, id := range what {
		if ident.TypeOf(id) == ident.Run {
			of, err := cl.Comparisons(ctx, id, true)
			if err != nil {
				return nil, err
			}
			found = append(found, of...)
			continue
		}
		c, err := cl.Comparison(ctx, id)
		if err != nil {
			return nil, err
		}
		found = append(found, *c)
	}
	if len(what) == 0 {
		return nil, usage("name a run: the end of semantest run shows its id")
	}
	out := make([]item, len(found))
	for n, c := range found {
		fetch := func(url string) func(context.Context) ([]byte, error) {
			return func(ctx context.Context) ([]byte, error) { return cl.Artifact(ctx, url, folder.MaxBytes) }
		}
		i := item{
			number: n + 1, id: c.ID, title: keyOf(c).Title(), caseKey: c.CaseKey, name: c.Name, status: c.Status, kind: strings.ToLower(c.Kind), review: c.Review,
			pixels: c.DiffPixels, ratio: c.DiffRatio, reason: c.Reason,
			accept: func(ctx context.Context, asVariant bool, note string) error {
				_, err := cl.AcceptBaseline(ctx, c.ID, asVariant, note)
				return err
			},
			reject: func(ctx context.Context, note string) error {
				_, err := cl.RejectBaseline(ctx, c.ID, note)
				return err
			},
		}
		if c.Actual != nil {
			i.actual = fetch(c.Actual.URL)
		}
		if c.Diff != nil {
			i.differ = fetch(c.Diff.URL)
		}
		if c.Baseline != nil {
			i.baseline = fetch(c.Baseline.URL)
		}
		out[n] = i
	}
	return out, nil
}

func isRun(what []string) bool {
	for _, id := range what {
		if ident.TypeOf(id) == ident.Run {
			return true
		}
	}
	return false
}

// choose finds items by their number in the list, their title, case/name, or a
// name that only one of them has.
func choose(list []item, what []string) ([]item, error) {
	var out []item
	for _, w := range what {
		var found []item
		for _, i := range list {
			if w == strconv.Itoa(i.number) || w == i.title || w == i.caseKey+"/"+i.name || w == i.name {
				found = append(found, i)
			}
		}
		switch {
		case len(found) == 0:
			return nil, usage("nothing that waits for a review is called %s; semantest review list shows what does", w)
		case len(found) > 1:
			return nil, usage("%s is the name of %d things; take the number or the whole title of semantest review list", w, len(found))
		}
		out = append(out, found[0])
	}
	return out, nil
}
