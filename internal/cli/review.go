package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/config"
)

// reviewCmd looks at what runs found when they compared with baselines.
type reviewCmd struct {
	List   reviewListCmd   `cmd:"" help:"List what waits for a review: of a run on a server, or beside a plan."`
	Show   reviewShowCmd   `cmd:"" help:"Show baseline, what was seen and the difference side by side, on a page written to a file."`
	Accept reviewAcceptCmd `cmd:"" help:"Make what was seen the baseline."`
	Reject reviewRejectCmd `cmd:"" help:"Say that what was seen is wrong; it is known when it is seen again."`

	Promote reviewPromoteCmd `cmd:"" default:"withargs" help:"Make what a branch has accepted the baseline of the branch that it was merged into: semantest review --promote BRANCH."`
}

// reviewTarget is where what waits for a review lies.
type reviewTarget struct {
	Local string `name:"local" placeholder:"PLAN" help:"Review what local runs of this plan file found, in __baselines__ beside it, instead of a server."`
	config.Client
}

// item is something that waits for a review, wherever it lies.
type item struct {
	number                   int // in the list, from 1
	id                       string
	title, caseKey, name     string
	status, kind             string
	review                   string
	pixels                   int64
	ratio                    float64
	reason                   string
	baseline, actual, differ func(ctx context.Context) ([]byte, error) // nil for none
	accept                   func(ctx context.Context, asVariant bool, note string) error
	reject                   func(ctx context.Context, note string) error
}

// items returns what waits. On a server what names a run, or comparisons.
func (t reviewTarget) items(ctx context.Context, what []string) ([]item, error) {
	if t.Local != "" {
		return localItems(t.Local)
	}
	if t.URL == "" {
		return nil, usage("say where: --local PLAN for what local runs found, or --remote URL (SEMANTEST_URL) for a server")
	}
	cl, err := client.New(t.URL, t.Token)
	if err != nil {
		return nil, err
	}
	return serverItems(ctx, cl, what)
}

type reviewListCmd struct {
	Run_ string `arg:"" optional:"" name:"run" help:"Id of the run on the server."` //nolint:revive // Run is the command's method
	reviewTarget
}

func (c *reviewListCmd) Run(ctx context.Context, sys Sys) error {
	what := []string{}
	if c.Run_ != "" {
		what = append(what, c.Run_)
	}
	list, err := c.items(ctx, what)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		_, _ = fmt.Fprintln(sys.Stdout, "nothing waits for a review")
		return nil
	}
	for _, i := range list {
		state := lower(i.status)
		if i.review == "REJECTED" {
			state = "rejected"
		}
		id := i.id
		if id != "" {
			id = "  " + id
		}
		_, _ = fmt.Fprintf(sys.Stdout, "%3d  %-8s %s%s%s\n", i.number, state, printable(i.title), difference(i.pixels, i.ratio, i.reason), id)
	}
	return nil
}

type reviewShowCmd struct {
	What []string `arg:"" optional:"" help:"What to show: of a server a run or comparisons; of a plan numbers or names of the list, all when absent."`
	HTML string   `name:"html" default:"semantest-review.html" placeholder:"FILE" help:"Where to write the page."`
	reviewTarget
}

func (c *reviewShowCmd) Run(ctx context.Context, sys Sys) error {
	list, err := c.items(ctx, c.What)
	if err != nil {
		return err
	}
	if c.Local != "" && len(c.What) > 0 {
		if list, err = choose(list, c.What); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		_, _ = fmt.Fprintln(sys.Stdout, "nothing waits for a review")
		return nil
	}
	page, err := reviewPage(ctx, list, c.how())
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.HTML, page, 0o644); err != nil { //nolint:gosec // it is for others to read
		return usage("write the page: %w; choose another place with --html", err)
	}
	for _, i := range list {
		_, _ = fmt.Fprintf(sys.Stdout, "%3d  %-8s %s%s\n", i.number, lower(i.status), printable(i.title), difference(i.pixels, i.ratio, i.reason))
	}
	_, _ = fmt.Fprintf(sys.Stdout, "page  %s\n", shown(c.HTML))
	return nil
}

// how is the rest of the command line that accepts or rejects.
func (t reviewTarget) how() string {
	if t.Local != "" {
		return " --local " + shown(t.Local)
	}
	return ""
}

type reviewAcceptCmd struct {
	What    []string `arg:"" optional:"" help:"What to accept: comparisons of a server, or a run with --all; of a plan numbers or names of the list."`
	All     bool     `name:"all" help:"Everything that waits."`
	Variant bool     `name:"variant" help:"Accept beside what is accepted, instead of in its place."`
	Note    string   `name:"note" placeholder:"TEXT" help:"What to say of it; kept by a server."`
	reviewTarget
}

func (c *reviewAcceptCmd) Run(ctx context.Context, sys Sys) error {
	return c.each(ctx, sys, c.What, c.All, "accepted", func(i item) error { return i.accept(ctx, c.Variant, c.Note) })
}

type reviewRejectCmd struct {
	What []string `arg:"" optional:"" help:"What to reject: comparisons of a server, or a run with --all; of a plan numbers or names of the list."`
	All  bool     `name:"all" help:"Everything that waits."`
	Note string   `name:"note" placeholder:"TEXT" help:"What is wrong; kept by a server."`
	reviewTarget
}

func (c *reviewRejectCmd) Run(ctx context.Context, sys Sys) error {
	return c.each(ctx, sys, c.What, c.All, "rejected", func(i item) error { return i.reject(ctx, c.Note) })
}

// each does something with what was named, and tells it.
func (t reviewTarget) each(ctx context.Context, sys Sys, what []string, all bool, done string, do func(item) error) error {
	if len(what) == 0 && (!all || t.Local == "") {
		return usage("say what: numbers or names of semantest review list, or --all%s", map[bool]string{true: "", false: " RUN"}[t.Local != ""])
	}
	if t.Local == "" && isRun(what) && !all {
		return usage("%s is a run: name comparisons of it, or give --all", what[0])
	}
	list, err := t.items(ctx, what)
	if err != nil {
		return err
	}
	if t.Local != "" && !all {
		if list, err = choose(list, what); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		_, _ = fmt.Fprintln(sys.Stdout, "nothing waits for a review")
		return nil
	}
	var errs []error
	for _, i := range list {
		if err := do(i); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", i.title, err))
			continue
		}
		_, _ = fmt.Fprintf(sys.Stdout, "%s  %s\n", done, printable(i.title))
	}
	return errors.Join(errs...)
}
